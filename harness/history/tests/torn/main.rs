//! A history that was cut or damaged.

#[cfg(test)]
mod cut;
