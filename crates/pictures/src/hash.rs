//! How a picture looks, in 64 bits: whether each of eight by eight fields is brighter than the one to its right. The same
//! picture shrunk, saved again or made brighter has nearly the same bits; another one has half of them by chance.

use image::{RgbImage, imageops};

/// Fields that differ by less than this are alike: noise of a blank sheet is no look.
const STEP: i32 = 2;
/// Bits that a picture must have on either side to be told from others.
const FEWEST: u32 = 8;

/// The hash of a picture; `None` of what is too even.
pub(crate) fn of(picture: &RgbImage) -> Option<u64> {
    let grey = imageops::grayscale(picture);
    let small = imageops::resize(&grey, 9, 8, imageops::FilterType::Triangle);
    let (mut hash, mut told) = (0u64, 0);
    for y in 0..8 {
        for x in 0..8 {
            let step = i32::from(small.get_pixel(x + 1, y).0[0]) - i32::from(small.get_pixel(x, y).0[0]);
            hash = hash << 1 | u64::from(step > STEP);
            told += u32::from(step.abs() > STEP);
        }
    }
    (told >= FEWEST).then_some(hash)
}

/// In how many bits two pictures differ.
pub fn distance(a: u64, b: u64) -> u32 {
    (a ^ b).count_ones()
}

/// The hash in four parts of 16 bits: two that differ in at most three bits have a part in common.
pub fn bands(hash: u64) -> [u16; 4] {
    [48, 32, 16, 0].map(|shift| (hash >> shift) as u16)
}
