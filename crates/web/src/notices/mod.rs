//! Notices: what somebody should know, written in the transaction of its cause, and from there into the pages of whom it
//! concerns and into letters.
//!
//! [`tell`] keeps the matter and queues [`SPREAD`]; that job finds out who is meant, makes a line of each one's list
//! ([`list`]) and, as each of them chose ([`choices`]), a letter at once or a place in the next morning's ([`spread`]).
//! [`outbox`] keeps letters until a mail server took them. [`hooks`] tells programs elsewhere of what happened.

pub mod hooks;
pub mod list;
pub mod outbox;
pub mod personal;
pub mod spread;
mod tables;

use kernel::{Actor, Moment, PersonId, Phrase, Role, UnitId, text};
use locale::Lang;
use std::collections::HashMap;
use store::{Query, Result, WriteTx, args};

pub use tables::MIGRATIONS;

/// What is sealed by the key of the data folder: letters that wait, secrets of webhooks.
pub const SEALED: &[store::secrets::Sealed] = &[
    store::secrets::Sealed { table: "web_outbox", column: "sealed" },
    store::secrets::Sealed { table: "web_webhook", column: "sealed" },
    store::secrets::Sealed { table: "web_webhook", column: "old_sealed" },
];

/// The job that finds out whom a matter concerns.
pub const SPREAD: &str = "notices.spread";
/// The job that writes the letters of the morning.
pub const DIGEST: &str = "notices.digest";
/// The job that hands letters over.
pub const SEND: &str = "mail.send";

/// The job that calls programs elsewhere.
pub const CALL: &str = "webhook.call";

/// What a notice is about; each person chooses a [`Way`] for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Somebody told of a mistake.
    Report,
    /// A job failed for good.
    Job,
    /// A letter could not be handed over.
    Mail,
    /// Roles given to oneself, or ended.
    Role,
    /// Something waits for a second person.
    Decision,
    /// Something of one's own account that one did not do just now.
    Account,
    /// A step of a reporting campaign, or its day.
    Reporting,
}

impl Kind {
    pub const ALL: [Kind; 7] =
        [Kind::Report, Kind::Job, Kind::Mail, Kind::Role, Kind::Decision, Kind::Account, Kind::Reporting];

    /// A stable word; `notice-kind-…` says it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Report => "report",
            Kind::Job => "job",
            Kind::Mail => "mail",
            Kind::Role => "role",
            Kind::Decision => "decision",
            Kind::Account => "account",
            Kind::Reporting => "reporting",
        }
    }

    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Where somebody chose nothing.
    pub fn usual(self) -> Way {
        match self {
            Kind::Report | Kind::Role | Kind::Account | Kind::Reporting => Way::Digest,
            Kind::Job | Kind::Decision => Way::Now,
            Kind::Mail => Way::Page,
        }
    }

    /// A letter about letters that do not get through would not get through either.
    pub fn by_mail(self) -> bool {
        self != Kind::Mail
    }
}

/// How somebody wants to hear of a kind; in the pages they always do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Now,
    Digest,
    Page,
}

impl Way {
    pub const ALL: [Way; 3] = [Way::Now, Way::Digest, Way::Page];

    pub fn name(self) -> &'static str {
        match self {
            Way::Now => "now",
            Way::Digest => "digest",
            Way::Page => "page",
        }
    }

    pub fn from_name(name: &str) -> Option<Way> {
        Way::ALL.into_iter().find(|way| way.name() == name)
    }
}

/// Whom a matter concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum To {
    Person(PersonId),
    /// Everybody who holds it when the matter is spread.
    Role(Role),
}

/// Something that somebody should know.
#[derive(Clone, Debug)]
pub struct Notice {
    pub to: To,
    pub kind: Kind,
    /// Names the matter: of one name there is one notice, however often it is told.
    pub key: String,
    pub phrase: Phrase,
    /// The page of this site where it goes on.
    pub link: String,
    pub unit: Option<UnitId>,
}

/// Keeps a notice in the transaction of its cause; false where the matter was told before. Cost: two rows.
pub async fn tell(tx: &mut WriteTx, notice: &Notice) -> Result<bool> {
    let [vi, en] = Lang::ALL.map(|lang| locale::say(lang, &notice.phrase));
    let (person, role) = match notice.to {
        To::Person(person) => (Some(person.0), None),
        To::Role(role) => (None, Some(role.name())),
    };
    let search = text::search_key(&format!("{vi} {en}"));
    let sql = "INSERT INTO web_matter (key, at, person, role, kind, text_vi, text_en, link, unit, search, spread)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0) ON CONFLICT (key) DO NOTHING";
    let kept = args![
        notice.key.as_str(),
        tx.now(),
        person,
        role,
        notice.kind.name(),
        vi,
        en,
        notice.link.as_str(),
        notice.unit,
        search
    ];
    let new = tx.execute(sql, kept).await? == 1;
    if new {
        tx.enqueue_once(SPREAD).await?;
    }
    Ok(new)
}

