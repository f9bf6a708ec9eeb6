//! What notices, letters and webhooks keep of people; see [`crate::personal`].

use crate::personal::{Kind, Part, Personal, Retention, Whom, before};
use store::{
    Query, ReadTx, Result, WriteTx, args,
    personal::{Column, all_named},
};

pub const NOTICES: Personal = Personal {
    room: "web",
    kinds: &[
        Kind {
            key: "notices",
            tables: &[
                ("web_matter", &["person"]),
                ("web_notice", &["person"]),
                ("web_bell", &["person"]),
                ("web_choice", &["person"]),
            ],
        },
        Kind { key: "letters", tables: &[("web_outbox", &["person", "address", "name"])] },
        Kind { key: "webhooks", tables: &[("web_webhook", &["made_by"])] },
    ],
    export: |tx, whom| Box::pin(export(tx, whom)),
    erase: |tx, whom, _| Box::pin(erase(tx, whom)),
    retain: |tx, retention| Box::pin(retain(tx, retention)),
};

async fn export(tx: &mut ReadTx, whom: &Whom) -> Result<Vec<Part>> {
    use Column::{At, Text};
    let id = whom.person.0;
    let sql = "SELECT m.at, m.kind, m.text_vi, m.link, n.read_at FROM web_notice n JOIN web_matter m ON m.id = n.matter
               WHERE n.person = $1 ORDER BY n.matter DESC";
    let rows = tx.rows(sql, args![id]).await?;
    let mut notices = all_named(&rows, &[("at", At), ("kind", Text), ("text", Text), ("link", Text), ("read_at", At)])?;
    let rows = tx.rows("SELECT kind, way FROM web_choice WHERE person = $1 ORDER BY kind", args![id]).await?;
    notices.extend(all_named(&rows, &[("kind", Text), ("chosen", Text)])?);
    let sql = "SELECT at, address, name, subject, state, ended_at FROM web_outbox WHERE person = $1 OR address = $2 ORDER BY id DESC";
    let rows = tx.rows(sql, args![id, whom.email.as_deref().unwrap_or("")]).await?;
    let letter = [("at", At), ("address", Text), ("name", Text), ("subject", Text), ("state", Text), ("ended_at", At)];
    let letters = all_named(&rows, &letter)?;
    let rows = tx.rows("SELECT name, url, made_at FROM web_webhook WHERE made_by = $1 ORDER BY id", args![id]).await?;
    let webhooks = all_named(&rows, &[("name", Text), ("url", Text), ("made_at", At)])?;
    let parts = [("notices", notices), ("letters", letters), ("webhooks", webhooks)];
    Ok(parts.into_iter().map(|(kind, rows)| Part { kind, rows }).collect())
}

/// Notices and letters go, sent or not; who added a webhook is no longer named.
async fn erase(tx: &mut WriteTx, whom: &Whom) -> Result<u64> {
    let id = whom.person.0;
    let email = whom.email.as_deref().unwrap_or("");
    let mut all = tx.execute("DELETE FROM web_outbox WHERE person = $1 OR address = $2", args![id, email]).await?;
    // Some six statements, whatever there is.
    for sql in [
        "DELETE FROM web_notice WHERE person = $1",
        "DELETE FROM web_bell WHERE person = $1",
        "DELETE FROM web_choice WHERE person = $1",
        "DELETE FROM web_matter WHERE person = $1",
        "UPDATE web_webhook SET made_by = NULL WHERE made_by = $1",
    ] {
        all += tx.execute(sql, args![id]).await?;
    }
    Ok(all)
}

/// Letters and calls that ended, letters that wait in vain, and notices, after their days.
async fn retain(tx: &mut WriteTx, retention: &Retention) -> Result<u64> {
    let mut all = 0;
    if let Some(before) = before(tx.now(), retention.letters) {
        let sql =
            "DELETE FROM web_outbox WHERE (state <> 'waiting' AND ended_at < $1) OR (state = 'waiting' AND at < $1)";
        all += tx.execute(sql, args![before]).await?;
        all += tx.execute("DELETE FROM web_call WHERE ended_at < $1", args![before]).await?;
        let sql = "DELETE FROM web_event WHERE spread = 1 AND at < $1 AND id NOT IN (SELECT event FROM web_call)";
        all += tx.execute(sql, args![before]).await?;
        let sql = "DELETE FROM web_webhook WHERE state = 'gone' AND id NOT IN (SELECT hook FROM web_call)";
        all += tx.execute(sql, args![]).await?;
    }
    let sql = "UPDATE web_webhook SET old_sealed = NULL, old_until = NULL WHERE old_until < $1";
    all += tx.execute(sql, args![tx.now()]).await?;
    if let Some(before) = before(tx.now(), retention.notices) {
        tx.lock("web_bell").await?;
        let sql = "DELETE FROM web_notice WHERE matter IN (SELECT id FROM web_matter WHERE at < $1 AND spread = 1)";
        let gone = tx.execute(sql, args![before]).await?;
        all += gone + tx.execute("DELETE FROM web_matter WHERE at < $1 AND spread = 1", args![before]).await?;
        if gone > 0 {
            count_bells(tx).await?;
        }
    }
    Ok(all)
}

async fn count_bells(tx: &mut WriteTx) -> Result<()> {
    let sql = "UPDATE web_bell SET unread =
               (SELECT COUNT(*) FROM web_notice n WHERE n.person = web_bell.person AND n.read_at IS NULL)";
    tx.execute(sql, args![]).await.map(drop)
}

/// Takes matters back that tell others of something that is erased: those whose keys are like one of these. How many. Cost: the
/// matters, looked through once a hundred patterns; the bells.
pub async fn take_back(tx: &mut WriteTx, keys: &[String]) -> Result<u64> {
    let mut gone = 0;
    for some in keys.chunks(100) {
        tx.lock("web_bell").await?;
        let like: Vec<String> = (1..=some.len()).map(|n| format!("key LIKE ${n}")).collect();
        let (like, given) = (like.join(" OR "), || some.iter().map(|key| key.as_str().into()).collect());
        let sql = format!("DELETE FROM web_notice WHERE matter IN (SELECT id FROM web_matter WHERE {like})");
        tx.execute(&sql, given()).await?;
        gone += tx.execute(&format!("DELETE FROM web_matter WHERE {like}"), given()).await?;
    }
    if gone > 0 {
        count_bells(tx).await?;
    }
    Ok(gone)
}
