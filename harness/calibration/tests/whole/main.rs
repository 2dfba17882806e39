//! Whole calibrations, small ones.

#[cfg(test)]
mod truth;
