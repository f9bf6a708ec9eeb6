//! DOCX templates filled by their content controls: `w:sdt` with a `w:tag`. Words between the controls stay byte for byte as the
//! template's author left them; how Word split the runs inside a control does not matter, because they are replaced whole.
//!
//! - A tag with a text: its first run's and paragraph's look is kept; lines become paragraphs, or breaks within one.
//! - A tag with rows: a repeating section (its first item is the pattern), a control around a table's rows, or simply the table row that holds
//!   controls named `tag.column`.
//! - A tag with a grid: the control's content becomes that table.
//!
//! A tag that the template has and the values lack, or that the caller wants and the template lacks, is named.

use crate::{docx_table, grid::Grid};
use roxmltree::{Document, Node};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Cursor, Read, Write},
};
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

/// The namespace of WordprocessingML.
pub(crate) const W: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
/// The namespace of what Word 2013 added.
const W15: &str = "http://schemas.microsoft.com/office/word/2012/wordml";
/// The media type of a document.
pub const MEDIA_TYPE: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
/// A template and each of its parts unpacked, in bytes: more is no letterhead.
const MOST: u64 = 20_000_000;
const MOST_PARTS: usize = 500;

/// What stands in the place of a tag.
#[derive(Clone, Debug)]
pub enum Value {
    Text(String),
    Rows(Vec<Values>),
    Grid(Grid),
}

/// By tag.
pub type Values = BTreeMap<String, Value>;

impl<T: Into<String>> From<T> for Value {
    fn from(text: T) -> Value {
        Value::Text(text.into())
    }
}

/// Why a template could not be filled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotFilled {
    #[error("not a DOCX: {0}")]
    Package(String),
    #[error("{part}: {why}")]
    Part { part: String, why: String },
    /// The tags of the template that nothing is known for, and those that it lacks.
    #[error("tags: unknown {unknown:?}, missing {missing:?}")]
    Tags { unknown: Vec<String>, missing: Vec<String> },
}

fn package(error: impl std::fmt::Display) -> NotFilled {
    NotFilled::Package(error.to_string())
}

/// Fills a template; `wanted` are the tags that it must have. Cost: the template's bytes, unpacked in memory.
pub fn fill(template: &[u8], values: &Values, wanted: &[&str]) -> Result<Vec<u8>, NotFilled> {
    let mut archive = ZipArchive::new(Cursor::new(template)).map_err(package)?;
    if archive.len() > MOST_PARTS || template.len() as u64 > MOST {
        return Err(NotFilled::Package("too large".into()));
    }
    if archive.index_for_name("word/document.xml").is_none() {
        return Err(NotFilled::Package("no word/document.xml".into()));
    }
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    let mut seen = Seen::default();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).map_err(package)?;
        let name = file.name().to_owned();
        let mut bytes = Vec::new();
        (&mut file).take(MOST + 1).read_to_end(&mut bytes).map_err(package)?;
        if bytes.len() as u64 > MOST {
            return Err(NotFilled::Package(format!("{name}: too large")));
        }
        if is_text(&name) {
            let text =
                String::from_utf8(bytes).map_err(|e| NotFilled::Part { part: name.clone(), why: e.to_string() })?;
            bytes =
                part(&text, values, &mut seen).map_err(|why| NotFilled::Part { part: name.clone(), why })?.into_bytes();
        }
        if file.is_dir() {
            continue;
        }
        // No date of the machine: the same values give the same bytes.
        let options = SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
        out.start_file(&name, options).map_err(package)?;
        out.write_all(&bytes).map_err(package)?;
    }
    let missing: Vec<String> =
        wanted.iter().filter(|tag| !seen.used.contains(**tag)).map(|tag| (*tag).to_owned()).collect();
    if !seen.unknown.is_empty() || !missing.is_empty() {
        return Err(NotFilled::Tags { unknown: seen.unknown.into_iter().collect(), missing });
    }
    Ok(out.finish().map_err(package)?.into_inner())
}

/// Whether a part holds what people read.
fn is_text(name: &str) -> bool {
    let Some(part) = name.strip_prefix("word/").and_then(|n| n.strip_suffix(".xml")) else { return false };
    ["document", "header", "footer", "footnotes", "endnotes"]
        .iter()
        .any(|kind| part.strip_prefix(kind).is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit())))
}

#[derive(Default)]
struct Seen {
    used: BTreeSet<String>,
    unknown: BTreeSet<String>,
}

/// Where values are looked for: a row's own first, under its table's name or without it.
#[derive(Clone, Copy)]
struct Scope<'a> {
    values: &'a Values,
    row: Option<(&'a str, &'a Values)>,
}

