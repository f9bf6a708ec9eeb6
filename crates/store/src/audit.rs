//! The audit trail: a line in every writing transaction, sealed into a hash chain a moment later.
//!
//! A line carries ids, action, time and the salted hash of its details; the details stand apart and may be erased by law.
//! Sealing is a step of its own, so that writers never wait for each other: it takes committed lines that have no place
//! yet and gives them the next places of the chain: `chain = SHA-256(previous chain, 0, line hash, 0)`, where the line hash
//! is the SHA-256 of the line's canonical JSON (RFC 8785) and a zero byte. What the chain cannot show, a noted [`Head`]
//! does: that it was not cut off at its end or made anew as a whole. Of erased details another line tells (`erasure`).

mod erasure;

use crate::{Engine, Query, Result, Row, Store, StoreError, Value, WriteTx, args};
pub(crate) use erasure::{Erased, SINCE, tellers};
use kernel::{Actor, Clock, Places, UnitId};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    str::FromStr,
};

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

const LINE_IN: &str =
    "INSERT INTO store_audit (at, role, person, action, kind, subject, unit, details_hash, sealed, quiet)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9) RETURNING seq";
/// The same of a line whose number was kept for it.
const NUMBERED_IN: &str =
    "INSERT INTO store_audit (at, role, person, action, kind, subject, unit, details_hash, sealed, quiet, seq)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10) RETURNING seq";
const DETAILS_IN: &str = "INSERT INTO store_audit_details (seq, salt, details, quiet_at)";

impl WriteTx {
    /// Writes the line of this transaction. Of an actor whose reach has an end it must name a unit within it as of today,
    /// unless [`WriteTx::reach`] was asked before. Cost: two rows.
    pub async fn audit(&mut self, line: AuditLine) -> Result<()> {
        self.within_reach(&line).await?;
        self.line(line, false).await
    }

    /// Writes the line of what changed nothing that anybody else sees: a login, a refused access, an export, a reading of
    /// personal data, a person's own account. Finished pages outlive it. Cost: two rows.
    pub async fn audit_quietly(&mut self, line: AuditLine) -> Result<()> {
        if line.unit.is_some() {
            self.within_reach(&line).await?;
        }
        self.line(line, true).await
    }

    async fn within_reach(&mut self, line: &AuditLine) -> Result<()> {
        if self.covered.is_some() || self.scope().writes == Places::All {
            return Ok(());
        }
        match line.unit {
            Some(unit) => {
                let today = self.now().day();
                self.reach(&[(unit, today)]).await.map(|_| ())
            }
            None => Err(StoreError::OutOfScope),
        }
    }

    async fn line(&mut self, mut line: AuditLine, quiet: bool) -> Result<()> {
        let number = self.tell_erased(&mut line)?;
        // Retention takes quiet lines: what tells of erased details must outlive it.
        let quiet = quiet && number.is_none();
        self.audited = true;
        let details = serde_json_canonicalizer::to_string(&line.details)?;
        let salt = uuid::Uuid::new_v4().simple().to_string();
        let hash = sha(&[&salt, &details]);
        let actor = self.actor();
        let mut args = args![
            self.now(),
            actor.role.name(),
            actor.person.map(|p| p.0),
            line.action,
            line.kind,
            line.subject,
            line.unit,
            hash,
            i64::from(quiet)
        ];
        // Of quiet lines, when: by that retention finds them.
        let quiet_at = quiet.then(|| self.now());
        if self.engine() == Engine::Postgres && number.is_none() {
            // Both at once: a journey less.
            let sql = format!("WITH line AS ({LINE_IN}) {DETAILS_IN} SELECT seq, $10, $11, $12 FROM line");
            args.extend(args![salt, details, quiet_at]);
            return self.execute_one(&sql, args).await;
        }
        args.extend(number.map(Value::from));
        let sql = if number.is_some() { NUMBERED_IN } else { LINE_IN };
        let seq = self.row(sql, args).await?.map_or(Ok(0), |r| r.i64(0))?;
        self.execute_one(&format!("{DETAILS_IN} VALUES ($1, $2, $3, $4)"), args![seq, salt, details, quiet_at]).await
    }
}

