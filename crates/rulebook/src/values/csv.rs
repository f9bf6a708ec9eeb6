//! RFC 4180 records with the line they begin on. Lines end CRLF, LF or CR; the separator comes from the header.
//!
//! Our own, because a problem must name the first physical line of its record, a lone CR ends a line, and a file is read
//! in parallel pieces; the usual reader does none of the three.

use std::borrow::Cow;
use unicode_normalization::{UnicodeNormalization, is_nfc_quick};

/// What is wrong with the text itself, and on which line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    NotUtf8,
    OpenQuote,
    AfterQuote,
}

/// A piece of a file that begins and ends with a record.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    pub text: &'a str,
    /// The physical line of its first character, counted from 1.
    pub line: u32,
}

/// Bytes as text without a byte order mark; else the lines that are not UTF-8.
pub fn text(bytes: &[u8]) -> Result<&str, Vec<u32>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text);
    }
    let (mut lines, mut line, mut before) = (Vec::new(), 1, 0);
    for chunk in bytes.utf8_chunks() {
        let valid = chunk.valid();
        line += line_ends(before, valid.as_bytes());
        if !chunk.invalid().is_empty() && lines.last() != Some(&line) {
            lines.push(line);
        }
        before = if chunk.invalid().is_empty() { valid.bytes().last().unwrap_or(0) } else { 0 };
    }
    Err(lines)
}

/// Line ends in `bytes`, of which `before` is the byte in front: CRLF counts once.
fn line_ends(mut before: u8, bytes: &[u8]) -> u32 {
    let mut count = 0;
    for &b in bytes {
        count += u32::from(b == b'\r' || (b == b'\n' && before != b'\r'));
        before = b;
    }
    count
}

/// The separator that the header has most of: comma, semicolon or tab; quoted text does not count.
pub fn separator(header: &str) -> u8 {
    let (mut quoted, mut counts) = (false, [0usize; 3]);
    for b in header.bytes() {
        match b {
            b'"' => quoted = !quoted,
            b',' if !quoted => counts[0] += 1,
            b';' if !quoted => counts[1] += 1,
            b'\t' if !quoted => counts[2] += 1,
            _ => {}
        }
    }
    let most = counts.iter().max().copied().unwrap_or(0);
    [b',', b';', b'\t'][counts.iter().position(|&c| c == most).unwrap_or(0)]
}

/// The first physical line, without its end.
pub fn first_line(text: &str) -> &str {
    text.split(['\r', '\n']).next().unwrap_or("")
}

/// Whether pieces hold more than so many records that say something. Cost: nothing to speak of where they have fewer
/// lines; otherwise each record once, none kept.
pub fn more_than(pieces: &[Piece], separator: u8, most: usize) -> bool {
    let lines = pieces.last().map_or(0, |last| last.line as usize + last.text.split(['\n', '\r']).count());
    lines > most && {
        let said = pieces.iter().flat_map(|&piece| {
            let mut records = Records::new(piece, separator);
            let mut cells = Vec::new();
            std::iter::from_fn(move || {
                let (_, broken) = records.next(&mut cells)?;
                Some(broken.is_some() || cells.iter().any(|c| !c.is_empty()))
            })
        });
        said.filter(|&said| said).take(most + 1).count() > most
    }
}

/// Cuts a text into pieces of about `size` bytes, each of whole records.
pub fn pieces(text: &str, separator: u8, size: usize) -> Vec<Piece<'_>> {
    let bytes = text.as_bytes();
    let (mut pieces, mut start, mut start_line, mut line) = (Vec::new(), 0, 1, 1);
    let (mut quoted, mut field_start, mut at) = (false, true, 0);
    while at < bytes.len() {
        let b = bytes[at];
        if quoted {
            match b {
                b'"' if bytes.get(at + 1) == Some(&b'"') => at += 1,
                b'"' => quoted = false,
                b'\n' => line += 1,
                b'\r' if bytes.get(at + 1) != Some(&b'\n') => line += 1,
                _ => {}
            }
        } else if b == b'"' && field_start {
            (quoted, field_start) = (true, false);
        } else if b == b'\n' || (b == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
            line += 1;
            field_start = true;
            if at + 1 - start >= size {
                pieces.push(Piece { text: &text[start..=at], line: start_line });
                (start, start_line) = (at + 1, line);
            }
        } else {
            field_start = b == separator;
        }
        at += 1;
    }
    if start < bytes.len() {
        pieces.push(Piece { text: &text[start..], line: start_line });
    }
    pieces
}

