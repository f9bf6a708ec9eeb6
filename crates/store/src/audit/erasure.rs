//! Erased details, and the line of the chain that tells of them.
//!
//! The law on personal data and retention erase details. Whoever can write to the database could wipe those of any other
//! line in the same words, so an erasure is told by a line of its own transaction: its details, which are hashed and never
//! erased, say how many lines lost theirs and the SHA-256 over their numbers, each erased row names that line, and
//! verification holds one against the other. A transaction that erased and told nobody is not committed.
//!
//! What this does not show: whoever can write to the database may also add a false line that tells of an erasure, as they
//! may add any false line; it then stands in the chain, with its time and count, for whoever reads the trail. Which lines
//! are quiet is not part of what is hashed, so nothing shows that retention took quiet ones only. What a program of before
//! erased is told by one line of the migration: how much that was and that nothing came to it since, not that each had
//! its reason.

use super::{AuditLine, Finding, Report};
use crate::{Query, Result, Row, StoreError, Value, WriteTx, args};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Erases what is kept of somebody.
const PERSON: &str = "identity.erased";
/// Erases what was kept long enough.
const RETENTION: &str = "web.retention";
/// Tells of what was erased before lines told of it.
const BEFORE: &str = "store.erased-before";
/// Only lines of these actions tell of erased details, and theirs are never erased.
const TELLERS: [&str; 3] = [PERSON, RETENTION, BEFORE];
/// Where the details of such a line have it.
const FIELD: &str = "erased";
/// The migration since which lines tell.
pub(crate) const SINCE: (&str, i64) = ("store", 5);

/// What a transaction erased so far, none of which a line has told of yet.
pub(crate) struct Erased {
    /// The number kept for the line that tells.
    teller: i64,
    lines: Vec<i64>,
}

/// The actions that tell, as a list for a statement.
pub(crate) fn tellers() -> String {
    TELLERS.map(|action| format!("'{action}'")).join(",")
}

/// Takes up one more number: in decimal, closed by a zero byte.
fn feed(hash: &mut Sha256, line: i64) {
    hash.update(line.to_string());
    hash.update([0]);
}

fn claim(mut lines: Vec<i64>) -> serde_json::Value {
    lines.sort_unstable();
    let mut hash = Sha256::new();
    lines.iter().for_each(|line| feed(&mut hash, *line));
    serde_json::json!({"lines": lines.len(), "sha256": hex::encode(hash.finalize())})
}

impl WriteTx {
    /// Erases the details of the lines whose numbers `which` selects (its parameters begin at $3); the lines and their
    /// hashes stay, and the reason. The next line of the transaction must be one that tells of it. How many. Cost: those
    /// rows.
    pub(crate) async fn erase_details(&mut self, which: &str, given: Vec<Value>, reason: &str) -> Result<u64> {
        let teller = match &self.erased {
            Some(erased) => erased.teller,
            None => self.audit_number().await?,
        };
        let sql = format!(
            "UPDATE store_audit_details SET details = NULL, salt = '', erased_reason = $1, teller = $2, quiet_at = NULL
             WHERE details IS NOT NULL AND seq IN ({which}) RETURNING seq"
        );
        let mut all = args![reason, teller];
        all.extend(given);
        let rows = self.rows(&sql, all).await?;
        self.note_erased(teller, &rows)
    }

    /// The number of a line to come.
    async fn audit_number(&mut self) -> Result<i64> {
        let numbers = self.reserve("store_audit", "seq", 1).await?;
        numbers.first().copied().ok_or_else(|| StoreError::Corrupt("no number for a line".into()))
    }

    fn note_erased(&mut self, teller: i64, rows: &[Row]) -> Result<u64> {
        if rows.is_empty() {
            return Ok(0);
        }
        let lines = rows.iter().map(|row| row.i64(0)).collect::<Result<Vec<i64>>>()?;
        self.erased.get_or_insert_with(|| Erased { teller, lines: Vec::new() }).lines.extend(lines);
        Ok(rows.len() as u64)
    }

    /// Lets a line tell of what its transaction erased; the number it then has. Any other line is refused while
    /// something waits to be told.
    pub(super) fn tell_erased(&mut self, line: &mut AuditLine) -> Result<Option<i64>> {
        if self.erased.is_none() {
            return Ok(None);
        }
        let (true, serde_json::Value::Object(details)) = (TELLERS.contains(&line.action), &mut line.details) else {
            return Err(StoreError::Untold);
        };
        let Some(Erased { teller, lines }) = self.erased.take() else { return Ok(None) };
        details.insert(FIELD.to_owned(), claim(lines));
        Ok(Some(teller))
    }

