//! Files between their check and their commit, and the answers of jobs that commit large ones.

use kernel::Moment;
use store::{AuditLine, Query, Result, WriteTx, args};

/// A file that was checked and waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// A file is kept a day; the answer of a job as long as the job itself.
const KEPT: i64 = 86_400_000_000;

/// Keeps a file by its hash until it is committed, and forgets what nobody came back for. Cost: one row, and old ones.
pub async fn keep(tx: &mut WriteTx, hash: &str, upload: Upload, figures: usize) -> Result<()> {
    let now = tx.now().0;
    let (day, week) = (Moment(now - KEPT), Moment(now - store::jobs::KEPT_DAYS * KEPT));
    tx.execute("DELETE FROM facts_upload WHERE at < $1", args![day]).await?;
    tx.execute("DELETE FROM facts_job WHERE at < $1", args![week]).await?;
    let sql = "INSERT INTO facts_upload (sha256, name, bytes, at, figures) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (sha256) DO UPDATE SET at = excluded.at, name = excluded.name, figures = excluded.figures";
    let details = serde_json::json!({"name": upload.name, "bytes": upload.bytes.len(), "figures": figures});
    tx.execute_one(sql, args![hash, &upload.name, upload.bytes, tx.now(), figures as i64]).await?;
    let subject = hash.to_owned();
    // Nobody sees anything of it until it is committed, and that has its own line.
    tx.audit_quietly(AuditLine { action: "facts.upload", kind: "import", subject, unit: None, details }).await
}

/// How many figures a waiting file has, and its name; `None` where it was forgotten. Cost: one row, without the file.
pub async fn size(tx: &mut impl Query, hash: &str) -> Result<Option<(String, i64)>> {
    let row = tx.row("SELECT name, figures FROM facts_upload WHERE sha256 = $1", args![hash]).await?;
    row.map(|r| Ok((r.text(0)?, r.i64(1)?))).transpose()
}

/// A waiting file.
pub async fn find(tx: &mut impl Query, hash: &str) -> Result<Option<Upload>> {
    let row = tx.row("SELECT name, bytes FROM facts_upload WHERE sha256 = $1", args![hash]).await?;
    row.map(|r| Ok(Upload { name: r.text(0)?, bytes: r.blob(1)? })).transpose()
}

/// Lets a file go.
pub async fn forget(tx: &mut WriteTx, hash: &str) -> Result<()> {
    tx.execute("DELETE FROM facts_upload WHERE sha256 = $1", args![hash]).await.map(drop)
}

/// Keeps what a job did, in the transaction that did it, with a line of its own: where nothing was recorded there is no other. Cost: three
/// rows.
pub async fn answer(tx: &mut WriteTx, job: i64, name: &str, answer: &serde_json::Value) -> Result<()> {
    let sql = "INSERT INTO facts_job (job, name, answer, at) VALUES ($1, $2, $3, $4)";
    tx.execute_one(sql, args![job, name, answer.to_string(), tx.now()]).await?;
    let (subject, details) =
        (job.to_string(), serde_json::json!({"refused": answer["refused"], "count": answer["count"]}));
    tx.audit_quietly(AuditLine { action: "facts.answered", kind: "job", subject, unit: None, details }).await
}

/// What a job did, with the name of its file. Cost: one row.
pub async fn answered(tx: &mut impl Query, job: i64) -> Result<Option<(String, serde_json::Value)>> {
    let row = tx.row("SELECT name, answer FROM facts_job WHERE job = $1", args![job]).await?;
    row.map(|r| Ok((r.text(0)?, serde_json::from_str(&r.text(1)?)?))).transpose()
}
