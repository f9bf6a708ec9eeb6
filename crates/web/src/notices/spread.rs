//! From a matter to the lists of those whom it concerns, and to their letters.

use super::{DIGEST, Kind, OWN, SPREAD, To, Way, choices, next_morning, outbox};
use crate::people::{Contact, People};
use kernel::{Arg, Moment, PersonId, Role};
use locale::Lang;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::{Query, ReadTx, Result, Row, WriteTx, args, jobs::Work, secrets::SecretKey};

/// Matters of one transaction.
const MOST: i64 = 200;
/// Notices that a letter of the morning lists; the rest stands in the list.
const MOST_LISTED: usize = 50;

struct Matter {
    id: i64,
    to: To,
    kind: Kind,
    text: [String; 2],
    link: String,
}

fn matter(row: &Row) -> Result<Option<Matter>> {
    let to = match (row.opt_i64(1)?, row.opt_text(2)?.as_deref().and_then(Role::from_name)) {
        (Some(person), _) => To::Person(PersonId(person)),
        (None, Some(role)) => To::Role(role),
        (None, None) => return Ok(None),
    };
    let Some(kind) = Kind::from_name(&row.text(3)?) else { return Ok(None) };
    Ok(Some(Matter { id: row.i64(0)?, to, kind, text: [row.text(4)?, row.text(5)?], link: row.text(6)? }))
}

/// An address of this site as a letter names it; a page alone, where nobody said how the site is reached.
pub fn address(origin: &str, lang: Lang, path: &str) -> String {
    format!("{origin}{}", crate::link(lang, path))
}

/// Matters that wait, with what is to be known of those whom they concern, as of one snapshot.
pub struct Found {
    /// Of all that were read, also of those that concern nobody.
    ids: Vec<i64>,
    matters: Vec<Matter>,
    /// A role's holders once, however many matters are theirs.
    holders: HashMap<Role, Vec<PersonId>>,
    contacts: HashMap<PersonId, Contact>,
    chosen: HashMap<(PersonId, Kind), Way>,
}

impl Found {
    /// Whom a matter concerns.
    fn meant(&self, matter: &Matter) -> Vec<PersonId> {
        match matter.to {
            To::Person(person) => vec![person],
            To::Role(role) => self.holders.get(&role).cloned().unwrap_or_default(),
        }
    }

    /// How each of those whom what was taken concerns hears of it.
    fn lines(&self, taken: &BTreeSet<i64>) -> Vec<(&Matter, PersonId, &Contact, Way)> {
        let mut lines = Vec::new();
        for matter in self.matters.iter().filter(|matter| taken.contains(&matter.id)) {
            for person in self.meant(matter) {
                let Some(contact) = self.contacts.get(&person) else { continue };
                let way = match self.chosen.get(&(person, matter.kind)).copied().unwrap_or(matter.kind.usual()) {
                    _ if contact.email.is_none() || !matter.kind.by_mail() => Way::Page,
                    way => way,
                };
                lines.push((matter, person, contact, way));
            }
        }
        lines
    }
}

/// The job [`SPREAD`]: each matter once, whatever happens between. Cost: the matters, who holds their roles, a row a notice.
pub async fn run(work: Work, people: &dyn People, key: &SecretKey, origin: &str) -> Result<()> {
    loop {
        let mut tx = work.store.read(&OWN.scope()).await?;
        let found = look(&mut tx, people, work.clock.now()).await?;
        drop(tx);
        let Some(found) = found else { return Ok(()) };
        let mut tx = work.store.write(&OWN, &*work.clock).await?;
        take(&mut tx, &found, key, origin).await?;
        tx.progress(&work.job, 0, 0, None).await?;
        tx.commit().await?;
    }
}

