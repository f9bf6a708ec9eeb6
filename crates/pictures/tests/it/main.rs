//! Pictures, whole and hostile: made here, byte by byte where it matters.

use image::{ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use pictures::{Bad, Kind, MOST_PIXELS, bands, distance, look, measure};
use std::io::Cursor;

/// A field with a house, a road and a sky; `shift` moves the house.
fn scene(width: u32, height: u32, shift: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (u, v) = (x * 100 / width, y * 100 / height);
        let house = (30 + shift..55 + shift).contains(&u) && (40..75).contains(&v);
        let door = (40 + shift..46 + shift).contains(&u) && (58..75).contains(&v);
        match (door, house, v) {
            (true, ..) => Rgb([60, 30, 10]),
            (_, true, _) => Rgb([220, 200, 150]),
            (.., v) if v < 45 => Rgb([120 + (u / 2) as u8, 170, 230]),
            (.., v) if v > 85 => Rgb([90, 90, 90 + (u / 3) as u8]),
            _ => Rgb([60 + u as u8, 140, 50]),
        }
    })
}

fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.write_to(&mut Cursor::new(&mut bytes), format).expect("it encodes");
    bytes
}

/// The same JPEG, taken on 12/10/2025 at 08:31 at 22.25 north, 105.1 east, turned by a quarter.
fn with_exif(jpeg: &[u8]) -> Vec<u8> {
    testkit::photo::taken_at(jpeg, "2025:10:12 08:31:07", (22.25, 105.1))
}

#[test]
fn a_file_is_what_its_bytes_say() {
    let jpeg = encoded(&scene(32, 24, 0), ImageFormat::Jpeg);
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let table: [(&[u8], Option<Kind>); 12] = [
        (&jpeg, Some(Kind::Jpeg)),
        (&encoded(&scene(32, 24, 0), ImageFormat::Png), Some(Kind::Png)),
        (&encoded(&scene(32, 24, 0), ImageFormat::WebP), Some(Kind::WebP)),
        (b"\0\0\0\x18ftypheic\0\0\0\0", Some(Kind::Heic)),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", None),
        (b"%PDF-1.7\n", Some(Kind::Pdf)),
        (b"<html>%PDF-1.7\n", None),
        (svg, None),
        (b"GIF89a", None),
        (b"PK\x03\x04", None),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"", None),
    ];
    for (bytes, wanted) in table {
        assert_eq!(Kind::of(bytes), wanted, "{:?}", &bytes[..bytes.len().min(12)]);
    }
    for kind in Kind::ALL {
        assert_eq!(Kind::of_media_type(kind.media_type()), Some(kind));
    }
}

#[test]
fn a_small_picture_stands_upright_and_tells_nothing() {
    let jpeg = with_exif(&encoded(&scene(1600, 900, 0), ImageFormat::Jpeg));
    let looked = look(&jpeg).expect("a picture");
    assert_eq!(looked.told.taken.as_deref(), Some("2025-10-12 08:31"));
    assert_eq!(looked.told.place, Some((22.25, 105.1)));
    let small = looked.small.expect("a small one");
    assert!(!small.windows(4).any(|w| w == b"Exif"), "it tells where it was taken");
    assert_eq!(measure(&small).map(|m| m.pixels), Ok(Some((360, 640))), "turned by a quarter");
    // Without the segment nothing is told.
    let plain = look(&encoded(&scene(64, 48, 0), ImageFormat::Jpeg)).expect("a picture");
    assert_eq!(plain.told, pictures::Told::default());
    assert_eq!(plain.small.map(|small| measure(&small).map(|m| m.pixels)), Some(Ok(Some((64, 48)))), "never larger");
}

#[test]
fn what_is_transparent_stands_on_white() {
    let clear = RgbaImage::from_pixel(40, 40, Rgba([0, 0, 0, 0]));
    let mut bytes = Vec::new();
    clear.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).expect("it encodes");
    let small = look(&bytes).expect("a picture").small.expect("a small one");
    let pixel = image::load_from_memory(&small).expect("it decodes").to_rgb8().get_pixel(20, 20).0;
    assert!(pixel.iter().all(|c| *c > 250), "{pixel:?}");
}

