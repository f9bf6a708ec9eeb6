//! The job that hands letters over: no network within a transaction, each letter noted before the next.

use kernel::{Actor, Phrase, Role};
use mail::{Letter, Mailer, Refused};
use std::sync::Arc;
use store::{Result, jobs::Work, secrets::SecretKey};
use web::notices::{self, Kind, Notice, SEND, To, outbox};

/// Where letters go; nowhere, where nobody said: then they wait, until they are of no more use.
pub struct Post(pub Option<Mailer>);

/// Letters of one look.
const SOME: i64 = 20;
/// After so many letters in a row that the server did not take now it is left alone for a while.
const PATIENCE: usize = 3;

/// The job [`SEND`]. Letters end in their time whether or not there is a server, so that a server named months later meets none
/// that nobody wants any more. Cost: the letters that are due, each with three transactions of its own.
pub async fn send(work: Work, post: &Post, key: &SecretKey) -> Result<()> {
    let mut tx = work.store.write(&Actor::SYSTEM, &*work.clock).await?;
    outbox::expire(&mut tx).await?;
    let Some(mailer) = &post.0 else {
        let next = outbox::next_end(&mut tx).await?;
        return crate::again(tx, SEND, next).await;
    };
    tx.commit().await?;
    let (mut done, mut in_vain) = (0, 0);
    'all: loop {
        let mut tx = work.store.read(&Actor::SYSTEM.scope()).await?;
        let letters = outbox::due(&mut tx, work.clock.now(), SOME).await?;
        drop(tx);
        if letters.is_empty() {
            break;
        }
        for id in letters {
            // Looked at again: a server may take minutes for those before it, and a letter cancelled meanwhile may hold a code.
            let mut tx = work.store.read(&Actor::SYSTEM.scope()).await?;
            let due = outbox::open(&mut tx, key, work.clock.now(), id).await?;
            drop(tx);
            let Some(due) = due else { continue };
            let outcome = hand_over(mailer, &due).await;
            done += 1;
            in_vain = if matches!(outcome, Err(Refused::Now(_))) { in_vain + 1 } else { 0 };
            note(&work, &due, &outcome).await?;
            // Apart from the note: where the job was cancelled meanwhile it stops here, but what was sent stays sent.
            work.progress(done, done, Some("job-phase-mail")).await?;
            if in_vain == PATIENCE {
                break 'all;
            }
        }
    }
    let mut tx = work.store.write(&Actor::SYSTEM, &*work.clock).await?;
    // Where the server is left alone, what is due waits, too.
    let next = outbox::next_due(&mut tx).await?;
    crate::again(tx, SEND, next).await
}

async fn hand_over(mailer: &Mailer, due: &outbox::Due) -> std::result::Result<(), Refused> {
    if due.text.is_empty() {
        return Err(Refused::Forever("sealed by another key".to_owned()));
    }
    let letter = Letter {
        id: due.message.clone(),
        at: due.at,
        address: due.address.clone(),
        name: due.name.clone(),
        subject: due.subject.clone(),
        text: due.text.clone(),
        html: outbox::html(due.lang, &due.text),
    };
    mailer.send(&letter).await
}

/// Notes what became of a letter. Where the program ends before, the letter is sent again, under the same Message-ID.
async fn note(work: &Work, due: &outbox::Due, outcome: &std::result::Result<(), Refused>) -> Result<()> {
    let mut tx = work.store.write(&Actor::SYSTEM, &*work.clock).await?;
    match outcome {
        Ok(()) => outbox::sent(&mut tx, due.id).await?,
        Err(refused) => {
            let forever = matches!(refused, Refused::Forever(_));
            if outbox::refused(&mut tx, due, &refused.to_string(), forever).await? {
                tell_dead(&mut tx, due).await?;
            }
        }
    }
    tx.commit().await
}

async fn tell_dead(tx: &mut store::WriteTx, due: &outbox::Due) -> Result<()> {
    let phrase = Phrase::new("notice-mail-dead").with("id", due.id.to_string()).with("subject", due.subject.as_str());
    let (key, link) = (format!("mail/{}/{}", due.id, tx.now().0), "/quan-tri/thu?tt=dead".to_owned());
    let to = To::Role(Role::Administrator);
    notices::tell(tx, &Notice { to, kind: Kind::Mail, key, phrase, link, unit: None }).await.map(drop)
}

/// Adds the jobs of notices and letters.
pub(crate) fn register(registry: &mut store::jobs::Registry, site: &web::Site) {
    let (post, key): (Arc<Post>, Arc<SecretKey>) = (site.thing(), site.thing());
    notices::spread::register(registry, site, key.clone());
    // A server that takes its time holds nobody up, and no long import a letter with a code.
    registry.add_slow(SEND, move |work| {
        let (post, key) = (post.clone(), key.clone());
        async move { send(work, &post, &key).await.map_err(|e| e.to_string()) }
    });
}

/// Looks at the letters that wait, when the program starts: a mail server may have been named meanwhile.
pub async fn begin(store: &store::Store, clock: &dyn kernel::Clock) -> Result<()> {
    let mut tx = store.write(&Actor::SYSTEM, clock).await?;
    if outbox::next_due(&mut tx).await?.is_some() {
        tx.enqueue_once(SEND).await?;
    }
    tx.commit().await
}