/// A line's own fields, of a row that begins with [`LINE`].
fn line(row: &Row) -> Result<serde_json::Value> {
    Ok(serde_json::json!({
        "seq": row.i64(0)?, "at": row.i64(1)?, "role": row.text(2)?, "person": row.opt_i64(3)?,
        "action": row.text(4)?, "kind": row.text(5)?, "subject": row.text(6)?,
        "unit": row.opt_i64(7)?, "details_hash": row.text(8)?,
    }))
}

fn line_hash(line: &serde_json::Value) -> Result<String> {
    Ok(sha(&[&serde_json_canonicalizer::to_string(line)?]))
}

const LINE: &str = "a.seq, a.at, a.role, a.person, a.action, a.kind, a.subject, a.unit, a.details_hash";

/// Lines sealed in one transaction, at most.
const BATCH: usize = 10_000;

/// Gives committed lines their places in the chain; how many. A line that commits late on PostgreSQL gets a later place,
/// never none. One sealer at a time. Cost: three rows a line, none where nothing waits.
pub async fn seal(store: &Store, clock: &dyn Clock) -> Result<u64> {
    let mut total = 0;
    loop {
        // Looking does not stand in writers' way.
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        if tx.row("SELECT seq FROM store_audit WHERE sealed = 0 LIMIT 1", args![]).await?.is_none() {
            return Ok(total);
        }
        drop(tx);
        let mut tx = store.write(&Actor::SYSTEM, clock).await?;
        tx.lock("store.seal").await?;
        let last = tx.row("SELECT position, chain FROM store_seal ORDER BY position DESC LIMIT 1", args![]).await?;
        let (mut position, mut chain) = match last {
            Some(row) => (row.i64(0)?, row.text(1)?),
            None => (0, FIRST.to_owned()),
        };
        // A line that took the number of a removed, sealed one has no place to get; verification names it.
        let sql = format!(
            "SELECT {LINE}, CASE WHEN s.seq IS NULL THEN 0 ELSE 1 END
             FROM store_audit a LEFT JOIN store_seal s ON s.seq = a.seq WHERE a.sealed = 0 ORDER BY a.seq LIMIT $1"
        );
        let rows = tx.rows(&sql, args![BATCH as i64]).await?;
        let mut sealed = Vec::new();
        let mut seqs = Vec::new();
        for row in &rows {
            seqs.push(row.i64(0)?);
            if row.flag(9)? {
                continue;
            }
            let hash = line_hash(&line(row)?)?;
            position += 1;
            chain = sha(&[&chain, &hash]);
            sealed.push(args![position, row.i64(0)?, hash, &chain]);
        }
        total += sealed.len() as u64;
        tx.insert_many("store_seal", &["position", "seq", "line_hash", "chain"], sealed.into_iter()).await?;
        for some in seqs.chunks(500) {
            let places = crate::places(1, some.len());
            let sql = format!("UPDATE store_audit SET sealed = 1 WHERE seq IN ({})", places);
            tx.execute(&sql, some.iter().map(|seq| Value::from(*seq)).collect()).await?;
        }
        tx.commit().await?;
        if rows.len() < BATCH {
            return Ok(total);
        }
    }
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A sealed line says something else than when it was sealed.
    Altered { seq: i64 },
    /// A sealed line is gone.
    Removed { seq: i64 },
    /// The seal of a place is gone, and with it what stood there.
    SealRemoved { position: i64 },
    /// A sealed line stands at another's place.
    Reordered { seq: i64, position: i64 },
    /// The seal at this place was rewritten.
    SealAltered { seq: i64, position: i64 },
    /// The details are not those that were written.
    DetailsAltered { seq: i64 },
    /// The details are gone without a reason.
    DetailsRemoved { seq: i64 },
    /// The details were erased, and no line tells of it.
    ErasureUntold { seq: i64 },
    /// The lines that this one says it erased are not those that are erased.
    ErasureAltered { seq: i64 },
    /// A head that was noted outside the database is not in it: the chain was cut or made anew.
    HeadMissing { position: i64 },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Altered { seq } => write!(f, "altered {seq}"),
            Finding::Removed { seq } => write!(f, "removed {seq}"),
            Finding::SealRemoved { position } => write!(f, "seal-removed {position}"),
            Finding::Reordered { seq, position } => write!(f, "reordered {seq} at {position}"),
            Finding::SealAltered { seq, position } => write!(f, "seal-altered {seq} at {position}"),
            Finding::DetailsAltered { seq } => write!(f, "details-altered {seq}"),
            Finding::DetailsRemoved { seq } => write!(f, "details-removed {seq}"),
            Finding::ErasureUntold { seq } => write!(f, "erasure-untold {seq}"),
            Finding::ErasureAltered { seq } => write!(f, "erasure-altered {seq}"),
            Finding::HeadMissing { position } => write!(f, "head-missing {position}"),
        }
    }
}

