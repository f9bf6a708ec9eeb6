//! Many rows at once: one statement beneath sqlx on SQLite, COPY on PostgreSQL. Behind one function, so that rooms never branch.

use crate::{
    Engine, Query, Result, Value, WriteTx,
    connection::Tx,
    value::{Bind, Borrowed, Cells},
};
use std::collections::{HashMap, hash_map::Entry};

/// Parameters of one statement; PostgreSQL's own limit is 65,535.
const MOST_PARAMETERS: usize = 16_000;
/// Bytes of COPY text sent at a time.
const COPY_BYTES: usize = 1 << 18;
/// Rows of a form: statements of so many are kept prepared.
const FORM: usize = 100;
/// Rows for which a table of their own does not pay on PostgreSQL.
const FEW: usize = 300;

/// The last row of each key: PostgreSQL's upsert takes no row twice.
fn last_of_each(rows: Vec<Vec<Value>>, key: &[&str], columns: &[&str]) -> Vec<Vec<Value>> {
    let places: Vec<usize> = key.iter().filter_map(|k| columns.iter().position(|c| c == k)).collect();
    let of = |row: &Vec<Value>| format!("{:?}", places.iter().map(|at| &row[*at]).collect::<Vec<_>>());
    let mut at_key: HashMap<String, usize> = HashMap::with_capacity(rows.len());
    let mut kept: Vec<Vec<Value>> = Vec::with_capacity(rows.len());
    for row in rows {
        match at_key.entry(of(&row)) {
            Entry::Occupied(at) => kept[*at.get()] = row,
            Entry::Vacant(at) => {
                at.insert(kept.len());
                kept.push(row);
            }
        }
    }
    kept
}

impl WriteTx {
    /// Inserts rows into a table; how many. Cost: the rows, nearly as the engine's own programs write them.
    pub async fn insert_many<R: Cells>(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: impl Iterator<Item = R> + Send,
    ) -> Result<u64> {
        if self.engine() == Engine::Sqlite {
            return self.insert_values(table, columns, "", rows).await;
        }
        // A COPY's small messages wait for each other on the line (some 40 ms): few rows are one statement.
        let mut rows = rows.peekable();
        let few: Vec<R> = rows.by_ref().take(FEW).collect();
        if rows.peek().is_none() {
            return self.insert_values(table, columns, "", few.into_iter()).await;
        }
        self.copy(table, columns, few.into_iter().chain(rows), false).await
    }

    /// Like `upsert_many`, of rows of which most likely none is there yet: on PostgreSQL many of them go straight into
    /// the table, and the longer way only where somebody else wrote one meanwhile. Of one key there is one row only.
    pub async fn upsert_new<R: Cells, I: Iterator<Item = R> + Send>(
        &mut self,
        table: &str,
        key: &[&str],
        columns: &[&str],
        rows: impl Fn() -> I,
    ) -> Result<u64> {
        if self.engine() == Engine::Sqlite || rows().take(FEW + 1).count() <= FEW {
            return self.upsert_many(table, key, columns, rows()).await;
        }
        self.run("SAVEPOINT store_new", Vec::new(), false).await?;
        match copy(&mut self.tx, table, columns, rows(), false).await {
            Err(error) if error.is_duplicate() => {
                self.run("ROLLBACK TO SAVEPOINT store_new", Vec::new(), false).await?;
                self.upsert_many(table, key, columns, rows()).await
            }
            result => {
                let count = self.note(result)?;
                self.run("RELEASE SAVEPOINT store_new", Vec::new(), false).await?;
                Ok(count)
            }
        }
    }

    /// Inserts rows, or where one with the same `key` stands, sets its other columns; of rows with one key the last
    /// counts. Cost: the rows; on PostgreSQL many rows go through a table of
    /// their own by COPY.
    pub async fn upsert_many<R: Cells>(
        &mut self,
        table: &str,
        key: &[&str],
        columns: &[&str],
        rows: impl Iterator<Item = R> + Send,
    ) -> Result<u64> {
        let sets: Vec<String> =
            columns.iter().filter(|c| !key.contains(c)).map(|c| format!("{c} = excluded.{c}")).collect();
        let then = if sets.is_empty() { "NOTHING".to_owned() } else { format!("UPDATE SET {}", sets.join(",")) };
        let tail = format!(" ON CONFLICT ({}) DO {then}", key.join(","));
        if self.engine() == Engine::Sqlite {
            return self.insert_values(table, columns, &tail, rows).await;
        }
        let mut rows = rows.peekable();
        let few: Vec<_> = rows.by_ref().take(FEW).collect();
        if rows.peek().is_none() {
            let rows = last_of_each(few.into_iter().map(Cells::into_values).collect(), key, columns);
            return self.insert_values(table, columns, &tail, rows.into_iter()).await;
        }
        let (names, by) = (columns.join(","), key.join(","));
        let stage = format!("store_stage_{}", uuid::Uuid::new_v4().simple());
        let make = format!(
            "CREATE TEMP TABLE {stage} ON COMMIT DROP AS SELECT {names}, 0::bigint AS store_at FROM {table} WITH NO DATA"
        );
        self.run(&make, Vec::new(), false).await?;
        let staged: Vec<&str> = columns.iter().copied().chain(["store_at"]).collect();
        self.copy(&stage, &staged, few.into_iter().chain(rows), true).await?;
        let take = format!(
            "INSERT INTO {table} ({names}) SELECT DISTINCT ON ({by}) {names} FROM {stage} ORDER BY {by}, store_at DESC{tail}"
        );
        let count = self.run(&take, Vec::new(), false).await?;
        self.run(&format!("DROP TABLE {stage}"), Vec::new(), false).await?;
        Ok(count)
    }