/// Tells everybody of these roles that something waits for a second person. Cost: as [`tell`] for each role.
pub async fn awaits(tx: &mut WriteTx, matter: &str, roles: &[Role], phrase: &Phrase, link: &str) -> Result<()> {
    for &role in roles {
        let (key, phrase, link) = (format!("{matter}/{}", role.name()), phrase.clone(), link.to_owned());
        tell(tx, &Notice { to: To::Role(role), kind: Kind::Decision, key, phrase, link, unit: None }).await?;
    }
    Ok(())
}

/// How many unread notices somebody has. Cost: one row.
pub async fn unread(tx: &mut impl Query, person: PersonId) -> Result<i64> {
    let row = tx.row("SELECT unread FROM web_bell WHERE person = $1", args![person.0]).await?;
    row.map_or(Ok(0), |row| row.i64(0))
}

/// What these people chose, where they did. Cost: a row a choice.
pub async fn choices(tx: &mut impl Query, people: &[PersonId]) -> Result<HashMap<(PersonId, Kind), Way>> {
    let mut found = HashMap::new();
    for some in people.chunks(500) {
        let places = store::places(1, some.len());
        let sql = format!("SELECT person, kind, way FROM web_choice WHERE person IN ({})", places);
        for row in tx.rows(&sql, some.iter().map(|person| person.0.into()).collect()).await? {
            if let (Some(kind), Some(way)) = (Kind::from_name(&row.text(1)?), Way::from_name(&row.text(2)?)) {
                found.insert((PersonId(row.i64(0)?), kind), way);
            }
        }
    }
    Ok(found)
}

/// Keeps what somebody chose; all kinds at once. Cost: a row a kind.
pub async fn choose(tx: &mut WriteTx, person: PersonId, ways: &[(Kind, Way)]) -> Result<()> {
    tx.execute("DELETE FROM web_choice WHERE person = $1", args![person.0]).await?;
    let rows = ways.iter().map(|(kind, way)| args![person.0, kind.name(), way.name()]);
    tx.insert_many("web_choice", &["person", "kind", "way"], rows.collect::<Vec<_>>().into_iter()).await?;
    let chosen: Vec<String> = ways.iter().map(|(kind, way)| format!("{}={}", kind.name(), way.name())).collect();
    let details = serde_json::json!({"chosen": chosen});
    let (action, subject) = ("web.notice-choice", person.to_string());
    tx.audit_quietly(store::AuditLine { action, kind: "person", subject, unit: None, details }).await
}

/// The next morning, seven o'clock where the programme is.
pub fn next_morning(now: Moment) -> Moment {
    const SEVEN: i64 = 7 * 3_600_000_000;
    let today = Moment(now.day().begins().0 + SEVEN);
    if now < today { today } else { Moment(now.day().tomorrow().begins().0 + SEVEN) }
}

/// Tells the administrators of a job that failed for good, in the transaction that gives it up.
pub async fn job_failed(tx: &mut WriteTx, id: i64, job: &str) -> Result<()> {
    // Of these jobs themselves no notice would get anywhere.
    if [SPREAD, DIGEST, SEND, CALL].contains(&job) {
        return Ok(());
    }
    let phrase = Phrase::new("notice-job-failed").with("job", job).with("id", id.to_string());
    let (key, link) = (format!("job/{id}/{}", tx.now().0), format!("/quan-tri/viec?so={id}"));
    tell(tx, &Notice { to: To::Role(Role::Administrator), kind: Kind::Job, key, phrase, link, unit: None }).await?;
    Ok(())
}

/// As whom the jobs of notices write.
const OWN: Actor = Actor::SYSTEM;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_morning_is_at_seven_in_viet_nam() {
        // 24 November 2026, 10:42 and 6:59 there.
        for (now, morning) in [
            (1_795_491_720_000_000, "2026-11-25T00:00:00.000000Z"),
            (1_795_478_340_000_000, "2026-11-24T00:00:00.000000Z"),
            (1_795_478_400_000_000, "2026-11-25T00:00:00.000000Z"),
        ] {
            assert_eq!(next_morning(Moment(now)).rfc3339(), morning, "{now}");
        }
    }
}
