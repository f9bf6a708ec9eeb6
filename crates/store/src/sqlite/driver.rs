//! The thin driver: SQLite's own functions, called where we stand. The one place with unsafe code in this crate.
//!
//! sqlx runs each SQLite connection on a thread of its own; the journey there and back (some 45 µs here) is ten times what a
//! short statement takes. A statement here is a function call.
#![allow(unsafe_code)]

use crate::{
    Result, StoreError, Value,
    value::{self, Bind, Borrowed},
};
use libsqlite3_sys as ffi;
use std::{
    collections::HashMap,
    ffi::{CStr, CString, c_int},
    path::Path,
    ptr::{NonNull, null_mut},
    sync::Arc,
};

/// Prepared statements a connection keeps; beyond, all are forgotten at once.
const KEPT: usize = 256;

/// A value of a row.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

/// A row.
#[derive(Clone, Debug)]
pub struct Cells {
    pub(crate) values: Vec<Cell>,
    pub(crate) names: Arc<[String]>,
}

/// A prepared statement, finalised when dropped.
struct Statement {
    at: NonNull<ffi::sqlite3_stmt>,
    /// Which argument each parameter takes, from 0: `$2` may come before `$1`, and twice.
    takes: Vec<usize>,
    names: Arc<[String]>,
}

impl Drop for Statement {
    fn drop(&mut self) {
        // SAFETY: the pointer came from sqlite3_prepare_v3 and is finalised once, here.
        unsafe { ffi::sqlite3_finalize(self.at.as_ptr()) };
    }
}

/// Sets a statement back when its use ends, however it ends.
struct InUse<'a>(&'a Statement);

impl Drop for InUse<'_> {
    fn drop(&mut self) {
        // SAFETY: the statement lives; what was bound may go after this.
        unsafe {
            ffi::sqlite3_reset(self.0.at.as_ptr());
            ffi::sqlite3_clear_bindings(self.0.at.as_ptr());
        }
    }
}

/// An open connection.
pub(crate) struct Connection {
    db: NonNull<ffi::sqlite3>,
    kept: HashMap<String, Statement>,
}

// SAFETY: SQLite in its multi-thread mode (SQLITE_OPEN_NOMUTEX) lets a connection and its statements be used by any
// thread, one at a time; every use goes through `&mut self`.
unsafe impl Send for Connection {}

impl Drop for Connection {
    fn drop(&mut self) {
        // Statements first: they belong to the connection.
        self.kept.clear();
        // SAFETY: opened by us, closed once; an open transaction is rolled back.
        unsafe { ffi::sqlite3_close(self.db.as_ptr()) };
    }
}

fn text(text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| StoreError::Nul)
}

impl Connection {
    /// Opens a file, which is made when absent unless it is only read. Waits up to `patience` milliseconds for a lock.
    pub fn open(path: &Path, read_only: bool, patience: i32) -> Result<Connection> {
        let path = text(&path.to_string_lossy())?;
        let access = match read_only {
            true => ffi::SQLITE_OPEN_READONLY,
            false => ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_CREATE,
        };
        let flags = access | ffi::SQLITE_OPEN_NOMUTEX | ffi::SQLITE_OPEN_EXRESCODE;
        let mut db = null_mut();
        // SAFETY: the path ends with NUL; SQLite writes the pointer.
        let code = unsafe { ffi::sqlite3_open_v2(path.as_ptr(), &mut db, flags, null_mut()) };
        let Some(db) = NonNull::new(db) else {
            return Err(StoreError::Sqlite { code, message: "no memory".into() });
        };
        // Closed again on the way out where it did not open.
        let connection = Connection { db, kept: HashMap::new() };
        if code != ffi::SQLITE_OK {
            return Err(connection.failure());
        }
        // SAFETY: the connection is open.
        unsafe { ffi::sqlite3_busy_timeout(db.as_ptr(), patience) };
        Ok(connection)
    }

    /// What SQLite says of its last failure.
    fn failure(&self) -> StoreError {
        // SAFETY: the connection is open; the message is copied before anything else is called.
        let (code, message) = unsafe {
            let message = CStr::from_ptr(ffi::sqlite3_errmsg(self.db.as_ptr())).to_string_lossy().into_owned();
            (ffi::sqlite3_extended_errcode(self.db.as_ptr()), message)
        };
        StoreError::Sqlite { code, message }
    }

