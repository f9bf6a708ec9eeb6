//! The one door to typst: a paper's template and its data in, a PDF or a picture out. No IO, no clock, no words of its own; the same paper
//! gives the same bytes.
//!
//! A template is typst text that a room brings. Nothing a user wrote ever stands in it: all of it comes as data
//! (`json("data.json")`), pictures as files (`image("name.svg")`).

mod pixels;

use kernel::Day;
use std::sync::LazyLock;
use typst::{
    Library, LibraryExt, World,
    diag::{FileError, FileResult, SourceDiagnostic},
    foundations::{Bytes, Datetime, Duration, Smart},
    syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot},
    text::{Font, FontBook},
    utils::{LazyHash, Scalar},
};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};
use typst_render::RenderOptions;

/// The letters, as the islands' build leaves them: Be Vietnam Pro, and for official documents Tinos, which is as wide as Times New Roman
/// letter by letter (and what Liberation Serif is made from).
#[derive(rust_embed::RustEmbed)]
#[folder = "../../islands/dist"]
#[include = "*.ttf"]
struct Letters;

/// A paper to be printed.
#[derive(Clone, Copy, Debug)]
pub struct Paper<'a> {
    /// Typst text. Its language and title stand in its data, set by the template.
    pub template: &'a str,
    /// JSON.
    pub data: &'a str,
    /// Pictures by name, as SVG.
    pub pictures: &'a [(String, String)],
    /// What the paper is, for ever: the same paper of another day keeps it.
    pub name: &'a str,
    /// The day it says it was made.
    pub day: Day,
}

/// A paper that was printed: tagged, as PDF/UA-1 asks.
#[derive(Clone, Debug)]
pub struct Printed {
    pub bytes: Vec<u8>,
    pub pages: usize,
}

/// Why a paper could not be printed: a defect of its template or of the build, never of the reader.
#[derive(Debug, thiserror::Error)]
pub enum NotPrinted {
    #[error("the letters are missing: the islands were not built")]
    Letters,
    #[error("typst: {0}")]
    Template(String),
    #[error("a picture: {0}")]
    Picture(String),
}

/// The letters that are there, and the book of them.
static FONTS: LazyLock<(LazyHash<FontBook>, Vec<Font>)> = LazyLock::new(|| {
    let mut names: Vec<_> = Letters::iter().collect();
    names.sort();
    let fonts: Vec<Font> = names
        .iter()
        .filter_map(|n| Letters::get(n))
        .flat_map(|f| Font::iter(Bytes::new(f.data.into_owned())))
        .collect();
    (LazyHash::new(FontBook::from_fonts(&fonts)), fonts)
});

/// A text with letters that can be printed: what the fonts lack (a foreign script, a pictogram) is a question mark.
fn printable(text: &str) -> String {
    let lacks = |c: char| !c.is_control() && !FONTS.1.iter().any(|f| f.info().coverage.contains(c as u32));
    text.chars().map(|c| if lacks(c) { '?' } else { c }).collect()
}

static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));

/// A file of a paper.
fn file(name: &str) -> Result<FileId, NotPrinted> {
    let path = VirtualPath::new(name).map_err(|e| NotPrinted::Template(format!("{name}: {e:?}")))?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

/// All that a template can reach: itself, its data, its pictures.
struct Desk {
    main: Source,
    files: Vec<(FileId, Bytes)>,
    day: Day,
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &FONTS.0
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() { Ok(self.main.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let found = self.files.iter().find(|(name, _)| *name == id);
        found.map(|(_, bytes)| bytes.clone()).ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.1.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        date(self.day)
    }
}

fn date(day: Day) -> Option<Datetime> {
    let small = |n: i8| u8::try_from(n).ok();
    Datetime::from_ymd(day.year().into(), small(day.month())?, small(day.day())?)
}

fn said(errors: impl IntoIterator<Item = SourceDiagnostic>) -> NotPrinted {
    let lines: Vec<String> = errors.into_iter().map(|e| e.message.to_string()).collect();
    NotPrinted::Template(lines.join("; "))
}

/// Prints a paper. Cost: processor time, some hundred thousand cells of layout; for a worker's thread, never for one that
/// answers requests.
pub fn print(paper: &Paper) -> Result<Printed, NotPrinted> {
    made(paper, |document| {
        let standards = PdfStandards::new(&[PdfStandard::Ua_1]).map_err(|e| NotPrinted::Template(format!("{e:?}")))?;
        let options = PdfOptions {
            ident: Smart::Custom(paper.name.to_owned()),
            timestamp: date(paper.day).map(Timestamp::new_utc),
            standards,
            ..PdfOptions::default()
        };
        let bytes = typst_pdf::pdf(document, &options).map_err(said)?;
        Ok(Printed { bytes, pages: document.pages().len() })
    })
}

/// Draws the first page of a paper, which has a ground, as PNG of at most 256 colours, `scale` pixels a point. Cost: as [`print`], and the pixels.
pub fn draw(paper: &Paper, scale: u8) -> Result<Vec<u8>, NotPrinted> {
    made(paper, |document| {
        let page = document.pages().first().ok_or_else(|| NotPrinted::Picture("no page".into()))?;
        let options = RenderOptions { pixel_per_pt: Scalar::new(scale.into()), ..RenderOptions::default() };
        let drawn = typst_render::render(page, &options);
        pixels::encode(drawn.data(), drawn.width(), drawn.height()).map_err(|e| NotPrinted::Picture(e.to_string()))
    })
}

/// What `export` makes of a paper once it is laid out.
fn made<T>(paper: &Paper, export: impl FnOnce(&PagedDocument) -> Result<T, NotPrinted>) -> Result<T, NotPrinted> {
    if FONTS.1.is_empty() {
        return Err(NotPrinted::Letters);
    }
    let mut files = vec![(file("data.json")?, Bytes::from_string(printable(paper.data)))];
    for (name, svg) in paper.pictures {
        files.push((file(name)?, Bytes::from_string(printable(svg))));
    }
    let main = Source::new(file("main.typ")?, paper.template.to_owned());
    let desk = Desk { main, files, day: paper.day };
    let made = typst::compile(&desk).output.map_err(said).and_then(|document| export(&document));
    // What typst remembers of one paper helps no other.
    typst::comemo::evict(0);
    made
}