    /// One line tells of all that programs erased which kept no account of it, so that nothing is added to it later. Once,
    /// when the columns of the account are new. Cost: those rows; where there are none, a look through the details.
    pub(crate) async fn tell_erased_before(&mut self) -> Result<()> {
        let erased = "details IS NULL AND erased_reason IS NOT NULL";
        let any = format!("SELECT seq FROM store_audit_details WHERE {erased} LIMIT 1");
        if self.row(&any, args![]).await?.is_none() {
            return Ok(());
        }
        let teller = self.audit_number().await?;
        let sql = format!("UPDATE store_audit_details SET teller = $1 WHERE {erased} RETURNING seq");
        let rows = self.rows(&sql, args![teller]).await?;
        self.note_erased(teller, &rows)?;
        let (kind, subject, details) = ("house", "erased-before".to_owned(), serde_json::json!({}));
        self.audit(AuditLine { action: BEFORE, kind, subject, unit: None, details }).await
    }
}

/// What a line says it erased.
struct Claim {
    before: bool,
    lines: u64,
    sha256: String,
}

/// The lines that one line erased, as far as they were read.
struct Set {
    teller: i64,
    lines: u64,
    hash: Sha256,
}

/// Holds the erased rows against what lines tell of them.
struct Check<'a> {
    claims: HashMap<i64, Claim>,
    set: Option<Set>,
    report: &'a mut Report,
}

impl Check<'_> {
    /// One erased row: number, teller, reason; in the order of their tellers.
    fn row(&mut self, row: &Row) -> Result<()> {
        let (seq, reason) = (row.i64(0)?, row.text(2)?);
        let told = row.opt_i64(1)?.filter(|teller| self.is_claim(*teller));
        let Some(teller) = told else {
            self.report.findings.push(Finding::ErasureUntold { seq });
            return Ok(());
        };
        if self.set.as_ref().is_none_or(|set| set.teller != teller) {
            self.end();
            self.set = Some(Set { teller, lines: 0, hash: Sha256::new() });
        }
        if let Some(set) = &mut self.set {
            set.lines += 1;
            feed(&mut set.hash, seq);
        }
        match self.claims.get(&teller) {
            Some(claim) if claim.before => self.report.erased_before += 1,
            _ => *self.report.erased.entry(reason).or_default() += 1,
        }
        Ok(())
    }

    fn is_claim(&self, teller: i64) -> bool {
        self.claims.contains_key(&teller)
    }

    /// The last row of a set was read: does it give what its line says?
    fn end(&mut self) {
        let Some(Set { teller, lines, hash }) = self.set.take() else { return };
        let hash = hex::encode(hash.finalize());
        if self.claims.remove(&teller).is_none_or(|claim| claim.lines != lines || claim.sha256 != hash) {
            self.report.findings.push(Finding::ErasureAltered { seq: teller });
        }
    }
}

/// What lines of the trail say they erased. Cost: one row an erasure and a run of the retention.
async fn claims(tx: &mut impl Query) -> Result<HashMap<i64, Claim>> {
    let sql = format!(
        "SELECT a.seq, a.action, d.details FROM store_audit a JOIN store_audit_details d ON d.seq = a.seq
         WHERE a.action IN ({}) AND d.details IS NOT NULL",
        tellers()
    );
    let mut claims = HashMap::new();
    tx.each(&sql, args![], |row| {
        // Altered details are a finding of their own; here they are no claim.
        let details: serde_json::Value = serde_json::from_str(&row.text(2)?).unwrap_or_default();
        if let (Some(lines), Some(sha256)) = (details[FIELD]["lines"].as_u64(), details[FIELD]["sha256"].as_str()) {
            let claim = Claim { before: row.text(1)? == BEFORE, lines, sha256: sha256.to_owned() };
            claims.insert(row.i64(0)?, claim);
        }
        Ok(())
    })
    .await?;
    Ok(claims)
}

/// Counts the lines whose details are erased, and holds them against those that tell of it. Cost: the erased lines once,
/// sorted by the database, none kept here; the telling ones.
pub(super) async fn check(tx: &mut impl Query, report: &mut Report) -> Result<()> {
    let mut check = Check { claims: claims(tx).await?, set: None, report };
    let sql = "SELECT seq, teller, erased_reason FROM store_audit_details
               WHERE details IS NULL AND erased_reason IS NOT NULL ORDER BY teller, seq";
    tx.each(sql, args![], |row| check.row(&row)).await?;
    check.end();
    // A line tells of an erasure, and nothing names it.
    let mut left: Vec<i64> = check.claims.keys().copied().collect();
    left.sort_unstable();
    check.report.findings.extend(left.into_iter().map(|seq| Finding::ErasureAltered { seq }));
    Ok(())
}
