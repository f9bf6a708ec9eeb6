//! Files of boundaries between their check and their commit.

use ::store::{AuditLine, Query, Result, WriteTx, args};

/// How long a checked file waits for its commit, in microseconds: a day.
const KEPT: i64 = 86_400_000_000;

/// Keeps a file for its commit, and forgets those that nobody came back for. Cost: the file.
pub async fn keep_upload(tx: &mut WriteTx, hash: &str, name: &str, bytes: Vec<u8>) -> Result<()> {
    let now = tx.now();
    let forgotten = tx.execute("DELETE FROM units_upload WHERE at < $1", args![now.0 - KEPT]).await?;
    let size = bytes.len();
    let sql =
        "INSERT INTO units_upload (sha256, name, bytes, at) VALUES ($1, $2, $3, $4) ON CONFLICT (sha256) DO NOTHING";
    tx.execute(sql, args![hash, name, bytes, now]).await?;
    let details = serde_json::json!({"name": name, "bytes": size, "forgotten": forgotten});
    tx.audit(AuditLine { action: "units.upload", kind: "boundaries", subject: hash.to_owned(), unit: None, details })
        .await
}

/// Name and bytes of a waiting file. Cost: the file.
pub async fn upload(tx: &mut impl Query, hash: &str) -> Result<Option<(String, Vec<u8>)>> {
    let row = tx.row("SELECT name, bytes FROM units_upload WHERE sha256 = $1", args![hash]).await?;
    row.map(|row| Ok((row.text(0)?, row.blob(1)?))).transpose()
}

/// Forgets a file whose boundaries are kept; the line of those names it. Cost: one row.
pub async fn forget_upload(tx: &mut WriteTx, hash: &str) -> Result<()> {
    tx.execute("DELETE FROM units_upload WHERE sha256 = $1", args![hash]).await?;
    Ok(())
}
