//! Lists: a page of rows that people search, choose and order, with how many there are.

use crate::{Query, Result, Row, Value, args};
use kernel::text;

/// What of a list is asked for.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Words to be found.
    pub search: String,
    /// A state; all, where empty.
    pub state: String,
    /// The name of an order; the list's usual one otherwise.
    pub sort: String,
    /// From 0.
    pub page: i64,
    pub per: i64,
}

impl Listing {
    /// The search as a key, without the signs that `LIKE` reads as any.
    pub fn key(&self) -> String {
        text::search_key(self.search.trim()).replace(['%', '_'], "")
    }

    /// How many rows are given, and how many passed over.
    pub fn span(&self) -> (i64, i64) {
        (self.per, self.page * self.per)
    }
}

/// A page of a list of which there are only ever a few, and how many of it have the words that are searched. `words` gives what
/// of a row is searched; the rows come ordered. Cost: all rows, in memory.
pub fn few<T>(all: Vec<T>, listing: &Listing, words: impl Fn(&T) -> String) -> (Vec<T>, i64) {
    let key = text::search_key(listing.search.trim());
    let found: Vec<T> = all.into_iter().filter(|row| text::search_key(&words(row)).contains(&key)).collect();
    let count = found.len() as i64;
    let size = |rows: i64| usize::try_from(rows).unwrap_or(0);
    let (limit, offset) = listing.span();
    (found.into_iter().skip(size(offset)).take(size(limit)).collect(), count)
}

/// `$2, $3, $4`: so many parameters from one on.
pub fn places(first: usize, count: usize) -> String {
    (first..first + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}

/// Rows of `SELECT columns FROM from` in an order, from `span`'s second on as many as its first, and how many there are in
/// all. `given` are the parameters of `from`. Cost: two statements; the rows that `from` finds, those of the page returned.
pub async fn paged<T>(
    tx: &mut impl Query,
    columns: &str,
    from: &str,
    order: &str,
    mut given: Vec<Value>,
    (limit, offset): (i64, i64),
    read: impl Fn(&Row) -> Result<T> + Send,
) -> Result<(Vec<T>, i64)> {
    let count =
        tx.row(&format!("SELECT COUNT(*) FROM {from}"), given.clone()).await?.map_or(Ok(0), |row| row.i64(0))?;
    let sql =
        format!("SELECT {columns} FROM {from} ORDER BY {order} LIMIT ${} OFFSET ${}", given.len() + 1, given.len() + 2);
    given.extend(args![limit, offset]);
    let rows = tx.rows(&sql, given).await?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, count))
}
