//! What an audit line of figures proves: which lines of history it wrote, and the SHA-256 of what they say.

use crate::{
    model::{Entry, columns, origin_number},
    record::{How, Periods},
};
use sha2::{Digest, Sha256};
use store::{Query, Result, Row, Store, args};

/// Numbers in order as ranges, first and last.
pub(crate) fn ranges(numbers: &[i64]) -> Vec<[i64; 2]> {
    let mut ranges: Vec<[i64; 2]> = Vec::new();
    for &number in numbers {
        match ranges.last_mut() {
            Some(last) if last[1] + 1 == number => last[1] = number,
            _ => ranges.push([number, number]),
        }
    }
    ranges
}

/// Feeds one line: its parts, each closed by a sign that no text of the store holds at its end by chance.
fn feed<'a>(hash: &mut Sha256, parts: impl IntoIterator<Item = &'a str>) {
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
}

/// The hash of what these entries become in the history, in the order of their lines.
pub(crate) fn rows(fresh: &[&Entry], periods: &Periods, how: &How) -> String {
    let mut hash = Sha256::new();
    for entry in fresh {
        let key = entry.key;
        let (value, num, den, _) = columns(&entry.value);
        let numbers = [key.unit.0, key.measure, origin_number(key.origin)];
        numbers.iter().for_each(|n| hash.update(n.to_le_bytes()));
        let text = |t: &Option<std::borrow::Cow<'static, str>>| t.as_deref().unwrap_or("").to_owned();
        let (value, num, den) = (text(&value), text(&num), text(&den));
        let note = entry.note.as_deref().unwrap_or("");
        feed(&mut hash, [periods.of(key.year), &value, &num, &den, &how.source, note]);
    }
    hex::encode(hash.finalize())
}

fn feed_row(hash: &mut Sha256, row: &Row) -> Result<()> {
    for at in 1..4 {
        hash.update(row.i64(at)?.to_le_bytes());
    }
    let text = |at: usize| Ok::<_, store::StoreError>(row.opt_text(at)?.unwrap_or_default());
    let parts = [text(4)?, text(5)?, text(6)?, text(7)?, text(8)?, text(9)?];
    feed(hash, parts.iter().map(String::as_str));
    Ok(())
}

/// One audit line's claim.
struct Claim {
    line: i64,
    rows: String,
    hash: Sha256,
    /// Lines of history it still waits for.
    waits: i64,
}

/// What somebody changed by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Audit lines whose figures are not what was written: altered, or removed.
    pub altered: Vec<i64>,
    /// Lines of history that no audit line speaks of.
    pub unclaimed: i64,
}

/// Holds the history of figures against the audit trail. Cost: every audit line of figures and every line of history once.
pub async fn check(store: &Store) -> Result<Findings> {
    let mut tx = store.read(&kernel::Actor::SYSTEM.scope()).await?;
    let sql = "SELECT a.seq, d.details FROM store_audit a JOIN store_audit_details d ON d.seq = a.seq
               WHERE a.action = 'facts.record' AND d.details IS NOT NULL ORDER BY a.seq";
    let (mut claims, mut starts) = (Vec::new(), Vec::new());
    tx.each(sql, args![], |row| {
        let details: serde_json::Value = serde_json::from_str(&row.text(1)?)?;
        let (Some(rows), Some(lines)) = (details["rows"].as_str(), details["lines"].as_array()) else { return Ok(()) };
        let mut waits = 0;
        for range in lines {
            let (first, last) = (range[0].as_i64().unwrap_or(0), range[1].as_i64().unwrap_or(-1));
            starts.push((first, last, claims.len()));
            waits += last - first + 1;
        }
        claims.push(Claim { line: row.i64(0)?, rows: rows.to_owned(), hash: Sha256::new(), waits });
        Ok(())
    })
    .await?;
    starts.sort_unstable();
    let (mut at, mut unclaimed) = (0, 0);
    let sql = "SELECT revision, unit, measure, origin, period, value, num, den, source, note FROM facts_history
               ORDER BY revision";
    tx.each(sql, args![], |row| {
        let revision = row.i64(0)?;
        while starts.get(at).is_some_and(|(_, last, _)| *last < revision) {
            at += 1;
        }
        match starts.get(at) {
            Some((first, _, claim)) if *first <= revision => {
                let claim: &mut Claim = &mut claims[*claim];
                claim.waits -= 1;
                feed_row(&mut claim.hash, &row)?;
            }
            _ => unclaimed += 1,
        }
        Ok(())
    })
    .await?;
    let wrong = |c: Claim| (c.waits != 0 || hex::encode(c.hash.finalize()) != c.rows).then_some(c.line);
    Ok(Findings { altered: claims.into_iter().filter_map(wrong).collect(), unclaimed })
}
