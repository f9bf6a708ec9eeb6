//! The audit trail: a line in every writing transaction, sealed into a hash chain a moment later.
//!
//! A line carries ids, action, time and the salted hash of its details; the details stand apart and may be erased by law.
//! Sealing is a step of its own, so that writers never wait for each other: it takes committed lines that have no place
//! yet and gives them the next places of the chain. `chain = SHA-256(previous chain, line hash)`.

use crate::{Query, Result, Store, WriteTx, args};
use kernel::{Actor, Clock, Scope, UnitId, UnitScope};
use sha2::{Digest, Sha256};
use std::{collections::HashMap, fmt};

/// What was done to what.
pub struct AuditLine {
    /// A stable word, `facts.publish`.
    pub action: &'static str,
    /// Kind and id of the subject, as in its permanent address.
    pub kind: &'static str,
    pub subject: String,
    pub unit: Option<UnitId>,
    pub details: serde_json::Value,
}

const FIRST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

fn sha(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hex::encode(hash.finalize())
}

impl WriteTx {
    /// Writes the line of this transaction. Cost: two rows.
    pub async fn audit(&mut self, line: AuditLine) -> Result<()> {
        let details = serde_json_canonicalizer::to_string(&line.details)?;
        let salt = uuid::Uuid::new_v4().simple().to_string();
        let hash = sha(&[&salt, &details]);
        let actor = self.actor().clone();
        let row = self
            .row(
                "INSERT INTO store_audit (at, role, person, action, kind, subject, unit, details_hash)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING seq",
                args![
                    self.now(),
                    actor.role.name(),
                    actor.person.map(|p| p.0),
                    line.action,
                    line.kind,
                    line.subject,
                    line.unit,
                    hash
                ],
            )
            .await?;
        let seq = row.map_or(Ok(0), |r| r.i64(0))?;
        let sql = "INSERT INTO store_audit_details (seq, salt, details) VALUES ($1, $2, $3)";
        self.execute_one(sql, args![seq, salt, details]).await
    }

    /// Erases the details of a line, as the law on personal data asks; the line and its hash stay. The reason is kept.
    pub async fn erase_details(&mut self, seq: i64, reason: &str) -> Result<()> {
        let sql = "UPDATE store_audit_details SET details = NULL, salt = '', erased_reason = $2 WHERE seq = $1";
        self.execute_one(sql, args![seq, reason]).await
    }
}

/// The hash of a line's own fields.
fn line_hash(row: &crate::Row, from: usize) -> Result<String> {
    let line = serde_json::json!({
        "seq": row.i64(from)?, "at": row.i64(from + 1)?, "role": row.text(from + 2)?, "person": row.opt_i64(from + 3)?,
        "action": row.text(from + 4)?, "kind": row.text(from + 5)?, "subject": row.text(from + 6)?,
        "unit": row.opt_i64(from + 7)?, "details_hash": row.text(from + 8)?,
    });
    Ok(sha(&[&serde_json_canonicalizer::to_string(&line)?]))
}

const LINE: &str = "a.seq, a.at, a.role, a.person, a.action, a.kind, a.subject, a.unit, a.details_hash";

/// Gives committed lines their places in the chain; how many. One sealer at a time: the write lock of SQLite, a row lock
/// on the last seal on PostgreSQL (places are unique, so a second sealer fails and tries again).
pub async fn seal(store: &Store, clock: &dyn Clock) -> Result<u64> {
    let mut tx = store.write(&Actor::SYSTEM, clock).await?;
    let last = tx.row("SELECT position, chain FROM store_seal ORDER BY position DESC LIMIT 1", args![]).await?;
    let (mut position, mut chain) = match last {
        Some(row) => (row.i64(0)?, row.text(1)?),
        None => (0, FIRST.to_owned()),
    };
    let sql = format!(
        "SELECT {LINE} FROM store_audit a LEFT JOIN store_seal s ON s.seq = a.seq WHERE s.seq IS NULL ORDER BY a.seq LIMIT 10000"
    );
    let mut sealed = Vec::new();
    for row in tx.rows(&sql, args![]).await? {
        let hash = line_hash(&row, 0)?;
        position += 1;
        chain = sha(&[&chain, &hash]);
        sealed.push(args![position, row.i64(0)?, hash, &chain]);
    }
    let count = tx.insert_many("store_seal", &["position", "seq", "line_hash", "chain"], sealed.into_iter()).await?;
    tx.commit().await?;
    Ok(count)
}

