//! Values that go in, rows that come out.

use crate::{
    Result, StoreError,
    sqlite::{Cell, Cells as SqliteCells},
};
use kernel::{Day, Decimal, Moment, Period, UnitId};
use sqlx::{
    Column as _, Row as _, TypeInfo as _, ValueRef as _,
    postgres::{PgRow, PgValueRef},
};
use std::borrow::Cow;

/// A parameter. Nulls keep their type, which PostgreSQL wants to know.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Int(Option<i64>),
    Text(Option<String>),
    Real(Option<f64>),
    Blob(Option<Vec<u8>>),
}

macro_rules! from {
    ($($from:ty => $variant:ident, $convert:expr;)*) => { $(
        impl From<$from> for Value {
            fn from(value: $from) -> Value { let convert: fn($from) -> _ = $convert; Value::$variant(Some(convert(value))) }
        }
        impl From<Option<$from>> for Value {
            fn from(value: Option<$from>) -> Value { let convert: fn($from) -> _ = $convert; Value::$variant(value.map(convert)) }
        }
    )* };
}

from! {
    i64 => Int, |v| v;
    i32 => Int, i64::from;
    u32 => Int, i64::from;
    u16 => Int, i64::from;
    bool => Int, i64::from;
    f64 => Real, |v| v;
    String => Text, |v| v;
    &str => Text, str::to_owned;
    &String => Text, String::clone;
    Vec<u8> => Blob, |v| v;
    UnitId => Int, |v| v.0;
    Moment => Int, |v| v.0;
    Day => Int, Day::epoch_days;
    Period => Text, |v| v.to_string();
    Decimal => Text, |v| v.to_string();
    &Decimal => Text, |v| v.to_string();
    &[u8] => Blob, <[u8]>::to_vec;
}

/// A value of one of very many rows: texts are borrowed where they can be, and a row is an array on the stack. Nulls keep
/// their type here too.
#[derive(Clone, Debug, PartialEq)]
pub enum Given<'a> {
    Int(Option<i64>),
    Real(Option<f64>),
    Text(Option<Cow<'a, str>>),
}

impl From<i64> for Given<'_> {
    fn from(value: i64) -> Self {
        Given::Int(Some(value))
    }
}

impl From<Option<i64>> for Given<'_> {
    fn from(value: Option<i64>) -> Self {
        Given::Int(value)
    }
}

impl<'a> From<&'a str> for Given<'a> {
    fn from(value: &'a str) -> Self {
        Given::Text(Some(Cow::Borrowed(value)))
    }
}

impl From<f64> for Given<'_> {
    fn from(value: f64) -> Self {
        Given::Real(Some(value))
    }
}

impl From<Option<f64>> for Given<'_> {
    fn from(value: Option<f64>) -> Self {
        Given::Real(value)
    }
}

impl<'a> From<Option<Cow<'a, str>>> for Given<'a> {
    fn from(value: Option<Cow<'a, str>>) -> Self {
        Given::Text(value)
    }
}

impl From<Given<'_>> for Value {
    fn from(given: Given<'_>) -> Value {
        match given {
            Given::Int(v) => Value::Int(v),
            Given::Real(v) => Value::Real(v),
            Given::Text(v) => Value::Text(v.map(Cow::into_owned)),
        }
    }
}

/// A value as the drivers take it.
#[derive(Clone, Copy, Debug)]
pub enum Borrowed<'a> {
    Null,
    Int(i64),
    Real(f64),
    Text(&'a str),
    Blob(&'a [u8]),
}

/// What a driver can bind.
pub trait Bind {
    fn borrowed(&self) -> Borrowed<'_>;
}

impl Bind for Value {
    fn borrowed(&self) -> Borrowed<'_> {
        match self {
            Value::Int(Some(v)) => Borrowed::Int(*v),
            Value::Real(Some(v)) => Borrowed::Real(*v),
            Value::Text(Some(v)) => Borrowed::Text(v),
            Value::Blob(Some(v)) => Borrowed::Blob(v),
            Value::Int(None) | Value::Real(None) | Value::Text(None) | Value::Blob(None) => Borrowed::Null,
        }
    }
}

