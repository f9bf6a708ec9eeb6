//! Figures as JSON: a list in one object, or one object a line. Numbers are taken as their exact text, never as floats.
//!
//! Memory: the text, and one object.

use kernel::{Phrase, Problem};
use rulebook::values::{self, Column, Columns, Context, Fault, LARGE_ROWS, Reader, Table};
use serde::{
    Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// What the columns of a row are in JSON.
const FIELDS: usize = 8;

/// Reads `{"figures": […]}`; an error where the text is no such thing.
pub fn list(context: &Context, text: &str, large: bool) -> Result<(Table, Vec<Fault>), Problem> {
    let columns = Columns::all();
    let mut items = Items { reader: Reader::new(context, &columns), count: 0, large };
    let mut json = serde_json::Deserializer::from_str(text);
    let read = json.deserialize_map(Whole(&mut items)).and_then(|seen| json.end().map(|()| seen));
    match read {
        Ok(true) => Ok(values::finish_partly(context, vec![items.reader], large)),
        Ok(false) => Err(Problem::input(Phrase::new("json-no-figures")).at_field("figures")),
        // A table that is refused for its size is not read to its end.
        Err(_) if items.beyond() => Ok(values::finish_partly(context, vec![items.reader], large)),
        Err(error) => Err(broken(&error)),
    }
}

/// Where and how the text is no JSON of this form.
fn broken(error: &serde_json::Error) -> Problem {
    let key = if error.is_data() { "json-no-figures" } else { "json-broken" };
    Problem::input(Phrase::new(key)).at_line(error.line() as u64)
}

/// Reads one object a line; empty lines are skipped.
pub fn lines(context: &Context, text: &str, large: bool) -> (Table, Vec<Fault>) {
    let columns = Columns::all();
    let mut reader = Reader::new(context, &columns);
    let (mut line, mut records) = (0, 0);
    for text in text.lines() {
        line += 1;
        if text.trim().is_empty() {
            continue;
        }
        records += 1;
        item(&mut reader, line, text);
        if records > LARGE_ROWS && !large {
            break;
        }
    }
    values::finish_partly(context, vec![reader], large)
}

/// The items of the list, read one by one.
struct Items<'a> {
    reader: Reader<'a>,
    count: usize,
    large: bool,
}

impl Items<'_> {
    fn beyond(&self) -> bool {
        self.count > LARGE_ROWS && !self.large
    }
}

/// The object around the list; whether it has the list.
struct Whole<'a, 'b>(&'a mut Items<'b>);

impl<'de> Visitor<'de> for Whole<'_, '_> {
    type Value = bool;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("an object with figures")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut seen = false;
        while let Some(key) = map.next_key::<Cow<str>>()? {
            match (key.as_ref(), seen) {
                ("figures", false) => map.next_value_seed(List(&mut *self.0))?,
                ("figures", true) => return Err(A::Error::custom("figures twice")),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
            seen |= key == "figures";
        }
        Ok(seen)
    }
}

struct List<'a, 'b>(&'a mut Items<'b>);

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("a list of figures")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(text) = list.next_element::<&RawValue>()? {
            self.0.count += 1;
            if self.0.beyond() {
                return Err(A::Error::custom("too many"));
            }
            item(&mut self.0.reader, self.0.count as u32, text.get());
        }
        Ok(())
    }
}

/// The fields of one object in the order of the columns, each as text, and whether it came as a number.
#[derive(Default)]
struct Fields<'de> {
    cells: [Cow<'de, str>; FIELDS],
    typed: [bool; FIELDS],
    given: [bool; FIELDS],
    /// What is wrong with the object itself.
    wrong: Vec<(Option<Column>, Phrase)>,
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Fields<'de>;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("a figure")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Fields::default();
        while let Some(key) = map.next_key::<Cow<str>>()? {
            let value: &'de RawValue = map.next_value()?;
            fields.set(&key, value.get());
        }
        Ok(fields)
    }
}

impl<'de> Fields<'de> {
    fn set(&mut self, key: &str, raw: &'de str) {
        let Some(column) = Column::from_heading(key) else {
            return self.wrong.push((None, Phrase::new("json-unknown-field").with("field", key)));
        };
        let at = column as usize;
        if std::mem::replace(&mut self.given[at], true) {
            return self.wrong.push((Some(column), Phrase::new("json-field-twice").with("field", key)));
        }
        match text(raw) {
            Some((text, number)) => (self.cells[at], self.typed[at]) = (text, number),
            None => self.wrong.push((Some(column), Phrase::new("json-not-plain"))),
        }
    }
}

/// A plain value as text, and whether it is a number; `None` for lists and objects.
fn text(raw: &str) -> Option<(Cow<'_, str>, bool)> {
    match raw.as_bytes().first()? {
        b'"' => {
            // Text without escapes is the text between the quotes.
            let inner = raw.get(1..raw.len() - 1)?;
            let text = if inner.contains('\\') { Cow::Owned(serde_json::from_str(raw).ok()?) } else { inner.into() };
            Some((values::csv::tidy(text), false))
        }
        b'{' | b'[' => None,
        b'n' => Some((Cow::Borrowed(""), false)),
        b't' | b'f' => Some((Cow::Borrowed(raw), false)),
        _ => Some((Cow::Borrowed(raw), true)),
    }
}

/// One object to a row, or to what is wrong with it.
fn item(reader: &mut Reader, line: u32, text: &str) {
    let mut json = serde_json::Deserializer::from_str(text);
    let fields = match json.deserialize_map(Object).and_then(|fields| json.end().map(|()| fields)) {
        Ok(fields) => fields,
        Err(error) => {
            let key = if error.is_data() { "json-no-object" } else { "json-broken" };
            return reader.refuse(line, None, Phrase::new(key));
        }
    };
    if fields.wrong.is_empty() {
        return reader.typed_record(line, &fields.cells, &fields.typed);
    }
    for (column, what) in fields.wrong {
        reader.refuse(line, column, what);
    }
}
