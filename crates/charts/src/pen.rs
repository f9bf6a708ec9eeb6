//! Writes SVG: shapes by name, text that fits, two ways of colouring.

use crate::{Frame, Style};
use std::fmt::{Display, Write};

/// The size of text, in units of a chart 360 wide.
pub(crate) const SIZE: f64 = 12.0;

/// Dashes of lines, so that they differ without colour; the first is whole.
const DASHES: [&str; 6] = ["", "6 3", "2 3", "9 3 2 3", "12 4", "4 2"];
/// Colours of a chart that stands alone: those of the page's light dress. Each beside paper 4.5 to 1 or more.
const ALONE: [&str; 6] = ["#14532d", "#a3301c", "#1f4f94", "#7d5700", "#6b2f7a", "#3f4a43"];

/// What a mark is, which says how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    Grid,
    Axis,
    Text,
    Soft,
    /// Text of what the chart is about.
    Strong,
    /// The line of a series.
    Line(usize),
    /// A mark of a series, filled.
    Dot(usize),
    Fill,
    /// The one that is spoken of among others.
    Chosen,
    /// Beside the point: others, what is forecast.
    Pale,
    Reference,
    /// Many points in one path of round strokes.
    Cloud,
}

impl Ink {
    fn class(self) -> String {
        match self {
            Ink::Grid => "c-grid".into(),
            Ink::Axis => "c-axis".into(),
            Ink::Text => String::new(),
            Ink::Soft => "c-soft".into(),
            Ink::Strong => "c-strong".into(),
            Ink::Line(n) => format!("c-line c-{}", n % 6),
            Ink::Dot(n) => format!("c-dot c-{}", n % 6),
            Ink::Fill => "c-fill".into(),
            Ink::Chosen => "c-chosen".into(),
            Ink::Pale => "c-pale".into(),
            Ink::Reference => "c-ref".into(),
            Ink::Cloud => "c-cloud".into(),
        }
    }

    fn attributes(self) -> String {
        let colour = |n: usize| ALONE[n % 6];
        match self {
            Ink::Grid => "stroke=\"#d9d5c7\"".into(),
            Ink::Axis => "stroke=\"#56615a\"".into(),
            Ink::Text => "fill=\"#1d2420\"".into(),
            Ink::Soft => "fill=\"#56615a\"".into(),
            Ink::Strong => "fill=\"#1d2420\" font-weight=\"600\"".into(),
            Ink::Line(n) => format!("fill=\"none\" stroke=\"{}\" stroke-width=\"2\"", colour(n)),
            Ink::Dot(n) => format!("fill=\"{}\"", colour(n)),
            Ink::Fill => "fill=\"#5d8a6c\"".into(),
            Ink::Chosen => "fill=\"#14532d\"".into(),
            Ink::Pale => "fill=\"#d9d5c7\" stroke=\"#56615a\" stroke-width=\".5\"".into(),
            Ink::Reference => "stroke=\"#a3301c\" stroke-width=\"1.5\" stroke-dasharray=\"5 3\"".into(),
            Ink::Cloud => "stroke=\"#5d8a6c\" stroke-width=\"5\" stroke-linecap=\"round\" fill=\"none\"".into(),
        }
    }
}

/// Where a text is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// A number of a picture: tenths are enough.
pub(crate) fn n(x: f64) -> String {
    let tenths = (x * 10.0).round() / 10.0;
    // No "-0".
    format!("{}", if tenths == 0.0 { 0.0 } else { tenths })
}

/// Text within XML, without characters that XML cannot hold.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

/// About how wide a text is: no font is at hand, so letters are of four widths, rather too wide than too narrow.
pub(crate) fn width(text: &str) -> f64 {
    let of = |c: char| match c {
        'i' | 'l' | 'j' | 't' | 'f' | 'r' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '(' | ')' | ' ' | '\u{a0}' => {
            0.36
        }
        'ì' | 'í' | 'ỉ' | 'ĩ' | 'ị' => 0.36,
        'm' | 'w' | 'M' | 'W' | '%' | '…' | '≥' | '≤' => 0.95,
        c if c.is_uppercase() => 0.72,
        c if (c as u32) > 0x2e7f => 1.1,
        _ => 0.61,
    };
    text.chars().map(of).sum::<f64>() * SIZE
}

/// A text cut to the room there is, with a sign that it was cut. The whole stands in the table.
pub(crate) fn fit(text: &str, room: f64) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        out.push(c);
        if width(&out) + width("…") > room {
            out.pop();
            break;
        }
    }
    let kept = out.trim_end().to_owned();
    if kept.is_empty() { kept } else { kept + "…" }
}

/// A picture being drawn.
pub(crate) struct Pen<'a> {
    frame: &'a Frame<'a>,
    body: String,
}

