//! Recovery codes: ten for paper, each in place of one code of the second factor, for when the phone is lost. They end with
//! the second factor they were made for.

use crate::{
    secrets,
    store::{HOUR, note_own},
};
use kernel::{Moment, PersonId};
use serde_json::json;
use store::{Query, Result, WriteTx, args};

/// How many there are.
pub const COUNT: usize = 10;
/// How long they stand: longer than any phone.
const LONG: i64 = 10 * 365 * 24 * HOUR;
/// The kind under which they stand among one-time codes.
pub(crate) const KIND: &str = "recovery";

/// What is kept of a code as somebody types it; case and blanks do not matter. `None` where it cannot be one: the codes of
/// a phone are shorter.
fn hashed(typed: &str) -> Option<String> {
    let code: String = typed.trim().to_uppercase().chars().filter(|c| !c.is_whitespace()).collect();
    (code.len() == 23).then(|| secrets::hash(&code))
}

/// Makes new ones; those from before end. They are nowhere else. Cost: as many rows.
pub async fn make(tx: &mut WriteTx, person: PersonId) -> Result<Vec<String>> {
    forget(tx, person).await?;
    let codes: Vec<String> = (0..COUNT).map(|_| secrets::code()).collect();
    let (now, ends) = (tx.now(), tx.now().0 + LONG);
    let rows: Vec<_> = codes.iter().map(|code| args![secrets::hash(code), KIND, person.0, now, ends]).collect();
    tx.insert_many("identity_code", &["hash", "kind", "person", "made_at", "ends_at"], rows.into_iter()).await?;
    note_own(tx, "identity.recovery-codes", person, json!({"count": codes.len()})).await?;
    Ok(codes)
}

/// They end, as their second factor does.
pub(crate) async fn forget(tx: &mut WriteTx, person: PersonId) -> Result<()> {
    tx.execute("DELETE FROM identity_code WHERE person = $1 AND kind = $2", args![person.0, KIND]).await?;
    Ok(())
}

/// How many somebody has left.
pub async fn left(tx: &mut impl Query, person: PersonId, now: Moment) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM identity_code WHERE person = $1 AND kind = $2 AND used_at IS NULL AND ends_at > $3";
    tx.row(sql, args![person.0, KIND, now]).await?.map_or(Ok(0), |row| row.i64(0))
}

/// Uses one up; whether it was one of theirs that nobody had used. Of two that bring it at once one comes first.
pub(crate) async fn take(tx: &mut WriteTx, person: PersonId, typed: &str) -> Result<bool> {
    let Some(hash) = hashed(typed) else { return Ok(false) };
    let sql = "UPDATE identity_code SET used_at = $3 WHERE hash = $1 AND person = $2 AND kind = $4 AND used_at IS NULL
               AND ends_at > $3";
    let taken = tx.execute(sql, args![hash, person.0, tx.now(), KIND]).await? == 1;
    if taken {
        note_own(tx, "identity.recovery-code-used", person, json!({})).await?;
    }
    Ok(taken)
}