impl<'a> Scope<'a> {
    fn value(&self, tag: &str) -> Option<&'a Value> {
        let own = self.row.and_then(|(table, row)| {
            let column = tag.strip_prefix(table).and_then(|rest| rest.strip_prefix('.'));
            row.get(column.unwrap_or(tag))
        });
        own.or_else(|| self.values.get(tag))
    }

    fn rows(&self, tag: &str) -> Option<&'a [Values]> {
        match self.value(tag)? {
            Value::Rows(rows) => Some(rows),
            _ => None,
        }
    }
}

fn part(text: &str, values: &Values, seen: &mut Seen) -> Result<String, String> {
    let document = Document::parse(text).map_err(|e| e.to_string())?;
    let mut filler = Filler { text, seen };
    let scope = Scope { values, row: None };
    let root = document.root_element().range();
    let filled = filler.node(document.root_element(), &scope)?;
    Ok(format!("{}{filled}{}", &text[..root.start], &text[root.end..]))
}

fn is(node: Node, name: &str) -> bool {
    node.has_tag_name((W, name))
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|c| is(*c, name))
}

/// A control's tag.
fn tag<'a>(control: Node<'a, '_>) -> Option<&'a str> {
    let tag = child(child(control, "sdtPr")?, "tag")?.attribute((W, "val"))?;
    (!tag.trim().is_empty()).then_some(tag)
}

/// What a control's content is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    Runs,
    Paragraphs,
    Cell,
    Rows,
}

fn made(control: Node, content: Option<Node>) -> Made {
    let first =
        content.and_then(|c| c.children().find(|n| n.is_element() && !is(*n, "bookmarkStart") && !is(*n, "sdt")));
    let deeper = || content.and_then(|c| child(c, "sdt")).map(|inner| made(inner, child(inner, "sdtContent")));
    match first.map(|n| n.tag_name().name()) {
        Some("p" | "tbl") => Made::Paragraphs,
        Some("tc") => Made::Cell,
        Some("tr") => Made::Rows,
        Some(_) => Made::Runs,
        None => deeper().unwrap_or_else(|| match control.parent().map(|p| p.tag_name().name()) {
            Some("body" | "tc" | "hdr" | "ftr") => Made::Paragraphs,
            Some("tr") => Made::Cell,
            Some("tbl") => Made::Rows,
            _ => Made::Runs,
        }),
    }
}

struct Filler<'t, 's> {
    text: &'t str,
    seen: &'s mut Seen,
}