impl Bind for Given<'_> {
    fn borrowed(&self) -> Borrowed<'_> {
        match self {
            Given::Int(Some(v)) => Borrowed::Int(*v),
            Given::Real(Some(v)) => Borrowed::Real(*v),
            Given::Text(Some(v)) => Borrowed::Text(v),
            Given::Int(None) | Given::Real(None) | Given::Text(None) => Borrowed::Null,
        }
    }
}

/// A row of a bulk write: values of its own, or an array of borrowed ones.
pub trait Cells: Send {
    type Cell: Bind;

    fn cells(&self) -> &[Self::Cell];

    fn into_values(self) -> Vec<Value>;
}

impl Cells for Vec<Value> {
    type Cell = Value;

    fn cells(&self) -> &[Value] {
        self
    }

    fn into_values(self) -> Vec<Value> {
        self
    }
}

impl<'a, const N: usize> Cells for [Given<'a>; N] {
    type Cell = Given<'a>;

    fn cells(&self) -> &[Given<'a>] {
        self
    }

    fn into_values(self) -> Vec<Value> {
        self.into_iter().map(Value::from).collect()
    }
}

/// PostgreSQL keeps no NUL in a text; so SQLite does not either.
pub(crate) fn no_nul(value: Borrowed<'_>) -> Result<()> {
    match value {
        Borrowed::Text(text) if text.as_bytes().contains(&0) => Err(StoreError::Nul),
        _ => Ok(()),
    }
}

/// Parameters of a statement: `args![id, "name", day]`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::Value::from($value)),*] };
}

/// A row, read by position.
pub enum Row {
    Sqlite(SqliteCells),
    Postgres(PgRow),
}

fn wrong(at: usize, engine_type: &str, wanted: &str) -> StoreError {
    StoreError::Column(at, sqlx::Error::Decode(format!("{engine_type} is no {wanted}").into()))
}

/// The plain text of a PostgreSQL NUMERIC in its binary form: what `SUM` and `AVG` of whole numbers give there.
fn numeric(value: &PgValueRef<'_>) -> Option<String> {
    let bytes = value.as_bytes().ok()?;
    let word = |at: usize| Some(i16::from_be_bytes(bytes.get(at * 2..at * 2 + 2)?.try_into().ok()?));
    let (count, weight, sign, places) = (word(0)?, word(1)?, word(2)?, word(3)?);
    if sign != 0 && sign != 0x4000 {
        return None; // NaN and the infinities
    }
    let group = |at: i16| if (0..count).contains(&at) { word(4 + at as usize) } else { Some(0) };
    let mut text = if sign == 0 { String::new() } else { "-".to_owned() };
    match weight {
        ..0 => text.push('0'),
        _ => {
            for at in 0..=weight {
                let digits = group(at)?;
                text.push_str(&if at == 0 { digits.to_string() } else { format!("{digits:04}") });
            }
        }
    }
    if places > 0 {
        let mut part = String::new();
        for at in 1..=(places + 3) / 4 {
            part.push_str(&format!("{:04}", group(weight + at).unwrap_or(0)));
        }
        part.truncate(places as usize);
        text.push('.');
        text.push_str(&part);
    }
    Some(text)
}

/// A value of a row of SQLite.
fn cell(row: &SqliteCells, at: usize) -> Result<&Cell> {
    row.values
        .get(at)
        .ok_or_else(|| StoreError::Column(at, sqlx::Error::ColumnIndexOutOfBounds { index: at, len: row.values.len() }))
}

macro_rules! required {
    ($name:ident, $optional:ident, $type:ty, $doc:literal) => {
        #[doc = $doc]
        pub fn $name(&self, at: usize) -> Result<$type> {
            self.$optional(at)?.ok_or_else(|| wrong(at, "NULL", stringify!($type)))
        }
    };
}

impl Row {
    required!(i64, opt_i64, i64, "A whole number.");
    required!(text, opt_text, String, "A text.");
    required!(f64, opt_f64, f64, "A double.");
    required!(blob, opt_blob, Vec<u8>, "Bytes.");

