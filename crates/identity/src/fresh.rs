//! What whoever is logged in shows anew before something that a session alone must not do.

use crate::{keeper::Identity, login::Refused, model::Person, password, second, store};
use kernel::{Clock, Phrase, Problem, Scope};
use web::Who;

impl Identity {
    /// Whether this is still the person of that session.
    pub async fn prove(&self, who: &Who, old: &str, code: &str, clock: &dyn Clock) -> Result<Person, Refused> {
        let wrong = |key, field| Refused::Said(Problem::input(Phrase::new(key)).at_field(field));
        let person = {
            let mut tx = self.store.read(&Scope::PUBLIC).await?;
            store::get(&mut tx, who.person).await?
        };
        let Some(person) = person.filter(|_| who.only.is_none()) else { return Err(wrong("account-old-wrong", "old")) };
        if person.password.is_some() && !password::is(old, person.password.as_deref()).await? {
            return Err(wrong("account-old-wrong", "old"));
        }
        let sealed = person.totp.as_deref().and_then(|sealed| self.key.open(sealed));
        let step = sealed.and_then(|secret| second::step(&secret, code, clock.now(), person.totp_step));
        if person.totp.is_some() && step.is_none() {
            return Err(wrong("login-code-wrong", "now"));
        }
        Ok(person)
    }
}