/// The matters that wait, the oldest first, [`MOST`] at most; `None` where none does. Cost: the matters, who holds their roles,
/// two rows a person.
pub async fn look(tx: &mut ReadTx, people: &dyn People, now: Moment) -> Result<Option<Found>> {
    let sql =
        "SELECT id, person, role, kind, text_vi, text_en, link FROM web_matter WHERE spread = 0 ORDER BY id LIMIT $1";
    let rows = tx.rows(sql, args![MOST]).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let ids: Vec<i64> = rows.iter().map(|row| row.i64(0)).collect::<Result<_>>()?;
    let matters: Vec<Matter> = rows.iter().filter_map(|row| matter(row).transpose()).collect::<Result<_>>()?;
    let roles: BTreeSet<Role> =
        matters.iter().filter_map(|m| if let To::Role(role) = m.to { Some(role) } else { None }).collect();
    let mut holders = HashMap::new();
    for role in roles {
        holders.insert(role, people.holders(tx, role, now).await?);
    }
    let mut found = Found { ids, matters, holders, contacts: HashMap::new(), chosen: HashMap::new() };
    let all: BTreeSet<i64> = found.matters.iter().flat_map(|m| found.meant(m)).map(|person| person.0).collect();
    let all: Vec<PersonId> = all.into_iter().map(PersonId).collect();
    found.contacts = people.contacts(tx, &all).await?;
    found.chosen = choices(tx, &all).await?;
    Ok(Some(found))
}

/// Makes lines and letters of what was found, but for what another worker took meanwhile. What was not found waits, whatever its
/// number: on PostgreSQL a transaction may commit after one that drew a later number. Cost: the matters, a row a notice.
pub async fn take(tx: &mut WriteTx, found: &Found, key: &SecretKey, origin: &str) -> Result<()> {
    tx.lock("web_bell").await?;
    let places = store::places(1, found.ids.len());
    let sql = format!("UPDATE web_matter SET spread = 1 WHERE spread = 0 AND id IN ({places}) RETURNING id");
    let taken = tx.rows(&sql, found.ids.iter().map(|id| (*id).into()).collect()).await?;
    let taken: BTreeSet<i64> = taken.iter().map(|row| row.i64(0)).collect::<Result<_>>()?;
    let lines = found.lines(&taken);
    keep(tx, &lines).await?;
    for (matter, person, contact, _) in lines.iter().filter(|(.., way)| *way == Way::Now) {
        letter(tx, key, origin, matter, *person, contact).await?;
    }
    if lines.iter().any(|(.., way)| *way == Way::Digest) {
        tx.enqueue_once_at(DIGEST, next_morning(tx.now())).await?;
    }
    Ok(())
}

/// Lines of lists, and the bells.
async fn keep(tx: &mut WriteTx, lines: &[(&Matter, PersonId, &Contact, Way)]) -> Result<()> {
    let row = |(matter, person, _, way): &(&Matter, PersonId, &Contact, Way)| {
        args![matter.id, person.0, way.name(), i64::from(*way != Way::Digest)]
    };
    let rows: Vec<_> = lines.iter().map(row).collect();
    tx.insert_many("web_notice", &["matter", "person", "way", "told"], rows.into_iter()).await?;
    let people: BTreeSet<i64> = lines.iter().map(|(_, person, ..)| person.0).collect();
    let people: Vec<i64> = people.into_iter().collect();
    for some in people.chunks(500) {
        let places = store::places(1, some.len());
        let sql = format!(
            "INSERT INTO web_bell (person, unread)
             SELECT person, COUNT(*) FROM web_notice WHERE read_at IS NULL AND person IN ({}) GROUP BY person
             ON CONFLICT (person) DO UPDATE SET unread = excluded.unread",
            places
        );
        tx.execute(&sql, some.iter().map(|person| (*person).into()).collect()).await?;
    }
    Ok(())
}

async fn letter(
    tx: &mut WriteTx,
    key: &SecretKey,
    origin: &str,
    matter: &Matter,
    person: PersonId,
    contact: &Contact,
) -> Result<()> {
    let lang = Lang::from_tag(&contact.lang).unwrap_or_default();
    let [vi, en] = &matter.text;
    let mail = outbox::Mail {
        key: format!("notice/{}/{person}", matter.id),
        person: Some(person),
        to: contact,
        template: "notice",
        values: vec![
            ("name", Arg::Text(contact.name.clone())),
            ("what", Arg::Text(lang.pick(vi, en).clone())),
            ("link", Arg::Text(address(origin, lang, &matter.link))),
            ("choose", Arg::Text(address(origin, lang, "/thong-bao"))),
        ],
        ends: None,
    };
    outbox::mail(tx, key, &mail).await.map(drop)
}

