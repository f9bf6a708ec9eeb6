//! Pixels as PNG of few bytes: paper has few colours, and edges of letters between them.

use std::{cmp::Reverse, collections::BTreeMap};

type Colour = [u8; 3];

/// How far two colours are apart.
fn apart(one: Colour, other: Colour) -> u32 {
    one.iter().zip(other).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
}

/// The 256 colours that most pixels have; every other becomes the nearest of them. `rgba` is opaque.
pub fn encode(rgba: &[u8], width: u32, height: u32) -> Result<Vec<u8>, png::EncodingError> {
    let pixels = || rgba.chunks_exact(4).map(|p| [p[0], p[1], p[2]]);
    let mut counts: BTreeMap<Colour, usize> = BTreeMap::new();
    for pixel in pixels() {
        *counts.entry(pixel).or_default() += 1;
    }
    let mut colours: Vec<Colour> = counts.keys().copied().collect();
    colours.sort_by_key(|colour| Reverse(counts[colour]));
    colours.truncate(256);
    let nearest =
        |of: &Colour| (0..=u8::MAX).zip(&colours).min_by_key(|(_, c)| apart(**c, *of)).map_or(0, |(at, _)| at);
    let places: BTreeMap<Colour, u8> = counts.keys().map(|colour| (*colour, nearest(colour))).collect();
    let indexed: Vec<u8> = pixels().map(|pixel| places[&pixel]).collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_palette(colours.concat());
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&indexed)?;
    writer.finish()?;
    Ok(file)
}
