//! Exact decimals of any length: a 128-bit mantissa while it fits, an unbounded one beyond.

use num_bigint::{BigInt, Sign};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{
    cmp::Ordering,
    fmt,
    ops::{Add, Mul, Neg, Sub},
    str::FromStr,
};

/// An exact decimal number. Always normalised: no trailing zeros after the point, one zero.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Decimal {
    mantissa: Mantissa,
    /// Digits after the point.
    scale: u32,
}

/// Normalised: `Big` holds only what `Small` cannot.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Mantissa {
    Small(i128),
    Big(Box<BigInt>),
}

/// Text that is no plain decimal number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotADecimal(pub String);

impl fmt::Display for NotADecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a decimal number: {:?}", self.0)
    }
}

impl std::error::Error for NotADecimal {}

/// The powers of ten that 128 bits hold.
const POWERS: [i128; 39] = {
    let mut powers = [1; 39];
    let mut n = 1;
    while n < 39 {
        powers[n] = powers[n - 1] * 10;
        n += 1;
    }
    powers
};

/// 10^n where 128 bits hold it.
fn power(n: u32) -> Option<i128> {
    POWERS.get(n as usize).copied()
}

fn big_power(n: u32) -> BigInt {
    BigInt::from(10).pow(n)
}

impl Decimal {
    pub const ZERO: Decimal = Decimal { mantissa: Mantissa::Small(0), scale: 0 };

    fn small(mut mantissa: i128, mut scale: u32) -> Decimal {
        // Nearly every figure fits 64 bits, whose division is many times faster.
        if let Ok(mut short) = i64::try_from(mantissa) {
            while scale > 0 && short % 10 == 0 {
                short /= 10;
                scale -= 1;
            }
            return Decimal { mantissa: Mantissa::Small(short.into()), scale };
        }
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        Decimal { mantissa: Mantissa::Small(mantissa), scale }
    }

    fn big(mut mantissa: BigInt, mut scale: u32) -> Decimal {
        while scale > 0 {
            if (&mantissa % 10u32).sign() != Sign::NoSign {
                break;
            }
            mantissa /= 10u32;
            scale -= 1;
        }
        match i128::try_from(&mantissa) {
            Ok(small) => Decimal { mantissa: Mantissa::Small(small), scale },
            Err(_) => Decimal { mantissa: Mantissa::Big(Box::new(mantissa)), scale },
        }
    }

    fn to_big(&self) -> BigInt {
        match &self.mantissa {
            Mantissa::Small(m) => BigInt::from(*m),
            Mantissa::Big(m) => (**m).clone(),
        }
    }

    /// The mantissas of two numbers at their common scale.
    fn aligned(&self, other: &Decimal) -> (BigInt, BigInt, u32) {
        let scale = self.scale.max(other.scale);
        (self.to_big() * big_power(scale - self.scale), other.to_big() * big_power(scale - other.scale), scale)
    }

    /// The same within 128 bits, where they suffice.
    fn aligned_small(&self, other: &Decimal) -> Option<(i128, i128, u32)> {
        let (Mantissa::Small(a), Mantissa::Small(b)) = (&self.mantissa, &other.mantissa) else { return None };
        let scale = self.scale.max(other.scale);
        let lift = |m: i128, by: u32| match (by, i64::try_from(m)) {
            (0, _) => Some(m),
            // 64 bits times 10^18 always fit in 128.
            (..=18, Ok(_)) => Some(m * POWERS[by as usize]),
            _ => m.checked_mul(power(by)?),
        };
        Some((lift(*a, scale - self.scale)?, lift(*b, scale - other.scale)?, scale))
    }

    pub fn is_negative(&self) -> bool {
        match &self.mantissa {
            Mantissa::Small(m) => *m < 0,
            Mantissa::Big(m) => m.sign() == Sign::Minus,
        }
    }

    pub fn is_zero(&self) -> bool {
        self.mantissa == Mantissa::Small(0)
    }

    /// Whether it is a whole number; `3,0` is.
    pub fn is_integer(&self) -> bool {
        self.scale == 0
    }

    /// Digits after the point, none of them a trailing zero.
    pub fn digits_after_point(&self) -> u32 {
        self.scale
    }

    pub fn abs(&self) -> Decimal {
        if self.is_negative() { -self } else { self.clone() }
    }

    /// Rounded to `places` digits after the point, halves away from zero.
    pub fn round_half_up(&self, places: u32) -> Decimal {
        if self.scale <= places {
            return self.clone();
        }
        divide_half_up(self.to_big(), big_power(self.scale - places), places)
    }

    /// `self / by`, rounded half up to `places` digits after the point; `None` where `by` is zero.
    pub fn checked_div_rounded(&self, by: &Decimal, places: u32) -> Option<Decimal> {
        if by.is_zero() {
            return None;
        }
        let (a, b, _) = self.aligned(by);
        Some(divide_half_up(a * big_power(places), b, places))
    }