/// The job [`DIGEST`]: a letter a person with what was not told yet, once a day. Cost: the notices that wait, a letter a person.
pub async fn digest(work: Work, people: &dyn People, key: &SecretKey, origin: &str) -> Result<()> {
    let mut tx = work.store.read(&OWN.scope()).await?;
    let waiting = tx.rows("SELECT DISTINCT person FROM web_notice WHERE told = 0", args![]).await?;
    let waiting: Vec<PersonId> = waiting.iter().map(|row| Ok(PersonId(row.i64(0)?))).collect::<Result<_>>()?;
    let contacts = people.contacts(&mut tx, &waiting).await?;
    drop(tx);
    let mut tx = work.store.write(&OWN, &*work.clock).await?;
    let mut of: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    // Of those alone whose addresses were asked for: others, who came meanwhile, have the next morning.
    for some in waiting.chunks(500) {
        let places = store::places(1, some.len());
        let taken = format!(
            "UPDATE web_notice SET told = 1 WHERE told = 0 AND person IN ({}) RETURNING person, matter, read_at",
            places
        );
        for row in tx.rows(&taken, some.iter().map(|person| person.0.into()).collect()).await? {
            // What was read meanwhile needs no letter.
            if row.opt_i64(2)?.is_none() {
                of.entry(row.i64(0)?).or_default().push(row.i64(1)?);
            }
        }
    }
    let matters: BTreeSet<i64> = of.values().flatten().copied().collect();
    let said = texts(&mut tx, &matters.into_iter().collect::<Vec<_>>()).await?;
    for (person, mut matters) in of {
        let Some(contact) = contacts.get(&PersonId(person)) else { continue };
        let lang = Lang::from_tag(&contact.lang).unwrap_or_default();
        matters.sort_unstable();
        let count = matters.len();
        let line = |id: &i64| {
            let (vi, en, link) = said.get(id)?;
            Some(format!("– {}\n{}", lang.pick(vi, en), address(origin, lang, link)))
        };
        let list: Vec<String> = matters.iter().take(MOST_LISTED).filter_map(line).collect();
        let mail = outbox::Mail {
            key: format!("digest/{person}/{}", matters.last().copied().unwrap_or_default()),
            person: Some(PersonId(person)),
            to: contact,
            template: "digest",
            values: vec![
                ("name", Arg::Text(contact.name.clone())),
                ("count", Arg::from(count)),
                ("list", Arg::Text(list.join("\n\n"))),
                ("link", Arg::Text(address(origin, lang, "/thong-bao"))),
            ],
            ends: None,
        };
        outbox::mail(&mut tx, key, &mail).await?;
    }
    tx.progress(&work.job, 0, 0, None).await?;
    tx.commit().await
}

async fn texts(tx: &mut WriteTx, ids: &[i64]) -> Result<HashMap<i64, (String, String, String)>> {
    let mut found = HashMap::new();
    for some in ids.chunks(500) {
        let places = store::places(1, some.len());
        let sql = format!("SELECT id, text_vi, text_en, link FROM web_matter WHERE id IN ({})", places);
        for row in tx.rows(&sql, some.iter().map(|id| (*id).into()).collect()).await? {
            found.insert(row.i64(0)?, (row.text(1)?, row.text(2)?, row.text(3)?));
        }
    }
    Ok(found)
}

/// Adds the two jobs that make lists and letters of matters.
pub fn register(registry: &mut store::jobs::Registry, site: &crate::Site, key: std::sync::Arc<SecretKey>) {
    let (own, of) = (site.clone(), key.clone());
    registry.add(SPREAD, move |work| {
        let (site, key) = (own.clone(), of.clone());
        async move { run(work, &*site.people, &key, &site.origin).await.map_err(|e| e.to_string()) }
    });
    let (own, of) = (site.clone(), key);
    registry.add(DIGEST, move |work| {
        let (site, key) = (own.clone(), of.clone());
        async move { digest(work, &*site.people, &key, &site.origin).await.map_err(|e| e.to_string()) }
    });
    registry.on_failed(Box::new(|tx, id, job| Box::pin(super::job_failed(tx, id, job))));
}
