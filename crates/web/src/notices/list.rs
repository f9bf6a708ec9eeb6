//! Somebody's own notices, as their page lists them.

use kernel::{Moment, PersonId, UnitId};
use store::{AuditLine, Listing, Query, Result, Row, WriteTx, args};

/// A line of somebody's list.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub id: i64,
    pub at: Moment,
    pub kind: String,
    pub text_vi: String,
    pub text_en: String,
    pub link: String,
    pub unit: Option<UnitId>,
    pub read_at: Option<Moment>,
}

fn line(row: &Row) -> Result<Line> {
    Ok(Line {
        id: row.i64(0)?,
        at: Moment(row.i64(1)?),
        kind: row.text(2)?,
        text_vi: row.text(3)?,
        text_en: row.text(4)?,
        link: row.text(5)?,
        unit: row.opt_i64(6)?.map(UnitId),
        read_at: row.opt_i64(7)?.map(Moment),
    })
}

/// Asked for as a state, what was not read yet, whatever its kind.
const UNREAD: &str = "unread";

/// A page of somebody's notices, and how many there are: of the kind, or [`UNREAD`], that stands as the state; `oldest` first,
/// the newest otherwise. Cost: their notices; one page returned.
pub async fn list(tx: &mut impl Query, person: PersonId, listing: &Listing) -> Result<(Vec<Line>, i64)> {
    let order = if listing.sort == "oldest" { "n.matter" } else { "n.matter DESC" };
    let (kind, unread) = match listing.state.as_str() {
        UNREAD => ("", "AND n.read_at IS NULL"),
        kind => (kind, ""),
    };
    let columns = "n.id, m.at, m.kind, m.text_vi, m.text_en, m.link, m.unit, n.read_at";
    let from = format!(
        "web_notice n JOIN web_matter m ON m.id = n.matter
         WHERE n.person = $1 AND ($2 = '' OR m.kind = $2) AND ($3 = '' OR m.search LIKE '%' || $3 || '%') {unread}"
    );
    let given = args![person.0, kind, listing.key()];
    store::paged(tx, columns, &from, order, given, listing.span(), line).await
}

/// Marks one of somebody's notices as read, or all of them; how many were not. Nobody marks another's. Cost: the notices
/// marked, one row.
pub async fn mark_read(tx: &mut WriteTx, person: PersonId, one: Option<i64>) -> Result<u64> {
    tx.lock("web_bell").await?;
    let sql = "UPDATE web_notice SET read_at = $2 WHERE person = $1 AND read_at IS NULL AND ($3 = 0 OR id = $3)";
    let marked = tx.execute(sql, args![person.0, tx.now(), one.unwrap_or(0)]).await?;
    let count = "UPDATE web_bell SET unread = (SELECT COUNT(*) FROM web_notice WHERE person = $1 AND read_at IS NULL)
                 WHERE person = $1";
    tx.execute(count, args![person.0]).await?;
    let details = serde_json::json!({"read": marked});
    let (action, subject) = ("web.notice-read", person.to_string());
    tx.audit_quietly(AuditLine { action, kind: "person", subject, unit: None, details }).await?;
    Ok(marked)
}

/// Where a notice of somebody leads. Cost: two rows.
pub async fn link(tx: &mut impl Query, person: PersonId, id: i64) -> Result<Option<String>> {
    let sql = "SELECT m.link FROM web_notice n JOIN web_matter m ON m.id = n.matter WHERE n.id = $1 AND n.person = $2";
    tx.row(sql, args![id, person.0]).await?.map(|row| row.text(0)).transpose()
}
