//! The raw contestant: the engine itself writing exactly the rows that the product wrote, in the same transactions with the
//! same settings, from memory, with prepared statements. It reads nothing and decides nothing.

use anyhow::Result;
use std::path::Path;
use store::{Query, Row, Store, args};

/// Tables the product writes to when figures come in, with how their columns are read (`i` whole, `r` real, `t` text), the
/// order in which it wrote them, the key of an upsert, and the column that names the unit.
pub const TABLES: [Table; 11] = [
    Table {
        name: "facts_history",
        columns: "revision:i unit:i period:t measure:i origin:i value:t num:t den:t shadow:r stage:t actor:t at:i source:t note:t import:i person:i",
        order: "revision",
        key: "",
        unit: "unit",
    },
    Table {
        name: "facts_figure",
        columns: "unit:i period:t measure:i origin:i stage:t working:i published:i",
        order: "working",
        key: "unit,period,measure,origin",
        unit: "unit",
    },
    Table { name: "facts_ruletext", columns: "id:i sha256:t set_id:t text:t", order: "id", key: "", unit: "0" },
    Table {
        name: "facts_verdict",
        columns: "unit:i set_id:t period:t edition:i verdict:t confidence:t ruletext:i version:t revision:i criteria:t passed:i unconfirmed:i total:i failing:i shortfall:r judged_at:i",
        order: "unit, set_id, period, edition",
        key: "unit,set_id,period,edition",
        unit: "unit",
    },
    Table {
        name: "facts_import",
        columns: "id:i at:i actor:t source:t content_hash:t added:i changed:i unchanged:i published:i",
        order: "id",
        key: "",
        unit: "0",
    },
    Table {
        name: "store_audit",
        columns: "seq:i at:i role:t person:i action:t kind:t subject:t unit:i details_hash:t sealed:i",
        order: "seq",
        key: "",
        unit: "COALESCE(unit, 0)",
    },
    Table {
        name: "store_audit_details",
        columns: "seq:i salt:t details:t erased_reason:t",
        order: "seq",
        key: "",
        unit: "(SELECT COALESCE(a.unit, 0) FROM store_audit a WHERE a.seq = store_audit_details.seq)",
    },
    Table {
        name: "reporting_entry",
        columns: "campaign:i unit:i measure:i period:t value:t num:t den:t note:t version:i at:i person:i",
        order: "unit, measure",
        key: "campaign,unit,measure",
        unit: "unit",
    },
    Table {
        name: "reporting_hand",
        columns: "campaign:i unit:i measure:i person:i",
        order: "unit, measure",
        key: "campaign,unit,measure,person",
        unit: "unit",
    },
    Table {
        name: "reporting_item",
        columns: "campaign:i unit:i set_id:t criterion:t period:t place:i state:t since:i asked:i filled:i agency:i officer:i",
        order: "unit, set_id, criterion",
        key: "campaign,unit,set_id,criterion",
        unit: "unit",
    },
    Table {
        name: "reporting_unit",
        columns: "campaign:i unit:i period:t name:t search:t ord:t parent:i state:t since:i due:i asked:i filled:i waiting:i returned:i accepted:i comments:i",
        order: "unit",
        key: "campaign,unit",
        unit: "unit",
    },
];

pub struct Table {
    pub name: &'static str,
    columns: &'static str,
    order: &'static str,
    key: &'static str,
    unit: &'static str,
}

/// A value of a row.
#[derive(Clone, Debug)]
pub enum Cell {
    Int(Option<i64>),
    Real(Option<f64>),
    Text(Option<String>),
}

/// Rows of the tables, in the order of [`TABLES`]; each with its unit (0: none).
pub type Rows = Vec<Vec<(i64, Vec<Cell>)>>;

