//! Time as Active Directory counts it.

use std::time::Duration;

/// Seconds between 1601 and 1970.
const EPOCH_OFFSET_SECONDS: i64 = 11_644_473_600;
const TICKS_PER_SECOND: i64 = 10_000_000;

/// 100 ns intervals since 1601-01-01 UTC (MS-DTYP 2.3.3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileTime(pub i64);

impl FileTime {
    /// The file time of a wall clock reading.
    #[must_use]
    pub fn from_unix(since_epoch: Duration) -> Self {
        Self(ticks(since_epoch).saturating_add(EPOCH_OFFSET_SECONDS * TICKS_PER_SECOND))
    }

    /// This time plus a duration.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(ticks(duration)))
    }

    /// The hour of the week in UTC, Sunday midnight being 0: the index into `logonHours`.
    #[must_use]
    pub fn hour_of_week(self) -> usize {
        // 1601-01-01 was a Monday.
        let hours = self.0.div_euclid(3600 * TICKS_PER_SECOND) + 24;
        usize::try_from(hours.rem_euclid(168)).unwrap_or_default()
    }

    /// The GeneralizedTime form of `whenCreated`, such as `20260101093000.0Z`.
    #[must_use]
    pub fn generalized(self) -> String {
        let seconds = self.0.div_euclid(TICKS_PER_SECOND) - EPOCH_OFFSET_SECONDS;
        let moment = time::OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
        let (year, month, day) = moment.to_calendar_date();
        let (hour, minute, second) = moment.to_hms();
        format!(
            "{year:04}{:02}{day:02}{hour:02}{minute:02}{second:02}.0Z",
            u8::from(month)
        )
    }
}

/// A duration in 100 ns intervals.
#[must_use]
pub fn ticks(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos() / 100).unwrap_or(i64::MAX)
}

/// A number of 100 ns intervals as a duration, whatever its sign: the directory writes spans as negative numbers.
#[must_use]
pub fn span(ticks: i64) -> Duration {
    let ticks = ticks.unsigned_abs();
    Duration::from_micros(ticks / 10) + Duration::from_nanos(ticks % 10 * 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unix_epoch_has_its_known_file_time() {
        let epoch = FileTime::from_unix(Duration::ZERO);
        assert_eq!(epoch, FileTime(116_444_736_000_000_000));
        assert_eq!(epoch.generalized(), "19700101000000.0Z");
        assert_eq!(epoch.hour_of_week(), 4 * 24, "1970-01-01 was a Thursday");
        let later = epoch.plus(Duration::from_secs(86_400 * 59 + 3661));
        assert_eq!(later.generalized(), "19700301010101.0Z");
    }

    #[test]
    fn spans_lose_their_sign_and_nothing_else() {
        let day = Duration::from_secs(86_400);
        assert_eq!(span(-ticks(day)), day);
        assert_eq!(span(i64::MIN), Duration::from_nanos(100) + span(i64::MAX));
    }
}