/// The end of the chain at some moment. Noted outside the database (printed, mailed, signed), it shows later that
/// nothing before it was changed or cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub position: i64,
    pub chain: String,
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.position, self.chain)
    }
}

impl FromStr for Head {
    type Err = String;

    /// Reads `POSITION CHAIN`, as it was printed.
    fn from_str(text: &str) -> std::result::Result<Head, String> {
        let (position, chain) = text.trim().split_once(' ').ok_or_else(|| text.to_owned())?;
        let position = position.parse().map_err(|_| text.to_owned())?;
        Ok(Head { position, chain: chain.trim().to_owned() })
    }
}

/// The head of the chain now. Cost: one row.
pub async fn head(tx: &mut impl Query) -> Result<Option<Head>> {
    let row = tx.row("SELECT position, chain FROM store_seal ORDER BY position DESC LIMIT 1", args![]).await?;
    row.map(|row| Ok(Head { position: row.i64(0)?, chain: row.text(1)? })).transpose()
}

/// What verification saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub findings: Vec<Finding>,
    pub sealed: u64,
    pub unsealed: u64,
    /// How many lines had their details erased, by the reason.
    pub erased: BTreeMap<String, u64>,
    /// How many had them erased by programs that kept no account of it, which one line tells of.
    pub erased_before: u64,
    pub head: Option<Head>,
}

/// Checks the whole chain. Cost: every line once, in memory a few at a time.
pub async fn verify(store: &Store) -> Result<Report> {
    verify_against(store, &[]).await
}

/// Places with broken links that are looked into; a chain with more is beyond telling what went where.
const LOOKED_INTO: usize = 100;

/// Checks the whole chain, that each of `heads`, noted earlier, is in it, and that lines tell of all details that were
/// erased. Cost: every line once, the erased ones once more, and the seals for each broken link.
pub async fn verify_against(store: &Store, heads: &[Head]) -> Result<Report> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let mut report = Report::default();
    let mut walk = Walk::new(heads);
    let sql = format!(
        "SELECT {LINE}, s.position, s.seq, s.line_hash, s.chain, d.salt, d.details, d.erased_reason
         FROM store_seal s LEFT JOIN store_audit a ON a.seq = s.seq LEFT JOIN store_audit_details d ON d.seq = s.seq
         ORDER BY s.position"
    );
    tx.each(&sql, args![], |row| walk.line(&row, &mut report)).await?;
    for altered in &walk.altered {
        report.findings.push(altered.finding(&walk.altered)?);
    }
    // A broken link: does another line belong here, or this one elsewhere? Otherwise the seal was rewritten.
    for (at, Unlinked { before, seq, position, hash, chain }) in
        std::mem::take(&mut walk.unlinked).into_iter().enumerate()
    {
        let mut elsewhere = false;
        if at < LOOKED_INTO {
            tx.each("SELECT line_hash, chain FROM store_seal", args![], |row| {
                elsewhere |= sha(&[&before, &row.text(0)?]) == chain || sha(&[&row.text(1)?, &hash]) == chain;
                Ok(())
            })
            .await?;
        }
        report.findings.push(match elsewhere {
            true => Finding::Reordered { seq, position },
            false => Finding::SealAltered { seq, position },
        });
    }
    report.findings.extend(walk.missing());
    erasure::check(&mut tx, &mut report).await?;
    report.head = (walk.position > 0).then_some(Head { position: walk.position, chain: walk.chain });
    let unsealed = "SELECT COUNT(*) FROM store_audit a LEFT JOIN store_seal s ON s.seq = a.seq WHERE s.seq IS NULL";
    report.unsealed = tx.row(unsealed, args![]).await?.map_or(Ok(0), |r| r.i64(0))? as u64;
    Ok(report)
}