impl<'a> Pen<'a> {
    pub fn new(frame: &'a Frame<'a>) -> Pen<'a> {
        Pen { frame, body: String::new() }
    }

    pub fn wide(&self) -> f64 {
        f64::from(self.frame.width)
    }

    fn ink(&self, ink: Ink) -> String {
        match self.frame.style {
            Style::Page if ink.class().is_empty() => String::new(),
            Style::Page => format!(" class=\"{}\"", ink.class()),
            Style::Alone => format!(" {}", ink.attributes()),
        }
    }

    /// A piece of SVG as it is.
    pub fn raw(&mut self, piece: impl Display) {
        let _ = write!(self.body, "{piece}");
    }

    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), ink: Ink) {
        let ink = self.ink(ink);
        let ((x1, y1), (x2, y2)) = (from, to);
        self.raw(format_args!("<path d=\"M{} {}L{} {}\"{ink}/>", n(x1), n(y1), n(x2), n(y2)));
    }

    pub fn rect(&mut self, corner: (f64, f64), size: (f64, f64), ink: Ink) {
        let ink = self.ink(ink);
        let ((x, y), (w, h)) = (corner, size);
        let (w, h) = (w.max(0.0), h.max(0.0));
        self.raw(format_args!("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{ink}/>", n(x), n(y), n(w), n(h)));
    }

    /// A path of given commands.
    pub fn path(&mut self, commands: &str, ink: Ink) {
        let mut look = self.ink(ink);
        if let Ink::Line(series) = ink
            && self.frame.style == Style::Alone
            && !DASHES[series % 6].is_empty()
        {
            let _ = write!(look, " stroke-dasharray=\"{}\"", DASHES[series % 6]);
        }
        self.raw(format_args!("<path d=\"{commands}\"{look}/>"));
    }

    /// The mark of a series at a place: six shapes.
    pub fn mark(&mut self, series: usize, (x, y): (f64, f64), r: f64) {
        let (d, w) = (r * 1.3, r * 0.5);
        let commands = match series % 6 {
            0 => format!("M{} {}a{r} {r} 0 1 0 {} 0a{r} {r} 0 1 0 {} 0z", n(x - r), n(y), n(2.0 * r), n(-2.0 * r)),
            1 => format!("M{} {}h{}v{}h{}z", n(x - r), n(y - r), n(2.0 * r), n(2.0 * r), n(-2.0 * r)),
            2 => format!("M{} {}l{} {}h{}z", n(x), n(y - d), n(d), n(2.0 * d), n(-2.0 * d)),
            3 => format!("M{} {}l{} {}l{} {}l{} {}z", n(x), n(y - d), n(d), n(d), n(-d), n(d), n(-d), n(-d)),
            4 => format!("M{} {}l{} {}h{}z", n(x), n(y + d), n(d), n(-2.0 * d), n(-2.0 * d)),
            _ => format!(
                "M{} {}h{}v{}h{}v{}h{}v{}h{}v{}h{}v{}h{}z",
                n(x - w),
                n(y - d),
                n(2.0 * w),
                n(d - w),
                n(d - w),
                n(2.0 * w),
                n(w - d),
                n(d - w),
                n(-2.0 * w),
                n(w - d),
                n(w - d),
                n(-2.0 * w),
                n(d - w)
            ),
        };
        self.path(&commands, Ink::Dot(series));
    }

    /// A text; it is not cut here.
    pub fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, ink: Ink, text: &str) {
        if text.is_empty() {
            return;
        }
        let ink = self.ink(ink);
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        self.raw(format_args!("<text x=\"{}\" y=\"{}\"{anchor}{ink}>{}</text>", n(x), n(y), escaped(text)));
    }

    /// A text in the middle of a place, moved and cut so that it stays within the picture.
    pub fn centred(&mut self, (x, y): (f64, f64), ink: Ink, text: &str) {
        let text = fit(text, self.wide());
        let half = width(&text) / 2.0;
        let x = x.clamp(half.min(self.wide() / 2.0), (self.wide() - half).max(self.wide() / 2.0));
        self.text((x, y), Anchor::Middle, ink, &text);
    }

    /// The whole picture.
    pub fn finish(self, high: f64) -> String {
        let Frame { id, title, desc, width, style, .. } = self.frame;
        let (id, high) = (escaped(id), n(high));
        let look = match style {
            Style::Page => " class=\"chart\"".to_owned(),
            Style::Alone => {
                format!(" xmlns=\"http://www.w3.org/2000/svg\" font-family=\"Be Vietnam Pro\" font-size=\"{SIZE}\"")
            }
        };
        let (desc, described) = if desc.is_empty() {
            (String::new(), String::new())
        } else {
            (format!("<desc id=\"{id}-d\">{}</desc>", escaped(desc)), format!(" aria-describedby=\"{id}-d\""))
        };
        format!(
            "<svg{look} viewBox=\"0 0 {width} {high}\" role=\"img\" aria-labelledby=\"{id}-t\"{described}>\
             <title id=\"{id}-t\">{}</title>{desc}{}</svg>",
            escaped(title),
            self.body
        )
    }
}
