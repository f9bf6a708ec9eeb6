//! Many rows at once: multi-row inserts on SQLite, COPY on PostgreSQL. Behind one function, so that rooms never branch.

use crate::{Result, Value, WriteTx, connection::Tx};

/// Parameters of one SQLite statement; its own limit is 32,766.
const SQLITE_PARAMETERS: usize = 16_000;
/// Bytes of COPY text sent at a time.
const COPY_BYTES: usize = 1 << 18;

impl WriteTx {
    /// Inserts rows into a table; how many. Cost: one statement for some thousand values.
    pub async fn insert_many(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: impl Iterator<Item = Vec<Value>> + Send,
    ) -> Result<u64> {
        match &mut self.tx {
            Tx::Sqlite(_) => self.insert_sqlite(table, columns, rows).await,
            Tx::Postgres(_) => self.copy(table, columns, rows).await,
        }
    }

    async fn insert_sqlite(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: impl Iterator<Item = Vec<Value>> + Send,
    ) -> Result<u64> {
        let most = (SQLITE_PARAMETERS / columns.len()).clamp(1, 500);
        let statement = |count: usize| {
            let one = format!("({})", vec!["?"; columns.len()].join(","));
            format!("INSERT INTO {table} ({}) VALUES {}", columns.join(","), vec![one; count].join(","))
        };
        let full = statement(most);
        let (mut waiting, mut count, mut total) = (Vec::with_capacity(most * columns.len()), 0, 0);
        for row in rows {
            waiting.extend(row);
            count += 1;
            if count == most {
                total += self.tx.execute(&full, std::mem::take(&mut waiting)).await?;
                count = 0;
            }
        }
        if count > 0 {
            total += self.tx.execute(&statement(count), waiting).await?;
        }
        Ok(total)
    }

    async fn copy(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: impl Iterator<Item = Vec<Value>> + Send,
    ) -> Result<u64> {
        let Tx::Postgres(tx) = &mut self.tx else { return Ok(0) };
        let statement = format!("COPY {table} ({}) FROM STDIN", columns.join(","));
        let mut copy = tx.copy_in_raw(&statement).await?;
        let mut text = String::with_capacity(COPY_BYTES + 4096);
        for row in rows {
            for (at, value) in row.iter().enumerate() {
                if at > 0 {
                    text.push('\t');
                }
                copy_text(&mut text, value);
            }
            text.push('\n');
            if text.len() >= COPY_BYTES {
                copy.send(text.as_bytes()).await?;
                text.clear();
            }
        }
        copy.send(text.as_bytes()).await?;
        Ok(copy.finish().await?)
    }
}

/// A value in COPY's text format.
fn copy_text(out: &mut String, value: &Value) {
    use std::fmt::Write;
    let _ = match value {
        Value::Int(Some(v)) => write!(out, "{v}"),
        Value::Real(Some(v)) => write!(out, "{v}"),
        Value::Blob(Some(v)) => write!(out, "\\\\x{}", hex::encode(v)),
        Value::Text(Some(v)) => {
            for c in v.chars() {
                match c {
                    '\\' => out.push_str("\\\\"),
                    '\n' => out.push_str("\\n"),
                    '\r' => out.push_str("\\r"),
                    '\t' => out.push_str("\\t"),
                    c => out.push(c),
                }
            }
            Ok(())
        }
        _ => {
            out.push_str("\\N");
            Ok(())
        }
    };
}