    /// Runs statements that take no arguments.
    pub fn script(&mut self, sql: &str) -> Result<()> {
        let sql = text(sql)?;
        // SAFETY: the connection is open, the text ends with NUL, nothing is called back.
        let code = unsafe { ffi::sqlite3_exec(self.db.as_ptr(), sql.as_ptr(), None, null_mut(), null_mut()) };
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(self.failure()) }
    }

    fn prepare(&self, sql: &str, keep: bool) -> Result<Statement> {
        let text = text(sql)?;
        let flags = if keep { ffi::SQLITE_PREPARE_PERSISTENT } else { 0 };
        let (mut at, mut rest) = (null_mut(), std::ptr::null());
        // SAFETY: the connection is open, the text ends with NUL and lives until the end of this function; SQLite writes
        // the pointers.
        let code = unsafe { ffi::sqlite3_prepare_v3(self.db.as_ptr(), text.as_ptr(), -1, flags, &mut at, &mut rest) };
        let at = match NonNull::new(at) {
            Some(at) if code == ffi::SQLITE_OK => at,
            None if code == ffi::SQLITE_OK => return Err(StoreError::Corrupt("an empty statement".into())),
            _ => return Err(self.failure()),
        };
        let mut statement = Statement { at, takes: Vec::new(), names: Arc::from([]) };
        // SAFETY: `rest` points into `text`; names end with NUL and are copied while the statement lives.
        unsafe {
            if !CStr::from_ptr(rest).to_bytes().iter().all(|b| b.is_ascii_whitespace() || *b == b';') {
                return Err(StoreError::Corrupt("more than one statement".into()));
            }
            for place in 1..=ffi::sqlite3_bind_parameter_count(at.as_ptr()) {
                let name = ffi::sqlite3_bind_parameter_name(at.as_ptr(), place);
                statement.takes.push(match name.is_null() {
                    true => place as usize - 1,
                    false => {
                        let name = CStr::from_ptr(name).to_string_lossy();
                        let number = name.trim_start_matches(['$', '?']).parse::<usize>().ok().filter(|n| *n > 0);
                        number.ok_or_else(|| StoreError::Corrupt(format!("parameter {name}")))? - 1
                    }
                });
            }
            let names = (0..ffi::sqlite3_column_count(at.as_ptr())).map(|column| {
                let name = ffi::sqlite3_column_name(at.as_ptr(), column);
                if name.is_null() { String::new() } else { CStr::from_ptr(name).to_string_lossy().into_owned() }
            });
            statement.names = names.collect();
        }
        Ok(statement)
    }

    /// Runs a statement and hands its rows over; the number of rows it changed. `take` says whether it wants more.
    /// `keep`: whether the prepared statement is worth keeping for the next time.
    pub fn run<F>(&mut self, sql: &str, args: &[Value], keep: bool, mut take: F) -> Result<u64>
    where
        F: FnMut(Cells) -> Result<bool>,
    {
        let passing;
        let statement = match keep {
            true => {
                self.keep(sql)?;
                &self.kept[sql]
            }
            false => {
                passing = self.prepare(sql, false)?;
                &passing
            }
        };
        let in_use = InUse(statement);
        self.bind(statement, args)?;
        loop {
            match self.step(statement)? {
                true if take(cells(statement)?)? => {}
                _ => break,
            }
        }
        let changed = self.changes(statement);
        drop(in_use);
        Ok(changed)
    }

    /// Prepares a statement that will come again, unless it is prepared already.
    fn keep(&mut self, sql: &str) -> Result<()> {
        if !self.kept.contains_key(sql) {
            if self.kept.len() >= KEPT {
                self.kept.clear();
            }
            let statement = self.prepare(sql, true)?;
            self.kept.insert(sql.to_owned(), statement);
        }
        Ok(())
    }

    /// Runs a statement once for each row of arguments; the number of rows changed.
    pub fn bulk<R: value::Cells>(&mut self, sql: &str, rows: &[R]) -> Result<u64> {
        self.keep(sql)?;
        let statement = &self.kept[sql];
        let mut total = 0;
        for row in rows {
            let in_use = InUse(statement);
            self.bind(statement, row.cells())?;
            while self.step(statement)? {}
            total += self.changes(statement);
            drop(in_use);
        }
        Ok(total)
    }

    /// Whether a transaction is open.
    pub fn in_transaction(&self) -> bool {
        // SAFETY: the connection is open.
        unsafe { ffi::sqlite3_get_autocommit(self.db.as_ptr()) == 0 }
    }

    fn changes(&self, statement: &Statement) -> u64 {
        // SAFETY: connection and statement live.
        unsafe {
            match ffi::sqlite3_stmt_readonly(statement.at.as_ptr()) {
                0 => ffi::sqlite3_changes64(self.db.as_ptr()).unsigned_abs(),
                _ => 0,
            }
        }
    }

    /// Whether there is a row.
    fn step(&self, statement: &Statement) -> Result<bool> {
        // SAFETY: connection and statement live; what is bound lives as long as the caller's arguments, and is cleared
        // before they go.
        match unsafe { ffi::sqlite3_step(statement.at.as_ptr()) } {
            ffi::SQLITE_ROW => Ok(true),
            ffi::SQLITE_DONE => Ok(false),
            _ => Err(self.failure()),
        }
    }

    /// Binds arguments without copying them: they must live until the statement is set back.
    fn bind<B: Bind>(&self, statement: &Statement, args: &[B]) -> Result<()> {
        for (place, takes) in (1..).zip(&statement.takes) {
            let Some(value) = args.get(*takes) else {
                return Err(StoreError::Corrupt(format!("no argument for ${}", takes + 1)));
            };
            let value = value.borrowed();
            value::no_nul(value)?;
            if bind(statement.at.as_ptr(), place, value)? != ffi::SQLITE_OK {
                return Err(self.failure());
            }
        }
        Ok(())
    }
}