    /// So many new numbers for a table's integer primary key, none of which is in use.
    pub async fn reserve(&mut self, table: &str, column: &str, count: usize) -> Result<Vec<i64>> {
        if count == 0 {
            return Ok(Vec::new());
        }
        match self.engine() {
            // The one writer may count on from the last: of all rows, those that its scope does not see among them, so the name
            // stands in quotes, which no view is put in for.
            Engine::Sqlite => {
                let sql = format!("SELECT COALESCE(MAX({column}), 0) FROM \"{table}\"");
                let last = self.row(&sql, crate::args![]).await?.map_or(Ok(0), |r| r.i64(0))?;
                Ok((last + 1..=last + count as i64).collect())
            }
            Engine::Postgres => {
                let args = crate::args![table, column, count as i64];
                // Usually nobody else took one meanwhile: then the first and the last say all of them.
                if count > FEW {
                    let sql = "SELECT MIN(n), MAX(n) FROM (SELECT nextval(pg_get_serial_sequence($1, $2)) AS n
                               FROM generate_series(1, $3)) numbers";
                    if let Some(row) = self.row(sql, args.clone()).await?
                        && row.i64(1)? - row.i64(0)? == count as i64 - 1
                    {
                        return Ok((row.i64(0)?..=row.i64(1)?).collect());
                    }
                }
                let sql = "SELECT nextval(pg_get_serial_sequence($1, $2)) FROM generate_series(1, $3)";
                let rows = self.rows(sql, args).await?;
                rows.iter().map(|r| r.i64(0)).collect()
            }
        }
    }

    async fn insert_values<R: Cells>(
        &mut self,
        table: &str,
        columns: &[&str],
        tail: &str,
        rows: impl Iterator<Item = R> + Send,
    ) -> Result<u64> {
        let names = columns.join(",");
        self.ready()?;
        self.wrote = true;
        if let Tx::Sqlite(tx) = &mut self.tx {
            let places = vec!["?"; columns.len()].join(",");
            let result = tx.bulk(&format!("INSERT INTO {table} ({names}) VALUES ({places}){tail}"), rows).await;
            return self.note(result);
        }
        let most = (MOST_PARAMETERS / columns.len()).clamp(1, 500);
        let statement = |count: usize| {
            let places = |row: usize| {
                let of = |column| format!("${}", row * columns.len() + column + 1);
                format!("({})", (0..columns.len()).map(of).collect::<Vec<_>>().join(","))
            };
            let values = (0..count).map(places).collect::<Vec<_>>().join(",");
            format!("INSERT INTO {table} ({names}) VALUES {values}{tail}")
        };
        let full = statement(most);
        let (mut waiting, mut count, mut total) = (Vec::with_capacity(most * columns.len()), 0, 0);
        for row in rows {
            waiting.extend(row.into_values());
            count += 1;
            if count == most {
                total += self.run(&full, std::mem::take(&mut waiting), true).await?;
                count = 0;
            }
        }
        if count > 0 {
            // A form is sent again and again with as many values; what came once is not worth its plan.
            total += self.run(&statement(count), waiting, count <= FORM).await?;
        }
        Ok(total)
    }

    /// `numbered`: whether each row's number, from 0, follows its values.
    async fn copy<R: Cells>(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: impl Iterator<Item = R> + Send,
        numbered: bool,
    ) -> Result<u64> {
        self.ready()?;
        self.wrote = true;
        let result = copy(&mut self.tx, table, columns, rows, numbered).await;
        self.note(result)
    }
}

async fn copy<R: Cells>(
    tx: &mut Tx,
    table: &str,
    columns: &[&str],
    rows: impl Iterator<Item = R> + Send,
    numbered: bool,
) -> Result<u64> {
    let Tx::Postgres(tx) = tx else { return Ok(0) };
    let statement = format!("COPY {table} ({}) FROM STDIN", columns.join(","));
    let mut copy = tx.copy_in_raw(&statement).await?;
    let mut text = String::with_capacity(COPY_BYTES + 4096);
    for (number, row) in rows.enumerate() {
        for (at, value) in row.cells().iter().enumerate() {
            if at > 0 {
                text.push('\t');
            }
            copy_text(&mut text, value.borrowed());
        }
        if numbered {
            text.push('\t');
            copy_text(&mut text, Borrowed::Int(number as i64));
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

/// A value in COPY's text format.
fn copy_text(out: &mut String, value: Borrowed<'_>) {
    use std::fmt::Write;
    let _ = match value {
        Borrowed::Int(v) => write!(out, "{v}"),
        Borrowed::Real(v) => write!(out, "{v}"),
        Borrowed::Blob(v) => write!(out, "\\\\x{}", hex::encode(v)),
        Borrowed::Text(v) => {
            // Pieces between what must be escaped; most texts have none of it.
            let mut rest = v;
            while let Some(at) = rest.find(['\\', '\n', '\r', '\t']) {
                out.push_str(&rest[..at]);
                out.push_str(match rest.as_bytes()[at] {
                    b'\\' => "\\\\",
                    b'\n' => "\\n",
                    b'\r' => "\\r",
                    _ => "\\t",
                });
                rest = &rest[at + 1..];
            }
            out.push_str(rest);
            Ok(())
        }
        Borrowed::Null => {
            out.push_str("\\N");
            Ok(())
        }
    };
}