/// What is wrong with a line, or worth saying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A sealed line says something else than when it was sealed.
    Altered { seq: i64 },
    /// A sealed line is gone.
    Removed { seq: i64 },
    /// Sealed lines changed places.
    Reordered { position: i64 },
    /// The details are not those that were written.
    DetailsAltered { seq: i64 },
    /// The details are gone without a reason.
    DetailsRemoved { seq: i64 },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Altered { seq } => write!(f, "altered {seq}"),
            Finding::Removed { seq } => write!(f, "removed {seq}"),
            Finding::Reordered { position } => write!(f, "reordered {position}"),
            Finding::DetailsAltered { seq } => write!(f, "details-altered {seq}"),
            Finding::DetailsRemoved { seq } => write!(f, "details-removed {seq}"),
        }
    }
}

/// What verification saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub findings: Vec<Finding>,
    pub sealed: u64,
    pub unsealed: u64,
    /// Lines whose details were erased, with a reason.
    pub erased: u64,
    /// The head of the chain.
    pub head: Option<String>,
}

/// Checks the whole chain. Cost: every line once.
pub async fn verify(store: &Store) -> Result<Report> {
    let mut tx = store.read(&Scope { units: UnitScope::All, working: true }).await?;
    let sql = format!(
        "SELECT s.position, s.seq, s.line_hash, s.chain, d.salt, d.details, d.erased_reason, a.seq, {LINE}
         FROM store_seal s LEFT JOIN store_audit a ON a.seq = s.seq LEFT JOIN store_audit_details d ON d.seq = s.seq
         ORDER BY s.position"
    );
    let mut report = Report::default();
    let rows = tx.rows(&sql, args![]).await?;
    let mut chain = FIRST.to_owned();
    // Line hashes of the whole chain, to tell a swap of places from an alteration.
    let mut known: HashMap<String, i64> = HashMap::new();
    for row in &rows {
        known.insert(row.text(2)?, row.i64(0)?);
    }
    for row in &rows {
        let (position, seq, hash, sealed) = (row.i64(0)?, row.i64(1)?, row.text(2)?, row.text(3)?);
        report.sealed += 1;
        if row.opt_i64(7)?.is_none() {
            report.findings.push(Finding::Removed { seq });
        } else {
            if line_hash(row, 8)? != hash {
                report.findings.push(Finding::Altered { seq });
            }
            match (row.opt_text(4)?, row.opt_text(5)?, row.opt_text(6)?) {
                (_, None, Some(_)) => report.erased += 1,
                (Some(salt), Some(details), _) if sha(&[&salt, &details]) != row.text(16)? => {
                    report.findings.push(Finding::DetailsAltered { seq });
                }
                (Some(_), Some(_), _) => {}
                _ => report.findings.push(Finding::DetailsRemoved { seq }),
            }
        }
        if sha(&[&chain, &hash]) != sealed {
            let swapped = known.keys().any(|other| *other != hash && sha(&[&chain, other]) == sealed);
            let finding = if swapped { Finding::Reordered { position } } else { Finding::Altered { seq } };
            if !report.findings.contains(&finding) {
                report.findings.push(finding);
            }
        }
        chain = sealed;
    }
    // A gap in the places: a seal was taken out with its line.
    let positions: Vec<i64> = rows.iter().map(|r| r.i64(0)).collect::<Result<_>>()?;
    for (want, have) in (1..).zip(&positions) {
        if want != *have {
            report.findings.push(Finding::Removed { seq: want });
            break;
        }
    }
    report.head = rows.last().map(|r| r.text(3)).transpose()?;
    let unsealed = "SELECT COUNT(*) FROM store_audit a LEFT JOIN store_seal s ON s.seq = a.seq WHERE s.seq IS NULL";
    report.unsealed = tx.row(unsealed, args![]).await?.map_or(Ok(0), |r| r.i64(0))? as u64;
    Ok(report)
}
