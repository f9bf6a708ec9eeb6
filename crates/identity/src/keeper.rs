//! What the edge asks of people, in every request anew: nothing of roles is remembered between two requests, so who loses
//! one loses it in the next, in every tab and token, and in a job that waits.

use crate::{
    providers::Doors,
    secrets::{self, SecretKey},
    store::{GRANT, GRANT_COLUMNS, IDLE, NOTED, TODAY, grants_of},
};
use futures::future::BoxFuture;
use kernel::{Actor, Moment, PersonId, Role};
use std::{collections::HashMap, sync::Arc};
use store::{Query, ReadTx, Result, Row, Store, args};
use web::{
    People, Who,
    people::{Claim, Contact},
};

/// Where whoever needs a second factor and has none is led first.
pub const SECOND_FACTOR: &str = "/tai-khoan/xac-thuc";
/// How the secret of a token begins, so that it is known where it was left lying.
pub const TOKEN: &str = "langso_";

/// The people of a site, with what the login needs.
pub struct Identity {
    pub store: Store,
    pub key: SecretKey,
    /// Whether the people of the demo log in by a button.
    pub demo: bool,
    /// Whether the site is reached by https: its cookie is then sent by nothing else.
    pub secure: bool,
    /// How many sessions somebody has at once; of more the one that was seen longest ago ends.
    pub most_sessions: u32,
    /// Providers at whom people may log in.
    pub doors: Doors,
}

/// Where in a row of [`who`] a role begins, and what comes after it.
const ROLE: usize = 4;
const REST: usize = ROLE + GRANT_COLUMNS;

/// What [`who`] reads, from the first column on: a person, and a role of theirs.
const WHO: &str = "p.id, p.name, CASE WHEN p.totp IS NULL THEN 0 ELSE 1 END, p.demo";

/// Of whoever is asked for without a session, by a token or for a job: any second factor that they have will do, and who has
/// no way to log in (a program of an administrator's making) needs none.
const SOMEBODY: &str = "p.id, p.name, CASE WHEN p.totp IS NULL AND NOT EXISTS
     (SELECT 1 FROM identity_passkey k WHERE k.person = p.id)
     AND NOT EXISTS (SELECT 1 FROM identity_link l WHERE l.person = p.id AND l.strong = 1)
     AND (p.password IS NOT NULL OR EXISTS (SELECT 1 FROM identity_link l WHERE l.person = p.id)) THEN 0 ELSE 1 END, p.demo";

/// The rows of one person as of today: the person and each role. Who needs a second factor and has none does nothing but get
/// one, by a token as little as in a session.
fn who(rows: &[Row], session: String, only: Option<Vec<String>>) -> Result<Option<Who>> {
    let Some(first) = rows.first() else { return Ok(None) };
    let grants = grants_of(rows, ROLE)?;
    let (has_second, demo) = (first.flag(2)?, first.flag(3)?);
    let must = !demo && !has_second && grants.iter().any(|grant| grant.role.needs_second_factor());
    Ok(Some(Who {
        person: PersonId(first.i64(0)?),
        name: first.text(1)?,
        grants,
        session,
        only,
        first: must.then_some(SECOND_FACTOR),
    }))
}

impl Identity {
    /// Notes that a session or token was seen, beside the request.
    fn seen(&self, sql: &'static str, key: String, now: Moment) {
        let store = self.store.clone();
        tokio::spawn(async move {
            let noted = async {
                let clock = kernel::FixedClock(now);
                let mut tx = store.write(&Actor::SYSTEM, &clock).await?;
                tx.execute(sql, args![key, now]).await?;
                tx.commit().await
            };
            if let Err(error) = noted.await {
                tracing::warn!(%error, "that a session was seen was not noted");
            }
        });
    }

