//! Photographs that tell where and when they were taken.

/// A field of EXIF: tag, type, count, and its four bytes (a value or an offset).
fn field(tag: u16, kind: u16, count: u32, value: [u8; 4]) -> Vec<u8> {
    [&tag.to_be_bytes()[..], &kind.to_be_bytes(), &count.to_be_bytes(), &value].concat()
}

/// The same JPEG with a segment of EXIF, as a camera writes it: when it was taken (`YYYY:MM:DD HH:MM:SS`), at how many degrees
/// north and east, turned by a quarter.
pub fn taken_at(jpeg: &[u8], moment: &str, (north, east): (f64, f64)) -> Vec<u8> {
    assert_eq!(moment.len(), 19, "as EXIF writes it");
    let at = |offset: u32| offset.to_be_bytes();
    let degrees = |angle: f64| -> Vec<u8> {
        // In millionths of a degree, no minutes, no seconds.
        let parts = [((angle * 1e6).round() as u32, 1_000_000u32), (0, 1), (0, 1)];
        parts.iter().flat_map(|(n, d)| [n.to_be_bytes(), d.to_be_bytes()].concat()).collect()
    };
    let mut tiff = b"MM\0\x2a\0\0\0\x08".to_vec();
    // IFD 0 at 8 with three fields: 2 + 36 + 4 bytes, so the next begins at 50.
    tiff.extend(3u16.to_be_bytes());
    tiff.extend(field(0x0112, 3, 1, [0, 6, 0, 0]));
    tiff.extend(field(0x8769, 4, 1, at(50)));
    tiff.extend(field(0x8825, 4, 1, at(68)));
    tiff.extend(at(0));
    // EXIF at 50 with one field: 18 bytes. GPS at 68 with four: 54 bytes, so what they point to begins at 122.
    tiff.extend(1u16.to_be_bytes());
    tiff.extend(field(0x9003, 2, 20, at(122)));
    tiff.extend(at(0));
    tiff.extend(4u16.to_be_bytes());
    tiff.extend(field(1, 2, 2, *b"N\0\0\0"));
    tiff.extend(field(2, 5, 3, at(142)));
    tiff.extend(field(3, 2, 2, *b"E\0\0\0"));
    tiff.extend(field(4, 5, 3, at(166)));
    tiff.extend(at(0));
    tiff.extend(moment.bytes().chain([0]));
    tiff.extend(degrees(north));
    tiff.extend(degrees(east));
    let mut segment = b"Exif\0\0".to_vec();
    segment.extend(tiff);
    let length = u16::try_from(segment.len() + 2).expect("short").to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &segment, &jpeg[2..]].concat()
}
