//! Percentiles, by the nearest rank: a figure that was measured and not one in between.

use std::time::Duration;

/// Measured durations.
#[derive(Debug, Clone, Default)]
pub(super) struct Durations(Vec<Duration>);

impl Durations {
    pub(super) fn add(&mut self, duration: Duration) {
        self.0.push(duration);
    }

    /// The smallest one that `percent` of all do not exceed, in milliseconds; `None` of none.
    pub(super) fn percentile(&self, percent: usize) -> Option<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).copied().map(milliseconds)
    }

    pub(super) fn median(&self) -> Option<f64> {
        self.percentile(50)
    }
}

impl Extend<Duration> for Durations {
    fn extend<I: IntoIterator<Item = Duration>>(&mut self, durations: I) {
        self.0.extend(durations);
    }
}

pub(super) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// A count as a number to divide; exact up to 2^53.
#[allow(clippy::cast_precision_loss)]
pub(super) fn number(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_those_measured() {
        let mut durations = Durations::default();
        assert_eq!(durations.median(), None);
        durations.extend((1..=20).rev().map(Duration::from_millis));
        for (percent, expected) in [(0, 1.0), (50, 10.0), (95, 19.0), (100, 20.0)] {
            let found = durations.percentile(percent).unwrap();
            assert!((found - expected).abs() < 1e-9, "{percent}: {found}");
        }
    }
}