    async fn by_cookie(&self, tx: &mut ReadTx, secret: &str, now: Moment) -> Result<Option<Who>> {
        let hash = secrets::hash(secret);
        let sql = format!(
            "SELECT {WHO}, {GRANT}, s.seen_at, s.strong
             FROM identity_session s JOIN identity_person p ON p.id = s.person AND p.disabled = 0 {TODAY}
             WHERE s.hash = $1 AND s.state = 'full' AND s.ends_at > $3 AND s.seen_at > $4 ORDER BY g.id"
        );
        let rows = tx.rows(&sql, args![hash.as_str(), now.day().epoch_days(), now, now.0 - IDLE]).await?;
        if let Some(row) = rows.first()
            && row.i64(REST)? < now.0 - NOTED
        {
            self.seen("UPDATE identity_session SET seen_at = $2 WHERE hash = $1", hash.clone(), now);
        }
        let strong = rows.first().map_or(Ok(false), |row| row.flag(REST + 1))?;
        let found = who(&rows, hash, None)?;
        // Who showed both factors at the login needs no other.
        Ok(found.map(|who| Who { first: who.first.filter(|_| !strong), ..who }))
    }

    async fn by_token(&self, tx: &mut ReadTx, secret: &str, now: Moment) -> Result<Option<Who>> {
        let hash = secrets::hash(secret);
        let sql = format!(
            "SELECT {SOMEBODY}, {GRANT}, t.id, t.only_for, COALESCE(t.used_at, 0)
             FROM identity_token t JOIN identity_person p ON p.id = t.person AND p.disabled = 0 {TODAY}
             WHERE t.hash = $1 AND t.revoked_at IS NULL AND t.ends_at > $3 ORDER BY g.id"
        );
        let rows = tx.rows(&sql, args![hash.as_str(), now.day().epoch_days(), now]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let only: Vec<String> = serde_json::from_str(&row.text(REST + 1)?)?;
        let session = format!("token:{}", row.i64(REST)?);
        if row.i64(REST + 2)? < now.0 - NOTED {
            self.seen("UPDATE identity_token SET used_at = $2 WHERE hash = $1", hash, now);
        }
        who(&rows, session, Some(only))
    }
}

/// The people of a site as the edge sees them.
pub struct Keeper(pub Arc<Identity>);

impl People for Keeper {
    fn who<'a>(&'a self, tx: &'a mut ReadTx, claim: Claim<'a>, now: Moment) -> BoxFuture<'a, Result<Option<Who>>> {
        Box::pin(async move {
            match claim {
                Claim::Cookie(secret) => self.0.by_cookie(tx, secret, now).await,
                Claim::Bearer(secret) => self.0.by_token(tx, secret, now).await,
            }
        })
    }

    fn person<'a>(&'a self, tx: &'a mut ReadTx, person: PersonId, now: Moment) -> BoxFuture<'a, Result<Option<Who>>> {
        Box::pin(async move {
            let sql = format!(
                "SELECT {SOMEBODY}, {GRANT} FROM identity_person p {TODAY} WHERE p.id = $1 AND p.disabled = 0 ORDER BY g.id"
            );
            let rows = tx.rows(&sql, args![person.0, now.day().epoch_days()]).await?;
            who(&rows, String::new(), None)
        })
    }

    fn contacts<'a>(
        &'a self,
        tx: &'a mut ReadTx,
        people: &'a [PersonId],
    ) -> BoxFuture<'a, Result<HashMap<PersonId, Contact>>> {
        Box::pin(async move {
            let found = crate::store::many(tx, people).await?.into_values();
            Ok(found.map(|p| (p.id, Contact { name: p.name, email: p.email, lang: p.lang })).collect())
        })
    }

    fn cookie(&self) -> &'static str {
        web::people::COOKIE[usize::from(!self.0.secure)]
    }

    fn holders<'a>(&'a self, tx: &'a mut ReadTx, role: Role, now: Moment) -> BoxFuture<'a, Result<Vec<PersonId>>> {
        Box::pin(crate::store::holders(tx, role, now.day()))
    }
}
