//! Instants as Unix milliseconds, read from RFC 3339 text. This crate never asks what time it is.

use alloc::string::{String, ToString as _};
use core::fmt;

use chrono::DateTime;

/// One minute in milliseconds.
pub const MINUTE_MILLIS: i64 = 60_000;
/// One hour in milliseconds.
pub const HOUR_MILLIS: i64 = 60 * MINUTE_MILLIS;

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(i64);

impl UnixMillis {
    /// Takes milliseconds since 1970.
    #[must_use]
    pub const fn new(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Reads an RFC 3339 date-time: `T` between date and time, an offset at the end. Digits finer than a millisecond are cut off.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        // The library accepts a space or a lower-case letter for the `T`, the standard's profile for this format does not.
        if text.as_bytes().get(10) != Some(&b'T') {
            return None;
        }
        DateTime::parse_from_rfc3339(text).ok().map(|instant| Self(instant.timestamp_millis()))
    }

    /// Milliseconds from `earlier` to here; negative when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// `2026-11-23T01:15:00.000Z`.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        DateTime::from_timestamp_millis(self.0)
            .map_or_else(|| self.0.to_string(), |instant| instant.to_rfc3339_opts(chrono::SecondsFormat::Millis, true))
    }
}

impl fmt::Display for UnixMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339())
    }
}

/// Whether the text is a calendar date `YYYY-MM-DD`.
#[must_use]
pub fn is_date(text: &str) -> bool {
    text.len() == 10 && chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_rfc3339() {
        let at = |text| UnixMillis::parse_rfc3339(text).map(UnixMillis::get);
        assert_eq!(at("1970-01-01T07:00:00.000+07:00"), Some(0));
        assert_eq!(at("2026-11-23T08:15:00.123456+07:00"), Some(1_795_396_500_123));
        for bad in ["2026-11-23 08:15:00Z", "2026-11-23T08:15:00", "2026-13-23T08:15:00Z", "", "2026-11-23t08:15:00z"] {
            assert_eq!(at(bad), None, "{bad}");
        }
        assert_eq!(UnixMillis::new(1_795_396_500_123).to_rfc3339(), "2026-11-23T01:15:00.123Z");
    }

    #[test]
    fn reads_dates() {
        assert!(is_date("2025-07-01"));
        assert!(!is_date("2025-02-30"));
        assert!(!is_date("2025-7-1"));
    }
}