#[test]
fn near_same_pictures_are_near_and_others_are_not() {
    let hash = |bytes: &[u8]| look(bytes).expect("a picture").hash.expect("a look");
    let first = hash(&encoded(&scene(1600, 1200, 0), ImageFormat::Jpeg));
    let smaller = hash(&encoded(&scene(500, 375, 0), ImageFormat::Png));
    let other = hash(&encoded(&scene(1600, 1200, 30), ImageFormat::Jpeg));
    assert!(distance(first, smaller) <= 4, "{first:x} {smaller:x}");
    assert!(distance(first, other) > 12, "{first:x} {other:x}");
    let even = RgbImage::from_pixel(100, 100, Rgb([240, 240, 238]));
    assert_eq!(look(&encoded(&even, ImageFormat::Png)).expect("a picture").hash, None, "a blank sheet looks like all");
    let hash = 0x0123_4567_89ab_cdef;
    assert_eq!(bands(hash), [0x0123, 0x4567, 0x89ab, 0xcdef]);
    // Three bits off, wherever they are, leave a part as it is.
    for off in [0b111u64, 1 << 63 | 1 << 40 | 1, 1 << 50 | 1 << 20 | 1 << 2] {
        assert!(bands(hash).iter().zip(bands(hash ^ off)).any(|(a, b)| *a == b));
        assert_eq!(distance(hash, hash ^ off), 3);
    }
}

/// A PNG of one chunk that says it has so many pixels, with next to no bytes.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut png = encoded(&RgbImage::new(1, 1), ImageFormat::Png);
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    // The checksum of the head, made anew.
    let crc = png[12..29].iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { c >> 1 ^ 0xedb8_8320 } else { c >> 1 })
    });
    png[29..33].copy_from_slice(&(!crc).to_be_bytes());
    png
}

#[test]
fn pixels_and_pages_are_counted_before_anything_is_decoded() {
    for (width, height) in [(60_000, 60_000), (40_000, 2), (20_000, 20_000), (u32::MAX >> 1, 1)] {
        let bytes = bomb(width, height);
        assert!(bytes.len() < 200);
        // The library refuses some of them itself.
        let refused = measure(&bytes);
        assert!(matches!(refused, Err(Bad::TooManyPixels { .. } | Bad::Broken)), "{width} x {height}: {refused:?}");
        assert!(look(&bytes).is_err());
    }
    assert!(matches!(measure(&bomb(20_000, 20_000)), Err(Bad::TooManyPixels { width: 20_000, height: 20_000 })));
    assert!(u64::from(8_000u32) * 8_000 < MOST_PIXELS);
    // As many as are let in, of which none are there: an error, no memory.
    assert_eq!(look(&bomb(8_000, 8_000)), Err(Bad::Broken));
    let pdf = |pages: usize| [b"%PDF-1.7\n<</Type /Pages>>\n".to_vec(), b"<</Type/Page>>\n".repeat(pages)].concat();
    assert_eq!(measure(&pdf(3)).map(|m| m.pages), Ok(Some(3)));
    assert_eq!(measure(&pdf(0)).map(|m| m.pages), Ok(None), "not counted, so not said");
    assert_eq!(measure(&pdf(2_001)), Err(Bad::TooManyPages(2_001)));
}

#[test]
fn whatever_is_cut_or_changed_is_an_error_and_never_a_fall() {
    let jpeg = with_exif(&encoded(&scene(64, 48, 0), ImageFormat::Jpeg));
    for cut in (0..jpeg.len()).step_by(7) {
        let _ = look(&jpeg[..cut]);
    }
    for at in (0..jpeg.len().min(700)).step_by(3) {
        let mut changed = jpeg.clone();
        changed[at] = !changed[at];
        let _ = look(&changed);
    }
    // A photograph that goes on as a page and an archive is a photograph.
    let both = [&jpeg[..], b"<script>alert(1)</script>PK\x03\x04%PDF-1.7"].concat();
    assert_eq!(measure(&both).map(|m| m.kind), Ok(Kind::Jpeg));
    let small = look(&both).expect("a picture").small.expect("a small one");
    assert!(!small.windows(8).any(|w| w == b"<script>"));
}
