//! Durations and sizes as people write them: `500ms`, `2s`, `64KiB`, `1MiB`.

use std::time::Duration;

const DURATIONS: &[(&str, u64)] =
    &[("ns", 1), ("us", 1_000), ("µs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000)];
const SIZES: &[(&str, u64)] = &[
    ("", 1),
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
];

/// Parses a duration: a number, which may have a fraction, with its unit.
///
/// # Errors
/// What is expected, for the message of the option.
pub fn duration(text: &str) -> Result<Duration, String> {
    scaled(text, DURATIONS)
        .map(Duration::from_nanos)
        .ok_or_else(|| "expected a number with a unit, such as 500ms, 2s or 1m".into())
}

/// Parses a size in bytes: a number, which may have a fraction, and a unit unless it is bytes.
///
/// # Errors
/// What is expected, for the message of the option.
pub fn bytes(text: &str) -> Result<u64, String> {
    scaled(text, SIZES).ok_or_else(|| "expected bytes, or a number with a unit, such as 64KiB or 1MiB".into())
}

fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number = number.replace('_', "");
    let &(_, scale) = units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim()))?;
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(scale);
    }
    let value = number.parse::<f64>().ok()? * scale as f64;
    // The largest number below 2^64 that a float holds is far above what anyone means.
    (value < 1e18).then_some(value as u64)
}

/// A size for people: `1.5 MiB`.
pub fn show_bytes(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..0x10_0000 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        0x10_0000..0x4000_0000 => format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20)),
        _ => format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30)),
    }
}

/// A duration for people: `1.50 ms`.
pub fn show_duration(duration: Duration) -> String {
    match duration.as_nanos() {
        0..1_000_000 => format!("{:.1} µs", duration.as_secs_f64() * 1e6),
        1_000_000..1_000_000_000 => format!("{:.2} ms", duration.as_secs_f64() * 1e3),
        _ => format!("{:.3} s", duration.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("3m"), Ok(Duration::from_secs(180)));
        for bad in ["", "5", "s", "-1s", "1 week", "1.2.3s", "99999999999999999m"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_are_bytes_unless_they_say_otherwise() {
        for (text, expected) in
            [("0", 0), ("65536", 65536), ("64KiB", 65536), ("1MiB", 1 << 20), ("1.5 MiB", 3 << 19), ("2kB", 2000)]
        {
            assert_eq!(bytes(text), Ok(expected), "{text}");
        }
        for bad in ["", "KiB", "-1", "1XiB", "99999999999GiB"] {
            assert!(bytes(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn figures_are_shown_in_the_unit_that_fits() {
        assert_eq!(show_bytes(1023), "1023 B");
        assert_eq!(show_bytes(1536), "1.5 KiB");
        assert_eq!(show_duration(Duration::from_micros(1500)), "1.50 ms");
    }
}
