//! Gunther's universal scalability law: what contention and coherency cost as more is done at once.
//!
//! N. J. Gunther, "Guerrilla Capacity Planning", 2007: throughput `lambda N / (1 + sigma (N - 1) + kappa N (N - 1))`.

/// A fitted law. None of its numbers is below zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Usl {
    /// Throughput of one alone.
    pub lambda: f64,
    /// Contention: the part that cannot be done at once.
    pub sigma: f64,
    /// Coherency: what each costs each other.
    pub kappa: f64,
}

impl Usl {
    /// From three logarithms, so that nothing can go below zero.
    pub(crate) fn of(place: &[f64]) -> Self {
        let value = |number: usize| place.get(number).map_or(0.0, |log| log.exp());
        Self {
            lambda: value(0),
            sigma: value(1).min(1.0),
            kappa: value(2),
        }
    }

    /// Where a fit begins.
    pub(crate) fn first(pairs: &[(f64, f64)]) -> Vec<f64> {
        let alone = pairs.iter().map(|(n, x)| x / n).fold(f64::MIN_POSITIVE, f64::max);
        vec![alone.ln(), 0.05_f64.ln(), 0.001_f64.ln()]
    }

    /// The throughput of so many at once.
    pub(crate) fn throughput(&self, n: f64) -> f64 {
        self.lambda * n / (1.0 + self.sigma * (n - 1.0) + self.kappa * n * (n - 1.0))
    }

    /// How many at once do the most.
    pub(crate) fn peak_at(&self) -> f64 {
        ((1.0 - self.sigma).max(0.0) / self.kappa.max(1e-12)).sqrt().max(1.0)
    }

    /// The most that is done.
    pub(crate) fn peak(&self) -> f64 {
        self.throughput(self.peak_at())
    }

    /// How many are there at once where so much is done, on this side of the peak; none where it is more than the most.
    pub(crate) fn at_once(&self, throughput: f64) -> Option<f64> {
        let a = self.kappa * throughput;
        let b = self.lambda - (self.sigma - self.kappa) * throughput;
        let c = throughput * (1.0 - self.sigma);
        let root = b * b - 4.0 * a * c;
        // The smaller root of a N^2 - b N + c, written so that a coherency of nothing is no division by nothing.
        (root >= 0.0 && b > 0.0).then(|| 2.0 * c / (b + root.sqrt()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capacity::simplex::least;

    /// The law that is nearest to these pairs of concurrency and throughput, by least squares. None for fewer than three pairs.
    fn fitted(pairs: &[(f64, f64)]) -> Option<Usl> {
        if pairs.len() < 3 {
            return None;
        }
        let cost = |place: &[f64]| {
            let law = Usl::of(place);
            pairs
                .iter()
                .map(|(n, x)| ((law.throughput(*n) - x) / x).powi(2))
                .sum::<f64>()
        };
        let squares = |place: &[f64]| {
            let law = Usl::of(place);
            pairs.iter().map(|(n, x)| (law.throughput(*n) - x).powi(2)).sum::<f64>()
        };
        let (rough, _) = least(cost, &Usl::first(pairs), 0.7);
        let (near, _) = least(squares, &rough, 0.1);
        let (place, _) = least(squares, &near, 0.01);
        Some(Usl::of(&place))
    }

    /// Throughput of a Cisco switch over its concurrency: B. Schwartz, "Practical Scalability Analysis with the Universal Scalability Law",
    /// 2015, which the library usl4j is tested by as well.
    const CISCO: [f64; 32] = [
        955.16, 1878.91, 2688.01, 3548.68, 4315.54, 5130.43, 5931.37, 6531.08, 7219.8, 7867.61, 8278.71, 8646.7,
        9047.84, 9426.55, 9645.37, 9897.24, 10097.6, 10240.5, 10532.39, 10798.52, 11151.43, 11518.63, 11806.0,
        12089.37, 12075.41, 12177.29, 12211.41, 12158.93, 12155.27, 12118.04, 12140.4, 12074.39,
    ];

    fn pairs() -> Vec<(f64, f64)> {
        (1..).map(f64::from).zip(CISCO).collect()
    }

    #[test]
    fn the_books_data_gives_the_books_coefficients() {
        let law = fitted(&pairs()).unwrap();
        let near = |ours: f64, book: f64| assert!((ours - book).abs() <= 2e-4 * book, "{ours} {book}");
        near(law.sigma, 0.026_715_91);
        near(law.kappa, 7.690_945e-4);
        near(law.lambda, 995.6486);
        assert_eq!(law.peak_at().floor(), 35.0);
        near(law.throughput(law.peak_at().floor()), 12_341.0);
    }

    #[test]
    fn throughput_and_concurrency_are_each_others_inverse() {
        let law = fitted(&pairs()).unwrap();
        assert!(
            (law.at_once(955.0).unwrap() - 0.958_099_9).abs() < 1e-3,
            "usl4j's own value"
        );
        for throughput in [100.0, 955.0, 6_000.0, 11_048.0, 12_300.0] {
            let at = law.at_once(throughput).unwrap();
            assert!(
                (law.throughput(at) - throughput).abs() < 1e-6 && at <= law.peak_at(),
                "{throughput}: {at}"
            );
        }
        assert_eq!(law.at_once(13_000.0), None, "more than the most");
        let serial = Usl {
            lambda: 10.0,
            sigma: 0.5,
            kappa: 0.0,
        };
        assert!((serial.at_once(15.0).unwrap() - 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_law_that_would_need_a_number_below_zero_is_held_at_zero() {
        let linear: Vec<(f64, f64)> = (1..10)
            .map(|n| (f64::from(n), 100.0 * f64::from(n).powf(1.05)))
            .collect();
        let law = fitted(&linear).unwrap();
        assert!(law.sigma >= 0.0 && law.kappa >= 0.0 && law.sigma < 0.01, "{law:?}");
        assert!(fitted(&linear[..2]).is_none());
    }
}
