//! What every page of ours is: one document with its style within it, no script, nothing fetched.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use crate::charts::palette;

const STYLE: &str = include_str!("style.css");

/// A document of that title around what is given.
pub(crate) fn shell(title: &str, body: &Markup) -> String {
    document(title, body, None)
}

/// The same, which a browser loads anew after that time; no script is needed for it.
pub(crate) fn refreshing(title: &str, body: &Markup, after: Duration) -> String {
    document(title, body, Some(after))
}

fn document(title: &str, body: &Markup, refresh: Option<Duration>) -> String {
    let style = style();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(&style));
                @if let Some(after) = refresh { meta http-equiv="refresh" content=(after.as_secs().max(1)); }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                meta name="generator" content="writeback-lab";
                title { (title) }
                style { (PreEscaped(style)) }
            }
            body { (body) }
        }
    };
    page.into_string()
}

/// The style sheet, with the colours of the charts in both schemes. On paper the light one holds.
fn style() -> String {
    let light = palette::variables(false);
    let dark = palette::variables(true);
    format!(
        ":root{{{light}}}\n{STYLE}\n{}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n",
        palette::rules()
    )
}

/// Nothing is allowed but this one style sheet, known by its hash (CSP Level 3, section 2.3.1), and pictures within the page.
fn policy(style: &str) -> String {
    let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'")
}
