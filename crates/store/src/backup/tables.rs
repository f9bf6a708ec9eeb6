//! Tables as either engine's catalogue knows them, and their rows as text.

use super::TablePart;
use crate::{Engine, Query, Result, Row, StoreError, Value, WriteTx, args};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::{
    collections::{HashMap, HashSet},
    io::BufRead,
};

/// The one table a backup tells in its manifest.
const MIGRATIONS: &str = "store_migration";

/// A table of the database.
pub(super) struct Table {
    pub name: String,
    /// Names and portable types, without generated ones.
    pub columns: Vec<(String, String)>,
    key: Vec<String>,
}

fn portable(engine_type: &str) -> Result<&'static str> {
    match engine_type.to_ascii_uppercase().as_str() {
        "INTEGER" | "BIGINT" => Ok("INTEGER"),
        "REAL" | "DOUBLE PRECISION" => Ok("REAL"),
        "BLOB" | "BYTEA" => Ok("BLOB"),
        "TEXT" => Ok("TEXT"),
        other => Err(StoreError::Corrupt(format!("a column of type {other}"))),
    }
}

impl Table {
    /// All tables by name.
    pub async fn all(tx: &mut impl Query) -> Result<Vec<Table>> {
        let (columns, keys) = match tx.engine() {
            Engine::Sqlite => (
                "SELECT t.name, c.name, c.type FROM sqlite_master t, pragma_table_info(t.name) c
                 WHERE t.type = 'table' AND substr(t.name, 1, 7) <> 'sqlite_' ORDER BY t.name, c.cid",
                "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c
                 WHERE t.type = 'table' AND c.pk > 0 ORDER BY t.name, c.pk",
            ),
            Engine::Postgres => (
                "SELECT c.table_name::text, c.column_name::text, c.data_type::text
                 FROM information_schema.columns c JOIN information_schema.tables t
                   ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'
                 WHERE c.table_schema = current_schema() AND c.is_generated = 'NEVER'
                 ORDER BY c.table_name::text COLLATE \"C\", c.ordinal_position",
                "SELECT k.table_name::text, k.column_name::text
                 FROM information_schema.table_constraints t JOIN information_schema.key_column_usage k
                   ON k.constraint_schema = t.constraint_schema AND k.constraint_name = t.constraint_name
                 WHERE t.table_schema = current_schema() AND t.constraint_type = 'PRIMARY KEY'
                 ORDER BY k.table_name::text, k.ordinal_position",
            ),
        };
        let mut tables: Vec<Table> = Vec::new();
        for row in tx.rows(columns, args![]).await? {
            let (name, column) = (row.text(0)?, (row.text(1)?, portable(&row.text(2)?)?.to_owned()));
            match tables.last_mut().filter(|t| t.name == name) {
                Some(table) => table.columns.push(column),
                None => tables.push(Table { name, columns: vec![column], key: Vec::new() }),
            }
        }
        for row in tx.rows(keys, args![]).await? {
            let name = row.text(0)?;
            if let Some(table) = tables.iter_mut().find(|t| t.name == name) {
                table.key.push(row.text(1)?);
            }
        }
        tables.retain(|t| t.name != MIGRATIONS);
        Ok(tables)
    }

