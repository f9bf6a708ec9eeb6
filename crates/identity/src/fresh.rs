//! What whoever is logged in shows anew before something that a session alone must not do: the password, and a code of the
//! second factor where there is one. Where that is a passkey, or is shown at a provider, there is no code: the session itself
//! must have shown both, else whoever has the password sets a second factor of their own. Guesses within a session are
//! counted, and it ends with the last one.

use crate::{
    keeper::Identity,
    login::{Refused, own},
    model::Person,
    password, secrets, store,
};
use ::store::{Query, args};
use kernel::{Clock, PersonId, Phrase, Problem, Scope};
use serde_json::json;
use web::Who;

/// Wrong ones within a session before it ends.
pub const MOST: i64 = 5;
/// Who has neither password nor second factor must have logged in so recently.
const RECENT: i64 = 10 * store::MINUTE;

fn refused(key: &'static str, field: &'static str) -> Refused {
    Refused::Said(Problem::input(Phrase::new(key)).at_field(field))
}

/// Whether somebody has a second factor that is no code: a passkey, or one shown at a provider. Cost: two rows.
async fn has_key(tx: &mut impl Query, person: PersonId) -> ::store::Result<bool> {
    let sql = "SELECT person FROM identity_passkey WHERE person = $1
               UNION ALL SELECT person FROM identity_link WHERE person = $1 AND strong = 1 LIMIT 1";
    Ok(tx.row(sql, args![person.0]).await?.is_some())
}

/// What stands against proving anything by a session, `strong` where it showed two factors: that it showed one, where the other has
/// no code. Cost: two rows.
pub(crate) async fn lacks(tx: &mut impl Query, person: &Person, strong: bool) -> ::store::Result<Option<Problem>> {
    let lacks = !strong && person.totp.is_none() && has_key(tx, person.id).await?;
    Ok(lacks.then(|| Problem::input(Phrase::new("proof-both"))))
}

impl Identity {
    /// Whether this is still the person of that session: their password, and their code where they have a second factor;
    /// otherwise what is wrong, at the field `old` or `now`, or that the session ended (401). Each try counts before it is
    /// made. Cost: one hash at most; nine rows.
    pub async fn prove(&self, who: &Who, password: &str, code: &str, clock: &dyn Clock) -> Result<Person, Refused> {
        let now = clock.now();
        let mut tx = self.store.read(&Scope::PUBLIC).await?;
        let begun = store::session_begun(&mut tx, &who.session).await?;
        let (Some(person), Some((made, strong))) = (store::get(&mut tx, who.person).await?, begun) else {
            return Err(ended());
        };
        if who.only.is_some() {
            return Err(ended());
        }
        if let Some(problem) = lacks(&mut tx, &person, strong).await? {
            return Err(Refused::Said(problem));
        }
        drop(tx);
        if person.password.is_none() && person.totp.is_none() {
            return if made.0 > now.0 - RECENT { Ok(person) } else { Err(refused("proof-old-login", "old")) };
        }
        let key = secrets::hash(&format!("session {}", who.session));
        let tries = self.try_once(&key, clock).await?;
        let long = password.chars().count() > password::MOST;
        let known = match person.password.as_deref() {
            None => true,
            Some(hash) => {
                let said = password::is(&who.session, if long { "" } else { password }, Some(hash)).await;
                self.hash_tried(&key, said, clock).await? && !long
            }
        };
        if !known {
            return Err(self
                .wrong_proof(&person, who, &key, tries, refused("account-old-wrong", "old"), clock)
                .await?);
        }
        let mut tx = self.store.write(&own(person.id), clock).await?;
        if person.totp.is_some() && !self.code_taken(&mut tx, &person, code).await? {
            drop(tx);
            let wrong = refused("login-code-wrong", "now");
            return Err(self.wrong_proof(&person, who, &key, tries, wrong, clock).await?);
        }
        store::succeeded(&mut tx, &key).await?;
        store::note_own(&mut tx, "identity.proven", person.id, json!({})).await?;
        tx.commit().await?;
        Ok(person)
    }

    /// Notes a wrong one; the session ends with the last.
    async fn wrong_proof(
        &self,
        person: &Person,
        who: &Who,
        key: &str,
        tries: i64,
        wrong: Refused,
        clock: &dyn Clock,
    ) -> Result<Refused, Refused> {
        let mut tx = self.store.write(&own(person.id), clock).await?;
        store::note_own(&mut tx, "identity.proof-failed", person.id, json!({"tries": tries})).await?;
        let over = tries >= MOST;
        if over {
            store::end(&mut tx, person.id, &who.session).await?;
            store::succeeded(&mut tx, key).await?;
        }
        tx.commit().await?;
        Ok(if over { ended() } else { wrong })
    }
}

/// The session ended; whoever it is logs in again.
fn ended() -> Refused {
    Refused::Said(Problem { phrase: Phrase::new("proof-session-ended"), place: None, status: 401 })
}
