//! What accounts keep of people: exported, erased, forgotten in time.

use crate::store::{self as people, HOUR};
use store::{
    Query, ReadTx, Result, WriteTx, args,
    personal::{Column, Rows, all_named},
};
use web::personal::{Kind, Part, Personal, Retention, Whom, before};

pub const PERSONAL: Personal = Personal {
    room: "identity",
    kinds: &[
        Kind { key: "account", tables: &[("identity_person", &["login", "name", "email"])] },
        Kind { key: "roles", tables: &[("identity_grant", &["person", "given_by", "ended_by"])] },
        Kind { key: "sessions", tables: &[("identity_session", &["person"])] },
        Kind { key: "tokens", tables: &[("identity_token", &["person"])] },
        Kind { key: "codes", tables: &[("identity_code", &["person"])] },
        Kind {
            key: "passkeys",
            tables: &[("identity_passkey", &["person", "name"]), ("identity_question", &["person"])],
        },
        Kind { key: "links", tables: &[("identity_link", &["person", "subject"])] },
        Kind { key: "proposals", tables: &[("identity_proposal", &["person", "asked_by", "decided_by"])] },
    ],
    export: |tx, whom| Box::pin(export(tx, whom)),
    erase: |tx, whom, reason| Box::pin(erase(tx, whom, reason)),
    retain: |tx, retention| Box::pin(retain(tx, retention)),
};

async fn rows(tx: &mut ReadTx, sql: &str, id: i64, names: &[(&str, Column)]) -> Result<Rows> {
    all_named(&tx.rows(sql, args![id]).await?, names)
}

async fn export(tx: &mut ReadTx, whom: &Whom) -> Result<Vec<Part>> {
    use Column::{At, Day, Json, Number, Text};
    let id = whom.person.0;
    let account = rows(
        tx,
        "SELECT id, login, name, email, lang, made_at, password_at, CASE WHEN totp IS NULL THEN 0 ELSE 1 END, disabled
         FROM identity_person WHERE id = $1",
        id,
        &[
            ("id", Number),
            ("login", Text),
            ("name", Text),
            ("email", Text),
            ("lang", Text),
            ("made_at", At),
            ("password_at", At),
            ("second_factor", Number),
            ("disabled", Number),
        ],
    )
    .await?;
    let roles = rows(
        tx,
        "SELECT g.role, u.name, a.name_vi, g.criteria, g.from_day, g.to_day, g.given_at, g.ended_at, g.reason
         FROM identity_grant g LEFT JOIN units_unit u ON u.id = g.unit LEFT JOIN units_agency a ON a.id = g.agency
         WHERE g.person = $1 ORDER BY g.id",
        id,
        &[
            ("role", Text),
            ("unit", Text),
            ("agency", Text),
            ("criteria", Json),
            ("from", Day),
            ("to", Day),
            ("given_at", At),
            ("ended_at", At),
            ("reason", Text),
        ],
    )
    .await?;
    let sql = "SELECT made_at, seen_at, label FROM identity_session WHERE person = $1 ORDER BY made_at";
    let sessions = rows(tx, sql, id, &[("made_at", At), ("seen_at", At), ("browser", Text)]).await?;
    let tokens = rows(
        tx,
        "SELECT name, only_for, made_at, ends_at, used_at, revoked_at FROM identity_token WHERE person = $1 ORDER BY id",
        id,
        &[("name", Text), ("only", Json), ("made_at", At), ("ends_at", At), ("used_at", At), ("revoked_at", At)],
    )
    .await?;
    let sql = "SELECT kind, made_at, ends_at, used_at FROM identity_code WHERE person = $1 ORDER BY made_at";
    let codes = rows(tx, sql, id, &[("kind", Text), ("made_at", At), ("ends_at", At), ("used_at", At)]).await?;
    let proposals = rows(
        tx,
        // What an account was to be called is of whom it is about, not of the administrators.
        "SELECT kind, CASE WHEN kind = 'account' AND person <> $1 THEN '{}' ELSE details END, asked_at, decided_at, decision, reason FROM identity_proposal
         WHERE person = $1 OR asked_by = $1 OR decided_by = $1 ORDER BY id",
        id,
        &[
            ("kind", Text),
            ("details", Json),
            ("asked_at", At),
            ("decided_at", At),
            ("decision", Text),
            ("reason", Text),
        ],
    )
    .await?;
    let sql = "SELECT name, made_at, used_at FROM identity_passkey WHERE person = $1 ORDER BY id";
    let passkeys = rows(tx, sql, id, &[("name", Text), ("made_at", At), ("used_at", At)]).await?;
    let sql =
        "SELECT provider, issuer, subject, made_at, used_at FROM identity_link WHERE person = $1 ORDER BY made_at";
    let names = [("provider", Text), ("issuer", Text), ("subject", Text), ("made_at", At), ("used_at", At)];
    let links = rows(tx, sql, id, &names).await?;
    let part = |(kind, rows)| Part { kind, rows };
    let all = [
        ("account", account),
        ("roles", roles),
        ("sessions", sessions),
        ("tokens", tokens),
        ("codes", codes),
        ("passkeys", passkeys),
        ("links", links),
        ("proposals", proposals),
    ];
    Ok(all.into_iter().map(part).collect())
}