    /// All tables, each after those it refers to.
    pub async fn in_order_of_references(tx: &mut impl Query) -> Result<Vec<Table>> {
        let references = match tx.engine() {
            Engine::Sqlite => {
                "SELECT t.name, f.\"table\" FROM sqlite_master t, pragma_foreign_key_list(t.name) f WHERE t.type = 'table'"
            }
            Engine::Postgres => {
                "SELECT c.relname::text, r.relname::text FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid
                 JOIN pg_class r ON r.oid = f.confrelid WHERE f.contype = 'f'"
            }
        };
        let mut wants: HashMap<String, HashSet<String>> = HashMap::new();
        for row in tx.rows(references, args![]).await? {
            let (from, to) = (row.text(0)?, row.text(1)?);
            if from != to {
                wants.entry(from).or_default().insert(to);
            }
        }
        let (mut waiting, mut order) = (Table::all(tx).await?, Vec::new());
        while !waiting.is_empty() {
            let done: HashSet<String> = order.iter().map(|t: &Table| t.name.clone()).collect();
            let ready = |t: &Table| wants.get(&t.name).is_none_or(|w| w.is_subset(&done));
            let (free, rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(ready);
            if free.is_empty() {
                let circle = rest.iter().map(|t| t.name.as_str()).collect::<Vec<_>>().join(", ");
                return Err(StoreError::Corrupt(format!("tables refer to each other in a circle: {circle}")));
            }
            order.extend(free);
            waiting = rest;
        }
        Ok(order)
    }

    /// Every row, in an order both engines agree on.
    pub fn select(&self) -> String {
        let columns: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        let order = if self.key.is_empty() { columns.join(", ") } else { self.key.join(", ") };
        format!("SELECT {} FROM {} ORDER BY {order}", columns.join(", "), self.name)
    }

    /// A row as a line of JSON. Reals are text: their shortest form that reads back the same.
    pub fn line(&self, row: &Row, out: &mut String) -> Result<()> {
        let mut values = Vec::with_capacity(self.columns.len());
        for (at, (_, kind)) in self.columns.iter().enumerate() {
            values.push(match kind.as_str() {
                "INTEGER" => row.opt_i64(at)?.map(Json::from),
                "REAL" => row.opt_f64(at)?.map(|v| Json::from(v.to_string())),
                "BLOB" => row.opt_blob(at)?.map(|v| Json::from(hex::encode(v))),
                _ => row.opt_text(at)?.map(Json::from),
            });
        }
        out.push_str(&serde_json::to_string(&values)?);
        out.push('\n');
        Ok(())
    }

    /// On PostgreSQL an identity goes on from the highest number that was put in; SQLite sees for itself.
    pub async fn restart_numbers(&self, tx: &mut WriteTx) -> Result<()> {
        if tx.engine() == Engine::Sqlite {
            return Ok(());
        }
        let identity = "SELECT column_name::text FROM information_schema.columns
                        WHERE table_schema = current_schema() AND table_name = $1 AND is_identity = 'YES'";
        for row in tx.rows(identity, args![&self.name]).await? {
            let column = row.text(0)?;
            let sql = format!(
                "SELECT setval(pg_get_serial_sequence($1, $2), COALESCE((SELECT MAX({column}) FROM {}), 0) + 1, false)",
                self.name
            );
            tx.row(&sql, args![&self.name, column]).await?;
        }
        Ok(())
    }
}

/// SQLite looks at references at commit; PostgreSQL gets its tables in order.
pub(super) async fn postpone_references(tx: &mut WriteTx) -> Result<()> {
    if tx.engine() == Engine::Sqlite {
        tx.execute("PRAGMA defer_foreign_keys = ON", args![]).await?;
    }
    Ok(())
}

/// The rows of a table's part, as they are read. It ends at what is broken; `finish` says so.
pub(super) struct Rows<'a, R> {
    lines: R,
    part: &'a TablePart,
    hash: Sha256,
    count: u64,
    broken: Option<String>,
    buffer: String,
}

impl<'a, R: BufRead> Rows<'a, R> {
    pub fn new(lines: R, part: &'a TablePart) -> Rows<'a, R> {
        Rows { lines, part, hash: Sha256::new(), count: 0, broken: None, buffer: String::new() }
    }

    fn read(&mut self) -> std::result::Result<Option<Vec<Value>>, String> {
        self.buffer.clear();
        if self.lines.read_line(&mut self.buffer).map_err(|e| e.to_string())? == 0 {
            return Ok(None);
        }
        self.hash.update(self.buffer.as_bytes());
        self.count += 1;
        let values: Vec<Json> = serde_json::from_str(&self.buffer).map_err(|e| e.to_string())?;
        if values.len() != self.part.columns.len() {
            return Err("another number of columns".into());
        }
        let row = values.into_iter().zip(&self.part.columns).map(|(value, (_, kind))| value_of(value, kind));
        row.collect::<Option<Vec<_>>>().map(Some).ok_or_else(|| "a value of another type".into())
    }

    /// What was wrong, if anything was.
    pub fn finish(self) -> Result<()> {
        let name = &self.part.name;
        if let Some(why) = self.broken {
            return Err(StoreError::BackupBroken(format!("tables/{name}.ndjson:{}: {why}", self.count)));
        }
        if self.count != self.part.rows || hex::encode(self.hash.finalize()) != self.part.sha256 {
            return Err(StoreError::BackupBroken(format!("tables/{name}.ndjson")));
        }
        Ok(())
    }
}

impl<R: BufRead> Iterator for Rows<'_, R> {
    type Item = Vec<Value>;

    fn next(&mut self) -> Option<Vec<Value>> {
        self.read().unwrap_or_else(|why| {
            self.broken = Some(why);
            None
        })
    }
}

fn value_of(value: Json, kind: &str) -> Option<Value> {
    let text = |value: Json| match value {
        Json::Null => Some(None),
        Json::String(text) => Some(Some(text)),
        _ => None,
    };
    Some(match kind {
        "INTEGER" if value.is_null() => Value::Int(None),
        "INTEGER" => Value::Int(Some(value.as_i64()?)),
        "REAL" => Value::Real(text(value)?.map(|t| t.parse()).transpose().ok()?),
        "BLOB" => Value::Blob(text(value)?.map(hex::decode).transpose().ok()?),
        "TEXT" => Value::Text(text(value)?),
        _ => return None,
    })
}