impl<'t> Filler<'t, '_> {
    fn source(&self, node: Node) -> &'t str {
        &self.text[node.range()]
    }

    /// A node with its controls filled.
    fn node(&mut self, node: Node, scope: &Scope) -> Result<String, String> {
        if !node.is_element() || !node.descendants().any(|n| is(n, "sdt")) {
            return Ok(self.source(node).to_owned());
        }
        if is(node, "sdt") {
            return self.control(node, scope);
        }
        if let Some((table, rows)) = self.repeated(node, scope) {
            return self.rows(&[node], table, rows, scope);
        }
        self.children(node, scope)
    }

    fn children(&mut self, node: Node, scope: &Scope) -> Result<String, String> {
        let (Some(first), Some(last)) = (node.first_child(), node.last_child()) else {
            return Ok(self.source(node).to_owned());
        };
        let mut out = self.text[node.range().start..first.range().start].to_owned();
        for inner in node.children() {
            out += &self.node(inner, scope)?;
        }
        out += &self.text[last.range().end..node.range().end];
        Ok(out)
    }

    /// The rows that a table's row is the pattern of: it holds a control `tag.column`, and is not itself a row being made.
    fn repeated<'v>(&mut self, node: Node, scope: &Scope<'v>) -> Option<(&'v str, &'v [Values])> {
        if !is(node, "tr") || scope.row.is_some() {
            return None;
        }
        let tables = node.descendants().filter(|n| is(*n, "sdt")).filter_map(|n| Some(tag(n)?.split_once('.')?.0));
        tables.into_iter().find_map(|name| {
            let (key, value) = scope.values.get_key_value(name)?;
            let Value::Rows(rows) = value else { return None };
            self.seen.used.insert(key.clone());
            Some((key.as_str(), rows.as_slice()))
        })
    }

    /// The pattern once a row; once, emptied, where there is none: a table without rows is none.
    fn rows(&mut self, pattern: &[Node], table: &str, rows: &[Values], scope: &Scope) -> Result<String, String> {
        let empty = [Values::new()];
        let blank = rows.is_empty();
        let mut out = String::new();
        for row in if blank { &empty[..] } else { rows } {
            let scope = Scope { values: scope.values, row: Some((table, row)) };
            for node in pattern {
                out += &self.node(*node, &scope)?;
            }
        }
        Ok(out)
    }

    fn control(&mut self, control: Node, scope: &Scope) -> Result<String, String> {
        let content = child(control, "sdtContent");
        let Some(name) = tag(control) else { return self.children(control, scope) };
        if let Some(rows) = scope.rows(name) {
            self.seen.used.insert(name.to_owned());
            let content = content.ok_or_else(|| format!("{name}: empty"))?;
            let inner = self.section(content, name, rows, scope)?;
            return Ok(self.control_with(control, &inner));
        }
        match scope.value(name) {
            Some(Value::Text(text)) => {
                self.seen.used.insert(name.to_owned());
                let inner = self.said(control, content, name, text)?;
                Ok(self.control_with(control, &inner))
            }
            Some(Value::Grid(grid)) => {
                self.seen.used.insert(name.to_owned());
                if made(control, content) != Made::Paragraphs {
                    return Err(format!("{name}: a table needs a control of whole paragraphs"));
                }
                Ok(self.control_with(control, &docx_table::table(grid)))
            }
            Some(Value::Rows(_)) => unreachable!("answered above"),
            // A row that lacks a column, and the emptied row of an empty table.
            None if scope.row.is_some_and(|(table, _)| name.split_once('.').is_none_or(|(t, _)| t == table)) => {
                let known = scope.row.is_some_and(|(_, row)| row.is_empty());
                if !known {
                    self.seen.unknown.insert(name.to_owned());
                }
                let inner = self.said(control, content, name, "")?;
                Ok(self.control_with(control, &inner))
            }
            None => {
                self.seen.unknown.insert(name.to_owned());
                self.children(control, scope)
            }
        }
    }

    /// The items of a repeating section, or whatever the control of rows holds.
    fn section(&mut self, content: Node, name: &str, rows: &[Values], scope: &Scope) -> Result<String, String> {
        let item = |n: &Node| {
            is(*n, "sdt")
                && child(*n, "sdtPr")
                    .is_some_and(|p| p.children().any(|c| c.has_tag_name((W15, "repeatingSectionItem"))))
        };
        let items: Vec<Node> = content.children().filter(item).collect();
        let pattern: Vec<Node> = match items.first() {
            Some(first) => {
                child(*first, "sdtContent").into_iter().flat_map(|c| c.children()).filter(Node::is_element).collect()
            }
            None => content.children().filter(Node::is_element).collect(),
        };
        if pattern.is_empty() {
            return Err(format!("{name}: nothing to repeat"));
        }
        self.rows(&pattern, name, rows, scope)
    }

    /// A control as it was, with another content. What says that its words are a placeholder or bound to other data goes, as does its number
    /// (rows would repeat it; Word gives a new one).
    fn control_with(&self, control: Node, inner: &str) -> String {
        let properties = child(control, "sdtPr").map_or_else(String::new, |properties| {
            let gone = ["showingPlcHdr", "dataBinding", "id", "temporary"];
            let kept = properties.children().filter(|c| !gone.iter().any(|name| is(*c, name)));
            let kept: String = kept.map(|c| self.source(c)).collect();
            format!("<w:sdtPr>{kept}</w:sdtPr>")
        });
        format!("<w:sdt>{properties}<w:sdtContent>{inner}</w:sdtContent></w:sdt>")
    }

    /// A control's content with these words in it.
    fn said(&self, control: Node, content: Option<Node>, name: &str, text: &str) -> Result<String, String> {
        let within = |wanted: &str| content.and_then(|c| c.descendants().find(|n| is(*n, wanted)));
        let look = within("r").and_then(|run| child(run, "rPr")).or_else(|| child(child(control, "sdtPr")?, "rPr"));
        let look = look.map_or_else(String::new, |look| {
            let placeholder =
                |n: &Node| is(*n, "rStyle") && n.attribute((W, "val")).is_some_and(|v| v.starts_with("Placeholder"));
            let kept: String = look.children().filter(|n| !placeholder(n)).map(|n| self.source(n)).collect();
            format!("<w:rPr>{kept}</w:rPr>")
        });
        let shape = within("p").and_then(|p| child(p, "pPr")).map_or("", |n| self.source(n));
        let lines = || text.split('\n').map(|line| line.trim_end_matches('\r'));
        let run = |line: &str| format!("<w:r>{look}<w:t xml:space=\"preserve\">{}</w:t></w:r>", escaped(line));
        let paragraphs = || lines().map(|line| format!("<w:p>{shape}{}</w:p>", run(line))).collect::<String>();
        Ok(match made(control, content) {
            Made::Runs => lines().map(run).collect::<Vec<_>>().join(&format!("<w:r>{look}<w:br/></w:r>")),
            Made::Paragraphs => paragraphs(),
            Made::Cell => {
                let shape = within("tc").and_then(|cell| child(cell, "tcPr")).map_or("", |n| self.source(n));
                format!("<w:tc>{shape}{}</w:tc>", paragraphs())
            }
            Made::Rows => return Err(format!("{name}: rows where one text is known")),
        })
    }
}

/// A text as XML holds it: what XML cannot hold is left out.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\t' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}
