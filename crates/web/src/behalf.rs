//! Work that a job does on somebody's behalf: what it is told of them, and as whom it works when its turn comes.

use crate::{People, permissions::admit};
use kernel::{Actor, PersonId, Role};
use serde_json::{Value, json};
use store::{Result, WriteTx, jobs::Work};

/// What a job is told, with who asked for it.
pub fn asked_by(tx: &WriteTx, mut told: Value) -> Value {
    told["by"] = json!(tx.actor().person);
    told["local_admin"] = json!(tx.actor().role == Role::LocalAdmin);
    told
}

/// As whom a job works: whoever asked for it, as far as they may today; `None` where they no longer may. Cost: as [`People::person`].
pub async fn asker(work: &Work, people: &dyn People, (action, resource): (&str, &str)) -> Result<Option<Actor>> {
    let by: Option<PersonId> = serde_json::from_value(work.job.payload["by"].clone())?;
    let Some(person) = by else {
        return Ok((work.job.payload["local_admin"] == true).then_some(Actor::LOCAL_ADMIN));
    };
    let mut tx = work.store.read(&Actor::SYSTEM.scope()).await?;
    let who = people.person(&mut tx, person, work.clock.now()).await?;
    Ok(who.and_then(|who| admit(action, resource, &who)))
}
