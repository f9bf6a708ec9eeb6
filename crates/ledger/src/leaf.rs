//! Leaves: RFC 8785 JSON with a version, a kind and a salt of its own; what each kind says is in `docs/proof.md`.

use kernel::Moment;
use serde_json::{Map, Value};
use store::{Given, Query, Result, StoreError, WriteTx, args, audit::Head, secrets::random};

/// The version of the format of leaves.
pub const VERSION: i64 = 1;

/// A published result that is to stand in the ledger.
pub struct Leaf {
    /// What it is of: `verdict`.
    pub kind: &'static str,
    /// Whose result: what stays the same when it is published again; the newest leaf of a subject is its present one.
    pub subject: String,
    /// The result, as the public sees it: no personal data.
    pub body: Map<String, Value>,
}

/// The text that is hashed: the body with version, kind and 128 random bits, which keep a guesser from confirming a result
/// by its hash where only hashes are shown.
fn text(kind: &str, body: &Map<String, Value>) -> Result<String> {
    let mut all = body.clone();
    all.insert("v".into(), VERSION.into());
    all.insert("kind".into(), kind.into());
    all.insert("salt".into(), hex::encode(random::<16>()).into());
    Ok(serde_json_canonicalizer::to_string(&all)?)
}

/// Writes leaves in the transaction that publishes what they say; they get their places a moment after it is committed.
/// Cost: one row a leaf.
pub async fn write(tx: &mut WriteTx, leaves: &[Leaf]) -> Result<()> {
    let now = tx.now().0;
    let texts = leaves.iter().map(|leaf| text(leaf.kind, &leaf.body)).collect::<Result<Vec<_>>>()?;
    let row = |at: usize| -> [Given<'_>; 4] {
        let leaf = &leaves[at];
        [leaf.kind.into(), leaf.subject.as_str().into(), texts[at].as_str().into(), now.into()]
    };
    tx.insert_many("ledger_leaf", &["kind", "subject", "body", "at"], (0..leaves.len()).map(row)).await?;
    Ok(())
}

/// Writes one leaf and gives its number and text.
pub(crate) async fn one(tx: &mut WriteTx, leaf: Leaf) -> Result<(i64, String)> {
    let text = text(leaf.kind, &leaf.body)?;
    let sql = "INSERT INTO ledger_leaf (kind, subject, body, at) VALUES ($1, $2, $3, $4) RETURNING id";
    let row = tx.row(sql, args![leaf.kind, leaf.subject, &text, tx.now()]).await?;
    let id = row.map_or_else(|| Err(StoreError::Corrupt("a leaf without a number".into())), |row| row.i64(0))?;
    Ok((id, text))
}

/// The head of the audit chain as a leaf.
pub(crate) async fn audit_head(tx: &mut WriteTx, head: &Head) -> Result<(i64, String)> {
    let body = [("position", Value::from(head.position)), ("chain", head.chain.as_str().into())];
    let body = body.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    one(tx, Leaf { kind: "audit-head", subject: head.position.to_string(), body }).await
}

/// A leaf as it was written, and its place where it has one.
#[derive(Clone, Debug)]
pub struct Found {
    pub id: i64,
    pub body: String,
    pub at: Moment,
    pub position: Option<u64>,
}

/// The newest leaf of a subject. Cost: two rows by index.
pub async fn newest(tx: &mut impl Query, kind: &str, subject: &str) -> Result<Option<Found>> {
    let sql = "SELECT l.id, l.body, l.at, e.position FROM ledger_leaf l LEFT JOIN ledger_entry e ON e.leaf = l.id
               WHERE l.kind = $1 AND l.subject = $2 ORDER BY l.id DESC LIMIT 1";
    let row = tx.row(sql, args![kind, subject]).await?;
    row.map(|row| {
        let position = row.opt_i64(3)?.map(|p| p as u64);
        Ok(Found { id: row.i64(0)?, body: row.text(1)?, at: Moment(row.i64(2)?), position })
    })
    .transpose()
}