/// Where verification is in the chain.
struct Walk {
    chain: String,
    position: i64,
    /// Noted heads not met yet, by their places: each line asks for its own.
    heads: HashMap<i64, Vec<String>>,
    altered: Vec<Altered>,
    unlinked: Vec<Unlinked>,
}

/// A line that is not what was sealed under its number.
struct Altered {
    seq: i64,
    position: i64,
    line: serde_json::Value,
    hash: String,
}

impl Altered {
    /// Altered, unless it is another's sealed line word for word.
    fn finding(&self, all: &[Altered]) -> Result<Finding> {
        for other in all.iter().take(LOOKED_INTO).filter(|other| other.seq != self.seq) {
            let mut line = self.line.clone();
            line["seq"] = other.seq.into();
            if line_hash(&line)? == other.hash {
                return Ok(Finding::Reordered { seq: other.seq, position: self.position });
            }
        }
        Ok(Finding::Altered { seq: self.seq })
    }
}

/// A place whose chain does not follow from the one before.
struct Unlinked {
    before: String,
    seq: i64,
    position: i64,
    hash: String,
    chain: String,
}

impl Walk {
    fn new(noted: &[Head]) -> Walk {
        let mut heads: HashMap<i64, Vec<String>> = HashMap::new();
        for head in noted {
            heads.entry(head.position).or_default().push(head.chain.clone());
        }
        Walk { chain: FIRST.to_owned(), position: 0, heads, altered: Vec::new(), unlinked: Vec::new() }
    }

    /// The noted heads that are not in the chain, in the order of their places.
    fn missing(&self) -> Vec<Finding> {
        let each = self.heads.iter().flat_map(|(position, chains)| vec![*position; chains.len()]);
        let mut places: Vec<i64> = each.collect();
        places.sort_unstable();
        places.into_iter().map(|position| Finding::HeadMissing { position }).collect()
    }

    fn line(&mut self, row: &Row, report: &mut Report) -> Result<()> {
        let (position, seq, hash, sealed) = (row.i64(9)?, row.i64(10)?, row.text(11)?, row.text(12)?);
        report.sealed += 1;
        if row.opt_i64(0)?.is_none() {
            report.findings.push(Finding::Removed { seq });
        } else {
            let line = line(row)?;
            let intact = line_hash(&line)? == hash;
            if !intact {
                self.altered.push(Altered { seq, position, line, hash: hash.clone() });
            }
            match (row.opt_text(13)?, row.opt_text(14)?, row.opt_text(15)?) {
                // Nothing to hold the details against.
                _ if !intact => {}
                // Whether a line tells of it is looked at apart.
                (_, None, Some(_)) => {}
                (Some(salt), Some(details), _) if sha(&[&salt, &details]) != row.text(8)? => {
                    report.findings.push(Finding::DetailsAltered { seq });
                }
                (Some(_), Some(_), _) => {}
                _ => report.findings.push(Finding::DetailsRemoved { seq }),
            }
        }
        let gap = position != self.position + 1;
        report
            .findings
            .extend((self.position + 1..position).take(1000).map(|position| Finding::SealRemoved { position }));
        if !gap && sha(&[&self.chain, &hash]) != sealed {
            self.unlinked.push(Unlinked { before: self.chain.clone(), seq, position, hash, chain: sealed.clone() });
        }
        if let Some(chains) = self.heads.get_mut(&position) {
            chains.retain(|chain| *chain != sealed);
        }
        (self.chain, self.position) = (sealed, position);
        Ok(())
    }
}