    /// The nearest double, for sorting and drawing only.
    pub fn to_f64(&self) -> f64 {
        // Both exact in a double, so their quotient is rounded once, as reading the text would.
        if let Mantissa::Small(m) = &self.mantissa
            && m.unsigned_abs() <= 1 << 53
            && self.scale <= 22
        {
            return *m as f64 / POWERS[self.scale as usize] as f64;
        }
        self.to_string().parse().unwrap_or(0.0)
    }

    /// The whole number, where it is one and 64 bits hold it.
    pub fn to_i64(&self) -> Option<i64> {
        match (&self.mantissa, self.scale) {
            (Mantissa::Small(m), 0) => i64::try_from(*m).ok(),
            _ => None,
        }
    }
}

/// `a / b` with halves away from zero, as a number with `places` digits after the point.
fn divide_half_up(a: BigInt, b: BigInt, places: u32) -> Decimal {
    let negative = (a.sign() == Sign::Minus) != (b.sign() == Sign::Minus);
    let (a, b) = (BigInt::from(a.magnitude().clone()), BigInt::from(b.magnitude().clone()));
    let rounded = (a * 2u32 + &b) / (b * 2u32);
    Decimal::big(if negative { -rounded } else { rounded }, places)
}

impl From<i64> for Decimal {
    fn from(number: i64) -> Decimal {
        Decimal { mantissa: Mantissa::Small(number.into()), scale: 0 }
    }
}

impl FromStr for Decimal {
    type Err = NotADecimal;

    /// Reads `-?digits[.digits]`: ASCII digits only, no plus, exponent or grouping.
    fn from_str(text: &str) -> Result<Decimal, NotADecimal> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, part) = match unsigned.split_once('.') {
            Some((whole, part)) if !part.is_empty() => (whole, part),
            Some(_) => return Err(NotADecimal(text.to_owned())),
            None => (unsigned, ""),
        };
        if whole.is_empty() || !whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit()) {
            return Err(NotADecimal(text.to_owned()));
        }
        let negative = unsigned.len() < text.len();
        // 18 digits always fit in 64 bits, 38 in 128.
        if whole.len() + part.len() <= 18 {
            let mantissa = whole.bytes().chain(part.bytes()).fold(0i64, |m, b| m * 10 + i64::from(b - b'0'));
            return Ok(Decimal::small((if negative { -mantissa } else { mantissa }).into(), part.len() as u32));
        }
        if whole.len() + part.len() <= 38 {
            let mantissa = whole.bytes().chain(part.bytes()).fold(0i128, |m, b| m * 10 + i128::from(b - b'0'));
            return Ok(Decimal::small(if negative { -mantissa } else { mantissa }, part.len() as u32));
        }
        let mantissa = BigInt::parse_bytes(format!("{whole}{part}").as_bytes(), 10).unwrap_or_default();
        let scale = u32::try_from(part.len()).map_err(|_| NotADecimal(text.to_owned()))?;
        Ok(Decimal::big(if negative { -mantissa } else { mantissa }, scale))
    }
}

