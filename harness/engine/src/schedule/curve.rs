//! A rate that changes: arrival n comes where the integral of the rate over time reaches n.

use std::time::Duration;

use super::whole;
use crate::clock::micros;

/// A rate made of straight pieces, and the instants that it gives. The integral of a piece is a parabola, which is inverted exactly.
#[derive(Debug, Clone)]
pub(crate) struct Curve {
    pieces: Vec<Piece>,
    total: f64,
    length_us: u64,
    next: u64,
    at: usize,
}

/// A straight piece.
#[derive(Debug, Clone, Copy)]
struct Piece {
    from_us: u64,
    seconds: f64,
    /// The rate at its begin, per second.
    rate: f64,
    /// How the rate changes, per second and second.
    slope: f64,
    /// The integral before it.
    before: f64,
}

impl Piece {
    /// Seconds from its begin until its own integral reaches `area`. The usual formula for the root of a parabola would divide
    /// nothing by nothing on a level piece, and lose digits on one that is nearly so.
    fn until(&self, area: f64) -> f64 {
        let root = (self.rate * self.rate + 2.0 * self.slope * area).max(0.0).sqrt();
        let seconds = 2.0 * area / (self.rate + root);
        // Nothing by nothing: a piece that begins at zero, at its begin.
        if seconds.is_nan() {
            0.0
        } else {
            seconds.min(self.seconds)
        }
    }
}

impl Curve {
    /// A rate of nothing, for no time.
    pub fn new() -> Self {
        Self {
            pieces: Vec::new(),
            total: 0.0,
            length_us: 0,
            next: 0,
            at: 0,
        }
    }

    /// Goes on in a straight line from one rate per second to another. What takes no time adds nothing.
    pub fn line(mut self, length: Duration, from: f64, to: f64) -> Self {
        if length.is_zero() {
            return self;
        }
        let seconds = length.as_secs_f64();
        self.pieces.push(Piece {
            from_us: self.length_us,
            seconds,
            rate: from,
            slope: (to - from) / seconds,
            before: self.total,
        });
        self.total += (from + to) / 2.0 * seconds;
        self.length_us = self.length_us.saturating_add(micros(length));
        self
    }

    /// Goes on at one rate per second.
    pub fn level(self, length: Duration, rate: f64) -> Self {
        self.line(length, rate, rate)
    }

    /// How many arrivals there are: the whole integral, rounded.
    pub fn planned(&self) -> u64 {
        whole(self.total)
    }
}

impl Iterator for Curve {
    type Item = u64;

    #[expect(clippy::cast_precision_loss, reason = "numbers of arrivals are far below 2^53")]
    fn next(&mut self) -> Option<u64> {
        if self.next >= self.planned() {
            return None;
        }
        let reached = self.next as f64;
        // Over a pause the integral stands still: who would come in it comes when it ends.
        while self
            .pieces
            .get(self.at + 1)
            .is_some_and(|piece| piece.before <= reached)
        {
            self.at += 1;
        }
        let piece = self.pieces.get(self.at)?;
        self.next += 1;
        let at_us = piece.from_us + whole(piece.until(reached - piece.before) * 1e6);
        Some(at_us.min(self.length_us - 1))
    }
}
