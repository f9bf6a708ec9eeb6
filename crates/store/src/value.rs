//! Values that go in, rows that come out.

use crate::{Result, StoreError};
use kernel::{Day, Moment, Period, UnitId};
use sqlx::{Row as _, postgres::PgRow, sqlite::SqliteRow};

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
}

/// Parameters of a statement: `args![id, "name", day]`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::Value::from($value)),*] };
}

/// A row, read by position.
pub enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

macro_rules! get {
    ($name:ident, $type:ty, $doc:literal) => {
        #[doc = $doc]
        pub fn $name(&self, at: usize) -> Result<$type> {
            match self {
                Row::Sqlite(row) => row.try_get(at),
                Row::Postgres(row) => row.try_get(at),
            }
            .map_err(|e| StoreError::Column(at, e))
        }
    };
}

impl Row {
    get!(i64, i64, "A whole number.");
    get!(opt_i64, Option<i64>, "A whole number or null.");
    get!(text, String, "A text.");
    get!(opt_text, Option<String>, "A text or null.");
    get!(f64, f64, "A double.");
    get!(opt_f64, Option<f64>, "A double or null.");
    get!(blob, Vec<u8>, "Bytes.");

    /// A flag kept as 0 or 1.
    pub fn flag(&self, at: usize) -> Result<bool> {
        Ok(self.i64(at)? != 0)
    }

    /// A day kept as days since 1970.
    pub fn opt_day(&self, at: usize) -> Result<Option<Day>> {
        Ok(self.opt_i64(at)?.map(Day::from_epoch_days))
    }
}