/// Takes name, login and address off the account, which lets nobody in any more; its number stays, since the trail and the
/// figures name it. Roles end.
async fn erase(tx: &mut WriteTx, whom: &Whom, reason: &str) -> Result<u64> {
    let id = whom.person.0;
    // No name, and found by none: the number is all that is left.
    let plain = format!("#{id}");
    let (search, order) = people::keys(&plain, &plain);
    let sql = "UPDATE identity_person SET login = $2, name = $2, search = $3, ord = $4, email = NULL, password = NULL,
               password_at = NULL, totp = NULL, totp_step = 0, disabled = 1, demo = 0, version = version + 1 WHERE id = $1";
    let mut count = tx.execute(sql, args![id, plain, search, order]).await?;
    let (now, by) = (tx.now(), tx.actor().person.map(|p| p.0));
    let sql = "UPDATE identity_grant SET ended_at = $2, ended_by = $3 WHERE person = $1 AND ended_at IS NULL";
    count += tx.execute(sql, args![id, now, by]).await?;
    // What somebody wrote about why a role ended may tell of them.
    count += tx.execute("UPDATE identity_grant SET reason = $2 WHERE person = $1", args![id, reason]).await?;
    for sql in [
        "DELETE FROM identity_session WHERE person = $1",
        "DELETE FROM identity_token WHERE person = $1",
        "DELETE FROM identity_code WHERE person = $1",
        "DELETE FROM identity_proposal WHERE person = $1",
        "DELETE FROM identity_passkey WHERE person = $1",
        "DELETE FROM identity_question WHERE person = $1",
        "DELETE FROM identity_link WHERE person = $1",
    ] {
        count += tx.execute(sql, args![id]).await?;
    }
    Ok(count)
}

async fn retain(tx: &mut WriteTx, retention: &Retention) -> Result<u64> {
    let now = tx.now();
    let mut count = tx.execute("DELETE FROM identity_session WHERE ends_at < $1", args![now]).await?;
    count += tx.execute("DELETE FROM identity_attempt WHERE last_at < $1", args![now.0 - 24 * HOUR]).await?;
    count += tx.execute("DELETE FROM identity_question WHERE ends_at < $1", args![now]).await?;
    if let Some(before) = before(now, retention.codes) {
        count += tx.execute("DELETE FROM identity_code WHERE ends_at < $1 OR used_at < $1", args![before]).await?;
    }
    if let Some(before) = before(now, retention.tokens) {
        count += tx.execute("DELETE FROM identity_token WHERE ends_at < $1 OR revoked_at < $1", args![before]).await?;
    }
    if let Some(before) = before(now, retention.proposals) {
        count += tx.execute("DELETE FROM identity_proposal WHERE asked_at < $1", args![before]).await?;
    }
    Ok(count)
}
