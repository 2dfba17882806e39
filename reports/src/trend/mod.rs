//! A trend for people: one page, the terminal, Markdown and JUnit.

mod chart;
mod faces;
mod page;
mod words;

pub use faces::{trend_junit, trend_summary, trend_terminal};
pub use page::trend_page;
