//! Work that a job does on somebody's behalf: what it is told of them, and as whom it works when its turn comes.

use crate::{
    People, Who,
    permissions::{actors, admit},
};
use kernel::{Actor, PersonId, Role};
use serde_json::{Value, json};
use store::{Result, WriteTx, jobs::Work};

/// What a job is told, with who asked for it.
pub fn asked_by(tx: &WriteTx, mut told: Value) -> Value {
    told["by"] = json!(tx.actor().person);
    told["role"] = json!(tx.actor().role.name());
    told["local_admin"] = json!(tx.actor().role == Role::LocalAdmin);
    told
}

/// Who asked for a job.
enum Asker {
    /// Whoever works at the machine itself.
    Machine,
    Person(Who),
    /// Nobody whom the people of today know.
    Gone,
}

/// Cost: as [`People::person`].
async fn who(work: &Work, people: &dyn People) -> Result<Asker> {
    let by: Option<PersonId> = serde_json::from_value(work.job.payload["by"].clone())?;
    let Some(person) = by else {
        return Ok(if work.job.payload["local_admin"] == true { Asker::Machine } else { Asker::Gone });
    };
    let mut tx = work.store.read(&Actor::SYSTEM.scope()).await?;
    let found = people.person(&mut tx, person, work.clock.now()).await?;
    Ok(found.map_or(Asker::Gone, Asker::Person))
}

/// As whom whoever asked for a job may work today, one actor a role; none where they no longer may. Cost: as [`People::person`].
pub async fn askers(work: &Work, people: &dyn People, (action, resource): (&str, &str)) -> Result<Vec<Actor>> {
    Ok(match who(work, people).await? {
        Asker::Machine => vec![Actor::LOCAL_ADMIN],
        Asker::Person(who) => actors(action, resource, &who),
        Asker::Gone => Vec::new(),
    })
}

/// As whom a job works: whoever asked for it, as far as they may today; `None` where they no longer may. Cost: as [`People::person`].
pub async fn asker(work: &Work, people: &dyn People, (action, resource): (&str, &str)) -> Result<Option<Actor>> {
    let who = match who(work, people).await? {
        Asker::Machine => return Ok(Some(Actor::LOCAL_ADMIN)),
        Asker::Person(who) => who,
        Asker::Gone => return Ok(None),
    };
    // By the role by which it was asked for, where that still stands: another one of theirs may do other things elsewhere.
    match work.job.payload["role"].as_str().and_then(Role::from_name) {
        Some(role) if action != "read" => {
            Ok(actors(action, resource, &who).into_iter().find(|actor| actor.role == role))
        }
        _ => Ok(admit(action, resource, &who)),
    }
}
