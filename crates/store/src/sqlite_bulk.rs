//! Many rows into SQLite by one prepared statement, beneath sqlx: bound and stepped row by row as SQLite's own programs do,
//! without a message to the connection's thread for each. The one place with unsafe code in this crate.
#![allow(unsafe_code)]

use crate::{Result, StoreError, Value};
use libsqlite3_sys as ffi;
use sqlx::SqliteConnection;
use std::{
    ffi::{CStr, CString, c_int},
    ptr::{NonNull, null_mut},
};

/// Rows written while the connection's thread is locked out; some milliseconds.
const AT_A_TIME: usize = 2000;

/// Runs `sql`, whose parameters are `?` only, once for each row; how many rows it touched.
pub(crate) async fn run(
    connection: &mut SqliteConnection,
    sql: &str,
    rows: impl Iterator<Item = Vec<Value>> + Send,
) -> Result<u64> {
    let sql = CString::new(sql).map_err(|_| StoreError::Nul)?;
    let mut rows = rows.peekable();
    let mut total = 0;
    while rows.peek().is_some() {
        let some: Vec<Vec<Value>> = rows.by_ref().take(AT_A_TIME).collect();
        let mut handle = connection.lock_handle().await?;
        total += write(handle.as_raw_handle(), &sql, &some)?;
        drop(handle);
        // A long import shares its thread.
        tokio::task::yield_now().await;
    }
    Ok(total)
}

/// A prepared statement, finalised when dropped.
struct Statement(NonNull<ffi::sqlite3_stmt>);

impl Drop for Statement {
    fn drop(&mut self) {
        // SAFETY: the pointer came from sqlite3_prepare_v3 and is finalised once, here.
        unsafe { ffi::sqlite3_finalize(self.0.as_ptr()) };
    }
}

/// What SQLite says of its last failure on this connection.
fn failure(db: NonNull<ffi::sqlite3>) -> StoreError {
    // SAFETY: the connection is open and locked by us; the message is copied before anything else is called.
    let (code, message) = unsafe {
        let message = CStr::from_ptr(ffi::sqlite3_errmsg(db.as_ptr())).to_string_lossy().into_owned();
        (ffi::sqlite3_extended_errcode(db.as_ptr()), message)
    };
    StoreError::Sqlite { code, message }
}

fn write(db: NonNull<ffi::sqlite3>, sql: &CStr, rows: &[Vec<Value>]) -> Result<u64> {
    let mut pointer = null_mut();
    // SAFETY: `db` is an open connection whose thread waits for us; `sql` ends with NUL; SQLite writes the pointer.
    let code = unsafe { ffi::sqlite3_prepare_v3(db.as_ptr(), sql.as_ptr(), -1, 0, &mut pointer, null_mut()) };
    let statement = match NonNull::new(pointer) {
        Some(pointer) if code == ffi::SQLITE_OK => Statement(pointer),
        _ => return Err(failure(db)),
    };
    let at = statement.0.as_ptr();
    // SAFETY: as above; the statement lives until the end of this function.
    let parameters = unsafe { ffi::sqlite3_bind_parameter_count(at) };
    let mut total = 0;
    for row in rows {
        if row.len() != parameters as usize {
            return Err(StoreError::Corrupt(format!("{} values for {parameters} columns", row.len())));
        }
        for (place, value) in (1..).zip(row) {
            if bind(at, place, value)? != ffi::SQLITE_OK {
                return Err(failure(db));
            }
        }
        // SAFETY: the bound texts and bytes belong to `rows`, which outlives the statement: finalised before we return.
        let stepped = unsafe { ffi::sqlite3_step(at) };
        if stepped != ffi::SQLITE_DONE {
            return Err(failure(db));
        }
        // SAFETY: the connection is ours; the statement is set back before it is bound again.
        unsafe {
            total += ffi::sqlite3_changes64(db.as_ptr()).unsigned_abs();
            ffi::sqlite3_reset(at);
        }
    }
    Ok(total)
}

/// Binds a value without copying it: it must live until the statement is reset or finalised.
fn bind(at: *mut ffi::sqlite3_stmt, place: c_int, value: &Value) -> Result<c_int> {
    let length =
        |bytes: &[u8]| c_int::try_from(bytes.len()).map_err(|_| StoreError::TooLarge { most: c_int::MAX as u64 });
    // SAFETY: `at` is a prepared statement; pointers and lengths are those of live slices; SQLite reads them only.
    Ok(unsafe {
        match value {
            Value::Int(Some(v)) => ffi::sqlite3_bind_int64(at, place, *v),
            Value::Real(Some(v)) => ffi::sqlite3_bind_double(at, place, *v),
            Value::Text(Some(v)) if v.contains('\0') => return Err(StoreError::Nul),
            Value::Text(Some(v)) => {
                ffi::sqlite3_bind_text(at, place, v.as_ptr().cast(), length(v.as_bytes())?, ffi::SQLITE_STATIC())
            }
            // An empty slice has no address SQLite would take for anything but null.
            Value::Blob(Some(v)) if v.is_empty() => ffi::sqlite3_bind_zeroblob(at, place, 0),
            Value::Blob(Some(v)) => {
                ffi::sqlite3_bind_blob(at, place, v.as_ptr().cast(), length(v)?, ffi::SQLITE_STATIC())
            }
            Value::Int(None) | Value::Real(None) | Value::Text(None) | Value::Blob(None) => {
                ffi::sqlite3_bind_null(at, place)
            }
        }
    })
}