/// A short mantissa with its point, at the end of a buffer: nothing is allocated.
fn short_text(mantissa: i64, scale: usize, buffer: &mut [u8; 40]) -> &str {
    let (mut rest, mut at, mut written) = (mantissa.unsigned_abs(), buffer.len(), 0);
    while rest > 0 || written <= scale {
        if written == scale && scale > 0 {
            at -= 1;
            buffer[at] = b'.';
        }
        at -= 1;
        buffer[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        written += 1;
    }
    if mantissa < 0 {
        at -= 1;
        buffer[at] = b'-';
    }
    std::str::from_utf8(&buffer[at..]).unwrap_or_default()
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Mantissa::Small(m), ..=18) = (&self.mantissa, self.scale)
            && let Ok(short) = i64::try_from(*m)
        {
            return f.write_str(short_text(short, self.scale as usize, &mut [0; 40]));
        }
        let digits = match &self.mantissa {
            Mantissa::Small(m) => m.unsigned_abs().to_string(),
            Mantissa::Big(m) => m.magnitude().to_string(),
        };
        let sign = if self.is_negative() { "-" } else { "" };
        let scale = self.scale as usize;
        if scale == 0 {
            write!(f, "{sign}{digits}")
        } else {
            let padded = format!("{digits:0>width$}", width = scale + 1);
            let (whole, part) = padded.split_at(padded.len() - scale);
            write!(f, "{sign}{whole}.{part}")
        }
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Decimal) -> Ordering {
        match self.aligned_small(other) {
            Some((a, b, _)) => a.cmp(&b),
            None => {
                let (a, b, _) = self.aligned(other);
                a.cmp(&b)
            }
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Decimal) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Add for &Decimal {
    type Output = Decimal;

    fn add(self, other: &Decimal) -> Decimal {
        if let Some((a, b, scale)) = self.aligned_small(other)
            && let Some(sum) = a.checked_add(b)
        {
            return Decimal::small(sum, scale);
        }
        let (a, b, scale) = self.aligned(other);
        Decimal::big(a + b, scale)
    }
}

impl Neg for &Decimal {
    type Output = Decimal;

    fn neg(self) -> Decimal {
        match &self.mantissa {
            Mantissa::Small(m) if *m != i128::MIN => Decimal { mantissa: Mantissa::Small(-m), scale: self.scale },
            _ => Decimal::big(-self.to_big(), self.scale),
        }
    }
}

impl Sub for &Decimal {
    type Output = Decimal;

    fn sub(self, other: &Decimal) -> Decimal {
        self + &-other
    }
}

impl Mul for &Decimal {
    type Output = Decimal;

    fn mul(self, other: &Decimal) -> Decimal {
        let scale = self.scale + other.scale;
        if let (Mantissa::Small(a), Mantissa::Small(b)) = (&self.mantissa, &other.mantissa)
            && let Some(product) = a.checked_mul(*b)
        {
            return Decimal::small(product, scale);
        }
        Decimal::big(self.to_big() * other.to_big(), scale)
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    /// Reads text or a whole number, never a float: a float is no exact figure.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        struct Reader;
        impl de::Visitor<'_> for Reader {
            type Value = Decimal;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a decimal number as text (\"16.5\") or a whole number")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Decimal, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Decimal, E> {
                Ok(number.into())
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Decimal, E> {
                Ok(Decimal::small(number.into(), 0))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn reads_and_writes_exactly() {
        for (text, shown) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.00", "0"),
            ("3.0", "3"),
            ("007.50", "7.5"),
            ("-12.340", "-12.34"),
            ("0.000001", "0.000001"),
            ("123456789012345678901234567890123456789.5", "123456789012345678901234567890123456789.5"),
            ("1000000000000000000000000000000000000000000.00", "1000000000000000000000000000000000000000000"),
        ] {
            assert_eq!(d(text).to_string(), shown);
        }
        for text in ["", "-", ".5", "5.", "+1", "1e3", "1,5", "1 000", "１", "--1", "1.2.3"] {
            assert!(text.parse::<Decimal>().is_err(), "{text}");
        }
    }

    #[test]
    fn rounds_halves_away_from_zero() {
        for (a, b, places, want) in [
            ("1", "3", 6, "0.333333"),
            ("2", "3", 6, "0.666667"),
            ("1", "8", 2, "0.13"),
            ("-1", "8", 2, "-0.13"),
            ("5", "1", 0, "5"),
        ] {
            assert_eq!(d(a).checked_div_rounded(&d(b), places).unwrap(), d(want));
        }
        assert_eq!(d("94.996").round_half_up(2), d("95"));
        assert_eq!(d("-0.5").round_half_up(0), d("-1"));
        assert!(d("1").checked_div_rounded(&d("0.00"), 3).is_none());
    }

    proptest! {
        #[test]
        fn arithmetic_is_exact(a in any::<i64>(), b in any::<i64>(), s in 0u32..9, t in 0u32..9) {
            let x = d(&format!("{a}")).checked_div_rounded(&Decimal::big(big_power(s), 0), 9).unwrap();
            let y = d(&format!("{b}")).checked_div_rounded(&Decimal::big(big_power(t), 0), 9).unwrap();
            prop_assert_eq!(&(&x + &y) - &y, x.clone());
            prop_assert_eq!(&x * &y, &y * &x);
            prop_assert_eq!(x.to_string().parse::<Decimal>().unwrap(), x.clone());
            prop_assert_eq!(x.cmp(&y), (&x - &y).cmp(&Decimal::ZERO));
        }

        #[test]
        fn short_ones_are_written_and_taken_as_doubles_like_long_ones(m in any::<i64>(), scale in 0u32..24) {
            let x = Decimal::small(m.into(), scale);
            let digits = format!("{:0>width$}", m.unsigned_abs(), width = scale as usize + 1);
            let (whole, part) = digits.split_at(digits.len() - scale as usize);
            let long = format!("{}{whole}.{part}", if m < 0 { "-" } else { "" });
            let long = if scale > 0 { long.trim_end_matches('0').trim_end_matches('.') } else { long.trim_end_matches('.') };
            let long = if m == 0 { "0" } else { long };
            prop_assert_eq!(x.to_string(), long);
            prop_assert_eq!(x.to_f64(), long.parse::<f64>().unwrap());
            prop_assert_eq!(long.parse::<Decimal>().unwrap(), x);
        }

        #[test]
        fn small_and_big_agree(a in any::<i128>(), b in any::<i128>()) {
            let (x, y) = (d(&a.to_string()), d(&b.to_string()));
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
            prop_assert_eq!((&x * &y).to_string(), (BigInt::from(a) * BigInt::from(b)).to_string());
            prop_assert_eq!((&x + &y).to_string(), (BigInt::from(a) + BigInt::from(b)).to_string());
        }
    }
}
