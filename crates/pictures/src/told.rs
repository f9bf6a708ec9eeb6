//! What a photograph tells beside its pixels: when and where it was taken (EXIF). It is what a camera wrote, or what
//! somebody wrote over it: a hint, never a proof.

use crate::Kind;
use exif::{Exif, In, Reader, Tag, Value};
use std::io::Cursor;

/// What a photograph tells of its taking.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// `YYYY-MM-DD HH:MM`, by the clock of the camera, which names no zone.
    pub taken: Option<String>,
    /// Latitude and longitude in degrees (WGS 84).
    pub place: Option<(f64, f64)>,
}

pub(crate) fn told(kind: Kind, bytes: &[u8]) -> Told {
    if kind == Kind::Pdf {
        return Told::default();
    }
    let Ok(exif) = Reader::new().read_from_container(&mut Cursor::new(bytes)) else { return Told::default() };
    let taken = [Tag::DateTimeOriginal, Tag::DateTimeDigitized].into_iter().find_map(|tag| taken(&exif, tag));
    let latitude = degrees(&exif, Tag::GPSLatitude, Tag::GPSLatitudeRef, b"Ss", 90.0);
    let longitude = degrees(&exif, Tag::GPSLongitude, Tag::GPSLongitudeRef, b"Ww", 180.0);
    // A receiver that had found nothing yet writes zeros.
    let place = latitude.zip(longitude).filter(|place| *place != (0.0, 0.0));
    Told { taken, place }
}

fn taken(exif: &Exif, tag: Tag) -> Option<String> {
    let Value::Ascii(texts) = &exif.get_field(tag, In::PRIMARY)?.value else { return None };
    moment(std::str::from_utf8(texts.first()?).ok()?)
}

/// `2025:10:12 08:31:07` as `2025-10-12 08:31`, whatever stands between the numbers; `None` of what is no moment.
pub fn moment(text: &str) -> Option<String> {
    let number = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<u16>().ok());
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute) = (number(11, 13)?, number(14, 16)?);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    };
    let is = (1970..=2200).contains(&year) && (1..=12).contains(&month) && (1..=days).contains(&day);
    (is && hour < 24 && minute < 60).then(|| format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}"))
}

fn degrees(exif: &Exif, tag: Tag, side: Tag, negative: &[u8; 2], most: f64) -> Option<f64> {
    let Value::Rational(parts) = &exif.get_field(tag, In::PRIMARY)?.value else { return None };
    let part = |at: usize| parts.get(at).map_or(0.0, |part| part.to_f64());
    let found = parts.first()?.to_f64() + part(1) / 60.0 + part(2) / 3600.0;
    let Value::Ascii(sides) = &exif.get_field(side, In::PRIMARY)?.value else { return None };
    let is_negative = sides.first().and_then(|text| text.first()).is_some_and(|b| negative.contains(b));
    // A division by nothing is no place.
    (found.is_finite() && found <= most).then_some(if is_negative { -found } else { found })
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn a_moment_is_one_of_the_calendar() {
        for (text, wanted) in [
            ("2025:10:12 08:31:07", Some("2025-10-12 08:31")),
            ("2024:02:29 23:59:59", Some("2024-02-29 23:59")),
            ("2025:02:29 08:31:07", None),
            ("0000:00:00 00:00:00", None),
            ("    :  :     :  :  ", None),
            ("2025:13:01 08:31:07", None),
            ("2025:10:12", None),
            ("2025:10:12 24:00:00", None),
            ("ảnh chụp hôm qua lúc", None),
        ] {
            assert_eq!(moment(text).as_deref(), wanted, "{text}");
        }
    }
}