impl Table {
    pub fn names(&self) -> Vec<&'static str> {
        self.columns.split(' ').filter_map(|c| c.split(':').next()).collect()
    }

    fn read(&self, row: &Row) -> store::Result<(i64, Vec<Cell>)> {
        let cell = |(at, column): (usize, &str)| {
            Ok(match &column[column.len() - 1..] {
                "i" => Cell::Int(row.opt_i64(at)?),
                "r" => Cell::Real(row.opt_f64(at)?),
                _ => Cell::Text(row.opt_text(at)?),
            })
        };
        let cells: store::Result<Vec<Cell>> = self.columns.split(' ').enumerate().map(cell).collect();
        let cells = cells?;
        Ok((row.opt_i64(cells.len())?.unwrap_or(0), cells))
    }

    /// What follows the values of an insert.
    pub fn tail(&self) -> String {
        if self.key.is_empty() {
            return String::new();
        }
        let key: Vec<&str> = self.key.split(',').collect();
        let names = self.names();
        let sets: Vec<String> =
            names.iter().filter(|n| !key.contains(n)).map(|n| format!("{n} = excluded.{n}")).collect();
        if sets.is_empty() {
            return format!(" ON CONFLICT ({}) DO NOTHING", self.key);
        }
        format!(" ON CONFLICT ({}) DO UPDATE SET {}", self.key, sets.join(","))
    }
}

/// The rows that satisfy a condition of each table; of tables for which none is left nothing.
pub async fn rows(store: &Store, conditions: &[String]) -> Result<Rows> {
    let mut tx = store.read(&kernel::Actor::SYSTEM.scope()).await?;
    let mut all = Vec::new();
    for (table, condition) in TABLES.iter().zip(conditions) {
        let names = table.names().join(",");
        let sql =
            format!("SELECT {names}, {} FROM {} WHERE {condition} ORDER BY {}", table.unit, table.name, table.order);
        let mut rows = Vec::new();
        tx.each(&sql, args![], |row| {
            rows.push(table.read(&row)?);
            Ok(())
        })
        .await?;
        all.push(rows);
    }
    all.resize_with(TABLES.len(), Vec::new);
    Ok(all)
}

/// How many rows, by table.
pub fn said(rows: &Rows) -> String {
    let counts = TABLES.iter().zip(rows).filter(|(_, r)| !r.is_empty());
    counts.map(|(t, r)| format!("{} {}", r.len(), t.name)).collect::<Vec<_>>().join(", ")
}

/// Rows of one transaction each: those of one unit, in the order of the units' first lines of history.
pub fn by_unit(rows: &Rows) -> Vec<Rows> {
    let mut order: Vec<i64> = Vec::new();
    let mut parts: std::collections::HashMap<i64, Rows> = std::collections::HashMap::new();
    for (at, table) in rows.iter().enumerate() {
        for row in table {
            let part = parts.entry(row.0).or_insert_with(|| {
                order.push(row.0);
                vec![Vec::new(); TABLES.len()]
            });
            part[at].push(row.clone());
        }
    }
    order.iter().filter_map(|unit| parts.remove(unit)).collect()
}

/// SQLite, opened as the product opens it.
pub struct Sqlite(rusqlite::Connection);

fn sqlite_value(cell: &Cell) -> rusqlite::types::ValueRef<'_> {
    use rusqlite::types::ValueRef;
    match cell {
        Cell::Int(Some(v)) => ValueRef::Integer(*v),
        Cell::Real(Some(v)) => ValueRef::Real(*v),
        Cell::Text(Some(v)) => ValueRef::Text(v.as_bytes()),
        _ => ValueRef::Null,
    }
}

struct Bound<'a>(&'a Cell);

impl rusqlite::ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(rusqlite::types::ToSqlOutput::Borrowed(sqlite_value(self.0)))
    }
}

impl Sqlite {
    pub fn open(path: &Path) -> Result<Sqlite> {
        let connection = rusqlite::Connection::open(path)?;
        connection.busy_timeout(std::time::Duration::from_secs(120))?;
        connection.set_prepared_statement_cache_capacity(64);
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
             PRAGMA cache_size = -16000; PRAGMA journal_size_limit = 67108864;",
        )?;
        Ok(Sqlite(connection))
    }

    /// Writes rows in one transaction.
    pub fn write(&mut self, rows: &Rows) -> Result<()> {
        let tx = self.0.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        for (table, rows) in TABLES.iter().zip(rows).filter(|(_, r)| !r.is_empty()) {
            let names = table.names();
            let places = vec!["?"; names.len()].join(",");
            let sql = format!("INSERT INTO {} ({}) VALUES ({places}){}", table.name, names.join(","), table.tail());
            let mut statement = tx.prepare_cached(&sql)?;
            for (_, cells) in rows {
                statement.execute(rusqlite::params_from_iter(cells.iter().map(Bound)))?;
            }
        }
        Ok(tx.commit()?)
    }
}
