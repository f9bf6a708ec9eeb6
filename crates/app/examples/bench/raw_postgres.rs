//! The raw contestant on PostgreSQL: COPY for many rows, one prepared statement a table for few.

use crate::raw::{Cell, Rows, TABLES, Table};
use anyhow::Result;
use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgArguments};
use std::fmt::Write;

pub struct Postgres(PgConnection);

/// A row in COPY's text format.
fn copy_line(out: &mut String, cells: &[Cell]) {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            out.push('\t');
        }
        let _ = match cell {
            Cell::Int(Some(v)) => write!(out, "{v}"),
            Cell::Real(Some(v)) => write!(out, "{v}"),
            Cell::Text(Some(v)) if !v.contains(['\\', '\t', '\n', '\r']) => {
                out.push_str(v);
                Ok(())
            }
            Cell::Text(Some(v)) => {
                out.push_str(&v.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r"));
                Ok(())
            }
            _ => {
                out.push_str("\\N");
                Ok(())
            }
        };
    }
    out.push('\n');
}

impl Postgres {
    pub async fn open(url: &str) -> Result<Postgres> {
        Ok(Postgres(PgConnection::connect(url).await?))
    }

    /// Writes new rows in one transaction by COPY.
    pub async fn copy(&mut self, rows: &Rows) -> Result<()> {
        let mut tx = self.0.begin().await?;
        for (table, rows) in TABLES.iter().zip(rows).filter(|(_, r)| !r.is_empty()) {
            let mut copy =
                tx.copy_in_raw(&format!("COPY {} ({}) FROM STDIN", table.name, table.names().join(","))).await?;
            let mut text = String::with_capacity(1 << 18);
            for (_, cells) in rows {
                copy_line(&mut text, cells);
                if text.len() > (1 << 18) - 4096 {
                    copy.send(text.as_bytes()).await?;
                    text.clear();
                }
            }
            copy.send(text.as_bytes()).await?;
            copy.finish().await?;
        }
        Ok(tx.commit().await?)
    }

    /// Writes rows in one transaction, one statement a table.
    pub async fn write(&mut self, rows: &Rows) -> Result<()> {
        let mut tx = self.0.begin().await?;
        for (table, rows) in TABLES.iter().zip(rows).filter(|(_, r)| !r.is_empty()) {
            let (sql, args) = statement(table, rows)?;
            sqlx::query_with(AssertSqlSafe(sql), args).execute(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }
}

fn statement(table: &Table, rows: &[(i64, Vec<Cell>)]) -> Result<(String, PgArguments)> {
    use sqlx::Arguments;
    let names = table.names();
    let mut args = PgArguments::default();
    let mut places = Vec::new();
    for (at, (_, cells)) in rows.iter().enumerate() {
        let of = |column| format!("${}", at * names.len() + column + 1);
        places.push(format!("({})", (0..names.len()).map(of).collect::<Vec<_>>().join(",")));
        for cell in cells {
            match cell {
                Cell::Int(v) => args.add(v),
                Cell::Real(v) => args.add(v),
                Cell::Text(v) => args.add(v),
            }
            .map_err(|e| anyhow::anyhow!("{e}"))?;
        }
    }
    let sql = format!("INSERT INTO {} ({}) VALUES {}{}", table.name, names.join(","), places.join(","), table.tail());
    Ok((sql, args))
}
