//! The one door to picture code: what a file is by its bytes, what a photograph tells of its time and place, a small
//! picture without any of that, and a hash of how it looks by which near-same ones are found.
//!
//! Nothing here trusts a name or a type that somebody sent. Pixels are counted before any is decoded.

mod hash;
mod told;

pub use hash::{bands, distance};
pub use told::{Told, moment};

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgb, RgbImage, codecs::jpeg::JpegEncoder};
use std::io::Cursor;

/// Pixels of one picture: what the largest telephones of today make, with room; 250 MB while it is decoded.
pub const MOST_PIXELS: u64 = 80_000_000;
/// Pixels along one side.
const MOST_SIDE: u32 = 30_000;
/// Bytes that decoding may take beside the file.
const MOST_MEMORY: u64 = 512 << 20;
/// The longer side of a small picture.
pub const SMALL: u32 = 640;
/// Of 100: what a small picture keeps.
const QUALITY: u8 = 78;
/// Pages of one PDF, where they can be counted.
pub const MOST_PAGES: u32 = 2_000;

/// What a file may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Jpeg,
    Png,
    WebP,
    /// Kept, never decoded.
    Heic,
    Pdf,
}

impl Kind {
    pub const ALL: [Kind; 5] = [Kind::Jpeg, Kind::Png, Kind::WebP, Kind::Heic, Kind::Pdf];

    /// What a file is by its first bytes; `None` of everything else, a web page or a drawing with scripts among it. A PDF
    /// begins with its mark: what stands before it in other readers' eyes makes two files of one.
    pub fn of(bytes: &[u8]) -> Option<Kind> {
        let brand = bytes.get(8..12);
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Kind::Jpeg),
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some(Kind::Png),
            [b'R', b'I', b'F', b'F', ..] if brand == Some(b"WEBP") => Some(Kind::WebP),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => {
                let known: [&[u8]; 7] = [b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"];
                known.into_iter().any(|one| brand == Some(one)).then_some(Kind::Heic)
            }
            [b'%', b'P', b'D', b'F', b'-', ..] => Some(Kind::Pdf),
            _ => None,
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Kind::Jpeg => "image/jpeg",
            Kind::Png => "image/png",
            Kind::WebP => "image/webp",
            Kind::Heic => "image/heic",
            Kind::Pdf => "application/pdf",
        }
    }

    pub fn of_media_type(text: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.media_type() == text)
    }

    /// Endings of names that go with it, the usual one first.
    pub fn endings(self) -> &'static [&'static str] {
        match self {
            Kind::Jpeg => &["jpg", "jpeg", "jfif"],
            Kind::Png => &["png"],
            Kind::WebP => &["webp"],
            Kind::Heic => &["heic", "heif"],
            Kind::Pdf => &["pdf"],
        }
    }

    fn format(self) -> Option<ImageFormat> {
        match self {
            Kind::Jpeg => Some(ImageFormat::Jpeg),
            Kind::Png => Some(ImageFormat::Png),
            Kind::WebP => Some(ImageFormat::WebP),
            Kind::Heic | Kind::Pdf => None,
        }
    }
}

/// Why a file is not taken, or not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Bad {
    #[error("neither JPEG, PNG, WebP, HEIC nor PDF")]
    Unknown,
    #[error("it cannot be read")]
    Broken,
    #[error("{width} by {height} pixels are too many")]
    TooManyPixels { width: u32, height: u32 },
    #[error("{0} pages are too many")]
    TooManyPages(u32),
}

/// What a file is, and how large inside; nothing of it is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    pub kind: Kind,
    /// Pixels across and down, where it can be told.
    pub pixels: Option<(u32, u32)>,
    /// Pages of a PDF, where they can be counted: newer ones pack them away.
    pub pages: Option<u32>,
}

/// Measures a file before it is taken. Cost: a picture's head; a PDF once through.
pub fn measure(bytes: &[u8]) -> Result<Measured, Bad> {
    let kind = Kind::of(bytes).ok_or(Bad::Unknown)?;
    let mut measured = Measured { kind, pixels: None, pages: None };
    if let Some(format) = kind.format() {
        let read = ImageReader::with_format(Cursor::new(bytes), format);
        let (width, height) = read.into_dimensions().map_err(|_| Bad::Broken)?;
        let too_many = u64::from(width) * u64::from(height) > MOST_PIXELS || width.max(height) > MOST_SIDE;
        if too_many {
            return Err(Bad::TooManyPixels { width, height });
        }
        measured.pixels = Some((width, height));
    }
    if kind == Kind::Pdf {
        measured.pages = pages(bytes);
        if let Some(pages) = measured.pages.filter(|pages| *pages > MOST_PAGES) {
            return Err(Bad::TooManyPages(pages));
        }
    }
    Ok(measured)
}

/// Objects `/Type /Page` of a PDF that stand in the open.
fn pages(bytes: &[u8]) -> Option<u32> {
    let (mut found, mut rest) = (0, bytes);
    while let Some(at) = find(rest, b"/Type") {
        rest = &rest[at + 5..];
        let blank = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
        let name = &rest[blank..];
        let is_page = name.starts_with(b"/Page") && name.get(5).is_none_or(|b| !b.is_ascii_alphanumeric());
        found += u32::from(is_page);
    }
    (found > 0).then_some(found)
}

fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|b| *b == word[0]) {
        if text[from + at..].starts_with(word) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

/// What a look at a picture gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Looked {
    pub told: Told,
    /// A small JPEG, the right way up, without anything that the original tells beside its pixels.
    pub small: Option<Vec<u8>>,
    /// How it looks; `None` of what is too even to tell from others.
    pub hash: Option<u64>,
}

/// Decodes a picture once: a small one, its hash, what it tells. Of a HEIC and a PDF nothing but what it tells. Cost: the
/// work of a processor for up to some seconds, memory for its pixels; not on a thread that answers others.
pub fn look(bytes: &[u8]) -> Result<Looked, Bad> {
    let Measured { kind, .. } = measure(bytes)?;
    let told = told::told(kind, bytes);
    let Some(format) = kind.format() else { return Ok(Looked { told, ..Looked::default() }) };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(MOST_SIDE), Some(MOST_SIDE));
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| Bad::Broken)?;
    let turned = decoder.orientation().map_err(|_| Bad::Broken)?;
    let whole = DynamicImage::from_decoder(decoder).map_err(|_| Bad::Broken)?;
    // Never larger than the original.
    let mut small = match whole.width().max(whole.height()) {
        side if side > SMALL => whole.thumbnail(SMALL, SMALL),
        _ => whole,
    };
    small.apply_orientation(turned);
    let small = on_white(&small);
    let hash = hash::of(&small);
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(&small).map_err(|_| Bad::Broken)?;
    Ok(Looked { told, small: Some(jpeg), hash })
}

/// What is transparent, on white.
fn on_white(picture: &DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8();
    }
    let from = picture.to_rgba8();
    let mix = |c: u8, a: u8| ((u16::from(c) * u16::from(a) + 255 * (255 - u16::from(a))) / 255) as u8;
    RgbImage::from_fn(from.width(), from.height(), |x, y| {
        let [r, g, b, a] = from.get_pixel(x, y).0;
        Rgb([mix(r, a), mix(g, a), mix(b, a)])
    })
}