/// Reads the records of a piece, one after the other.
pub struct Records<'a> {
    text: &'a str,
    separator: u8,
    at: usize,
    line: u32,
}

impl<'a> Records<'a> {
    pub fn new(piece: Piece<'a>, separator: u8) -> Records<'a> {
        Records { text: piece.text, separator, at: 0, line: piece.line }
    }

    /// How many bytes of the piece have been read.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The next record into `cells`, trimmed and in NFC; its first line, and what is broken in it. `None` at the end.
    pub fn next(&mut self, cells: &mut Vec<Cow<'a, str>>) -> Option<(u32, Option<Broken>)> {
        let bytes = self.text.as_bytes();
        if self.at >= bytes.len() {
            return None;
        }
        cells.clear();
        let (first, mut broken) = (self.line, None);
        loop {
            let cell = if bytes.get(self.at) == Some(&b'"') {
                let (cell, wrong) = self.quoted();
                broken = broken.or(wrong);
                cell
            } else {
                let from = self.at;
                while let Some(&b) = bytes.get(self.at)
                    && b != self.separator
                    && b != b'\n'
                    && b != b'\r'
                {
                    self.at += 1;
                }
                Cow::Borrowed(&self.text[from..self.at])
            };
            cells.push(tidy(cell));
            match bytes.get(self.at) {
                Some(&b) if b == self.separator => self.at += 1,
                Some(&b'\r') => {
                    self.at += 1 + usize::from(bytes.get(self.at + 1) == Some(&b'\n'));
                    break;
                }
                Some(_) => {
                    self.at += 1;
                    break;
                }
                None => break,
            }
        }
        self.line += 1;
        Some((first, broken))
    }

    /// A quoted cell; stops at the separator or line end behind it.
    fn quoted(&mut self) -> (Cow<'a, str>, Option<Broken>) {
        let bytes = self.text.as_bytes();
        self.at += 1;
        let from = self.at;
        let mut doubled = false;
        loop {
            match bytes.get(self.at) {
                None => return (Cow::Borrowed(&self.text[from..]), Some(Broken::OpenQuote)),
                Some(b'"') if bytes.get(self.at + 1) == Some(&b'"') => {
                    doubled = true;
                    self.at += 2;
                }
                Some(b'"') => break,
                Some(&b) => {
                    let ends = b == b'\n' || (b == b'\r' && bytes.get(self.at + 1) != Some(&b'\n'));
                    self.line += u32::from(ends);
                    self.at += 1;
                }
            }
        }
        let inner = &self.text[from..self.at];
        self.at += 1;
        let behind = self.at;
        while let Some(&b) = bytes.get(self.at)
            && b != self.separator
            && b != b'\n'
            && b != b'\r'
        {
            self.at += 1;
        }
        let broken = (!self.text[behind..self.at].trim().is_empty()).then_some(Broken::AfterQuote);
        (if doubled { Cow::Owned(inner.replace("\"\"", "\"")) } else { Cow::Borrowed(inner) }, broken)
    }
}

/// Trimmed and in NFC.
pub fn tidy(cell: Cow<'_, str>) -> Cow<'_, str> {
    let nfc = cell.is_ascii() || is_nfc_quick(cell.chars()) == unicode_normalization::IsNormalized::Yes;
    match cell {
        Cow::Borrowed(text) if nfc => Cow::Borrowed(text.trim()),
        text => Cow::Owned(text.trim().nfc().collect()),
    }
}