fn bind(at: *mut ffi::sqlite3_stmt, place: c_int, value: Borrowed<'_>) -> Result<c_int> {
    let length =
        |bytes: &[u8]| c_int::try_from(bytes.len()).map_err(|_| StoreError::TooLarge { most: c_int::MAX as u64 });
    // SAFETY: `at` is a prepared statement; pointers and lengths are those of live slices, which SQLite only reads.
    Ok(unsafe {
        match value {
            Borrowed::Int(v) => ffi::sqlite3_bind_int64(at, place, v),
            Borrowed::Real(v) => ffi::sqlite3_bind_double(at, place, v),
            Borrowed::Text(v) => {
                ffi::sqlite3_bind_text(at, place, v.as_ptr().cast(), length(v.as_bytes())?, ffi::SQLITE_STATIC())
            }
            // An empty slice has no address that SQLite would take for anything but null.
            Borrowed::Blob([]) => ffi::sqlite3_bind_zeroblob(at, place, 0),
            Borrowed::Blob(v) => ffi::sqlite3_bind_blob(at, place, v.as_ptr().cast(), length(v)?, ffi::SQLITE_STATIC()),
            Borrowed::Null => ffi::sqlite3_bind_null(at, place),
        }
    })
}

/// The row a statement stands on, copied.
fn cells(statement: &Statement) -> Result<Cells> {
    let at = statement.at.as_ptr();
    // SAFETY: the statement stands on a row; for a text or blob SQLite gives a pointer to as many bytes as it says, which
    // live until the next call for this column; they are copied at once.
    let bytes = |pointer: *const u8, column| unsafe {
        let length = usize::try_from(ffi::sqlite3_column_bytes(at, column)).unwrap_or_default();
        if pointer.is_null() || length == 0 { Vec::new() } else { std::slice::from_raw_parts(pointer, length).to_vec() }
    };
    // SAFETY: the statement lives.
    let count = unsafe { ffi::sqlite3_data_count(at) };
    let mut values = Vec::with_capacity(statement.names.len());
    for column in 0..count {
        // SAFETY: as above; the column is one of the statement's.
        values.push(unsafe {
            match ffi::sqlite3_column_type(at, column) {
                ffi::SQLITE_INTEGER => Cell::Int(ffi::sqlite3_column_int64(at, column)),
                ffi::SQLITE_FLOAT => Cell::Real(ffi::sqlite3_column_double(at, column)),
                ffi::SQLITE_TEXT => {
                    let text = String::from_utf8(bytes(ffi::sqlite3_column_text(at, column), column));
                    Cell::Text(text.map_err(|e| StoreError::Corrupt(e.to_string()))?)
                }
                ffi::SQLITE_BLOB => Cell::Blob(bytes(ffi::sqlite3_column_blob(at, column).cast(), column)),
                _ => Cell::Null,
            }
        });
    }
    Ok(Cells { values, names: statement.names.clone() })
}