    /// A whole number or null. Comparisons (`a > 1`, BOOL on PostgreSQL), INT4 literals and whole NUMERIC sums count.
    pub fn opt_i64(&self, at: usize) -> Result<Option<i64>> {
        let row = match self {
            Row::Sqlite(row) => {
                return match cell(row, at)? {
                    Cell::Null => Ok(None),
                    Cell::Int(v) => Ok(Some(*v)),
                    other => Err(wrong(at, &format!("{other:?}"), "i64")),
                };
            }
            Row::Postgres(row) => row,
        };
        let as_column = |e| StoreError::Column(at, e);
        let raw = row.try_get_raw(at).map_err(as_column)?;
        let kind = raw.type_info().name().to_owned();
        match kind.as_str() {
            "INT4" => Ok(row.try_get::<Option<i32>, _>(at).map_err(as_column)?.map(i64::from)),
            "INT2" => Ok(row.try_get::<Option<i16>, _>(at).map_err(as_column)?.map(i64::from)),
            "BOOL" => Ok(row.try_get::<Option<bool>, _>(at).map_err(as_column)?.map(i64::from)),
            "NUMERIC" if !raw.is_null() => {
                let text = numeric(&raw).and_then(|t| t.parse::<Decimal>().ok()).and_then(|d| d.to_i64());
                text.map(Some).ok_or_else(|| wrong(at, &kind, "i64"))
            }
            "NUMERIC" => Ok(None),
            _ => row.try_get(at).map_err(as_column),
        }
    }

    /// A double or null. Whole numbers count.
    pub fn opt_f64(&self, at: usize) -> Result<Option<f64>> {
        let as_column = |e| StoreError::Column(at, e);
        match self {
            Row::Sqlite(row) => match cell(row, at)? {
                Cell::Null => Ok(None),
                Cell::Real(v) => Ok(Some(*v)),
                Cell::Int(v) => Ok(Some(*v as f64)),
                other => Err(wrong(at, &format!("{other:?}"), "f64")),
            },
            Row::Postgres(row) => {
                let raw = row.try_get_raw(at).map_err(as_column)?;
                if raw.is_null() {
                    return Ok(None);
                }
                match raw.type_info().name() {
                    "FLOAT8" => row.try_get(at).map_err(as_column),
                    "NUMERIC" => {
                        let number = numeric(&raw).and_then(|t| t.parse().ok());
                        number.map(Some).ok_or_else(|| wrong(at, "NUMERIC", "f64"))
                    }
                    _ => Ok(self.opt_i64(at)?.map(|n| n as f64)),
                }
            }
        }
    }

    /// A text or null.
    pub fn opt_text(&self, at: usize) -> Result<Option<String>> {
        match self {
            Row::Sqlite(row) => match cell(row, at)? {
                Cell::Null => Ok(None),
                Cell::Text(v) => Ok(Some(v.clone())),
                other => Err(wrong(at, &format!("{other:?}"), "text")),
            },
            Row::Postgres(row) => row.try_get(at).map_err(|e| StoreError::Column(at, e)),
        }
    }

    /// Bytes or null.
    pub fn opt_blob(&self, at: usize) -> Result<Option<Vec<u8>>> {
        match self {
            Row::Sqlite(row) => match cell(row, at)? {
                Cell::Null => Ok(None),
                Cell::Blob(v) => Ok(Some(v.clone())),
                other => Err(wrong(at, &format!("{other:?}"), "bytes")),
            },
            Row::Postgres(row) => row.try_get(at).map_err(|e| StoreError::Column(at, e)),
        }
    }

    /// How many columns the row has.
    pub fn columns(&self) -> usize {
        match self {
            Row::Sqlite(row) => row.values.len(),
            Row::Postgres(row) => row.len(),
        }
    }

    /// The names of the columns, for exports.
    pub fn names(&self) -> Vec<String> {
        match self {
            Row::Sqlite(row) => row.names.to_vec(),
            Row::Postgres(row) => row.columns().iter().map(|c| c.name().to_owned()).collect(),
        }
    }

    /// A flag kept as 0 or 1.
    pub fn flag(&self, at: usize) -> Result<bool> {
        Ok(self.i64(at)? != 0)
    }

    /// A day kept as days since 1970.
    pub fn opt_day(&self, at: usize) -> Result<Option<Day>> {
        Ok(self.opt_i64(at)?.map(Day::from_epoch_days))
    }

    /// An exact decimal kept as text, or null.
    pub fn opt_decimal(&self, at: usize) -> Result<Option<Decimal>> {
        let text = self.opt_text(at)?;
        text.map(|t| t.parse().map_err(|_| wrong(at, &t, "decimal"))).transpose()
    }
}
