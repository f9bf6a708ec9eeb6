//! From numbers to places: ticks that people count in, and positions that never leave the picture.

use kernel::Decimal;

/// Numbers beyond this are not drawn: their squares still fit a float.
const LARGEST: f64 = 1e30;

/// A number's place on the line of floats; `None` where it cannot be drawn.
pub(crate) fn place(value: &Decimal) -> Option<f64> {
    let at = value.to_f64();
    (at.is_finite() && at.abs() <= LARGEST).then_some(at)
}

/// An axis: where it begins and ends, and its ticks, exact.
#[derive(Clone, Debug)]
pub struct Scale {
    from: f64,
    to: f64,
    pub ticks: Vec<Decimal>,
}

/// 1, 2 or 5 times a power of ten, exactly.
fn step(raw: f64) -> (i64, i32) {
    let mut power = raw.log10().floor().clamp(-300.0, 300.0) as i32;
    let digit = match raw / 10f64.powi(power) {
        r if r <= 1.000_001 => 1,
        r if r <= 2.000_001 => 2,
        r if r <= 5.000_001 => 5,
        _ => {
            power += 1;
            1
        }
    };
    (digit, power)
}

/// `digit` times ten to the `power`, as text reads it.
fn exact(digit: i64, power: i32) -> Decimal {
    let zeros = "0".repeat(power.unsigned_abs() as usize);
    let text = if power >= 0 { format!("1{zeros}") } else { format!("0.{}1", &zeros[1..]) };
    &text.parse::<Decimal>().unwrap_or(Decimal::ZERO) * &Decimal::from(digit)
}

impl Scale {
    /// An axis over the numbers, with about so many ticks. `None` where there is nothing to draw.
    pub fn of<'a>(numbers: impl IntoIterator<Item = &'a Decimal>, about: u32) -> Option<Scale> {
        let mut places = numbers.into_iter().filter_map(place);
        let first = places.next()?;
        let (low, high) = places.fold((first, first), |(low, high), at| (low.min(at), high.max(at)));
        Some(Scale::between(low, high, about))
    }

    fn between(mut low: f64, mut high: f64, about: u32) -> Scale {
        let size = low.abs().max(high.abs());
        // All equal, or as good as equal: the number stands in the middle of some room.
        if high - low <= size * 1e-9 {
            let room = if size < 1e-12 { 1.0 } else { size / 10.0 };
            (low, high) = (low - room, high + room);
        }
        let (digit, power) = step((high - low) / f64::from(about.max(1)));
        let unit = digit as f64 * 10f64.powi(power);
        let (first, last) = ((low / unit + 1e-9).floor() as i64, (high / unit - 1e-9).ceil() as i64);
        let exact = exact(digit, power);
        let ticks: Vec<Decimal> = (first..=last.max(first + 1)).map(|n| &exact * &Decimal::from(n)).collect();
        let end = |tick: Option<&Decimal>, or: f64| tick.map_or(or, Decimal::to_f64);
        Scale { from: end(ticks.first(), low).min(low), to: end(ticks.last(), high).max(high), ticks }
    }

    /// Where a number stands between `a` and `b`; what lies outside stands at the edge.
    pub fn at(&self, value: &Decimal, a: f64, b: f64) -> Option<f64> {
        let share = (place(value)? - self.from) / (self.to - self.from);
        Some(a + share.clamp(0.0, 1.0) * (b - a))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(numbers: &[&str], about: u32) -> Vec<String> {
        let numbers: Vec<Decimal> = numbers.iter().map(|n| n.parse().unwrap()).collect();
        Scale::of(&numbers, about).map_or_else(Vec::new, |s| s.ticks.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn ticks_are_numbers_that_people_count_in() {
        assert_eq!(ticks(&["0", "100"], 5), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(ticks(&["3", "97.5"], 4), ["0", "50", "100"]);
        assert_eq!(ticks(&["0.1", "0.35"], 5), ["0.1", "0.15", "0.2", "0.25", "0.3", "0.35"]);
        assert_eq!(ticks(&["-3", "4"], 4), ["-4", "-2", "0", "2", "4"]);
        assert_eq!(ticks(&["0", "1234567890"], 3), ["0", "500000000", "1000000000", "1500000000"]);
    }

    #[test]
    fn equal_numbers_get_room() {
        assert_eq!(ticks(&["0"], 4), ["-1", "-0.5", "0", "0.5", "1"]);
        let scale = Scale::of(&["50".parse().unwrap(), "50".parse().unwrap()], 4).unwrap();
        let middle = scale.at(&"50".parse().unwrap(), 0.0, 100.0).unwrap();
        assert!((40.0..=60.0).contains(&middle), "{middle}");
    }

    #[test]
    fn nothing_gives_no_axis_and_the_unthinkable_no_place() {
        assert!(Scale::of([], 4).is_none());
        let huge: Decimal = format!("1{}", "0".repeat(400)).parse().unwrap();
        assert!(Scale::of([&huge], 4).is_none());
        let scale = Scale::of([&Decimal::from(1), &huge, &Decimal::from(2)], 4).unwrap();
        assert_eq!(scale.at(&huge, 0.0, 1.0), None);
        assert_eq!(scale.at(&Decimal::from(99), 0.0, 10.0), Some(10.0));
    }
}
