//! Letters that wait, are refused, are given up, end while others are sent. That a real mail server takes them is tried in
//! `tests/clients/mail.py`.

use crate::{HOA, ROOMS, key, later, leased, read, work, write};
use anyhow::{Context, Result, ensure};
use kernel::{Actor, Arg, Clock, Moment, PersonId};
use mail::{Mailer, Server};
use operations::{Post, post};
use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
};
use store::{Listing, Query, Store, StoreError, StoreOptions, args, secrets::SecretKey};
use testkit::{CLOCK, each_engine, each_url, free_port};
use tokio::runtime::Handle;
use web::{
    notices::{
        self,
        outbox::{self, Mail},
    },
    people::Contact,
};

const DAY: i64 = 24 * 60;

fn post_at(port: u16) -> Post {
    let server = Server::read(&format!("smtp+plain://127.0.0.1:{port}")).expect("an address");
    Post(Some(Mailer::new(server, None, None, "langso@tinh.example").expect("a mailer")))
}

/// A server where nobody listens.
fn nobody() -> Post {
    post_at(free_port())
}

/// A mail server that takes every letter.
struct Somebody {
    port: u16,
    /// To whom each letter went that it took.
    taken: Arc<Mutex<Vec<String>>>,
}

impl Somebody {
    /// `meanwhile` happens before it says that it took a letter; it gets how many it took.
    fn new(meanwhile: impl Fn(usize) + Send + Sync + 'static) -> Somebody {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let taken: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = taken.clone();
        // Until the program of the tests ends: a letter has a connection of its own.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that breaks off is its own matter.
                let _ = talk(stream, &kept, &meanwhile);
            }
        });
        Somebody { port, taken }
    }

    fn post(&self) -> Post {
        post_at(self.port)
    }

    fn taken(&self) -> Vec<String> {
        self.taken.lock().expect("nobody fell over it").clone()
    }
}

/// Talks SMTP with one client until it leaves.
fn talk(mut stream: TcpStream, taken: &Mutex<Vec<String>>, meanwhile: &dyn Fn(usize)) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    stream.write_all(b"220 here\r\n")?;
    let mut to = String::new();
    while let Some(line) = lines.next() {
        let line = line?;
        let answer = match line.get(..4).unwrap_or("") {
            "EHLO" => "250-here\r\n250 8BITMIME\r\n",
            "RCPT" => {
                to = line.split(['<', '>']).nth(1).unwrap_or("").to_owned();
                "250 OK\r\n"
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n")?;
                while lines.next().transpose()?.is_some_and(|line| line != ".") {}
                let mut all = taken.lock().expect("nobody fell over it");
                all.push(to.clone());
                let count = all.len();
                drop(all);
                meanwhile(count);
                "250 taken\r\n"
            }
            "QUIT" => return stream.write_all(b"221 bye\r\n"),
            _ => "250 OK\r\n",
        };
        stream.write_all(answer.as_bytes())?;
    }
    Ok(())
}

/// A clock that a test moves.
struct Moving(AtomicI64);

impl Moving {
    fn new() -> Arc<Moving> {
        Arc::new(Moving(AtomicI64::new(CLOCK.now().0)))
    }

    fn on(&self, minutes: i64) {
        self.0.fetch_add(minutes * 60_000_000, Ordering::SeqCst);
    }
}

impl Clock for Moving {
    fn now(&self) -> Moment {
        Moment(self.0.load(Ordering::SeqCst))
    }
}

fn to(email: Option<&str>) -> Contact {
    Contact { name: "Lý Thị Hoa\r\nBcc: x@evil.example".into(), email: email.map(str::to_owned), lang: "vi".into() }
}

async fn letter(store: &Store, name: &str, to: &Contact, ends: Option<Moment>) -> Result<bool> {
    letter_of(store, name, None, to, ends).await
}

async fn letter_of(
    store: &Store,
    name: &str,
    person: Option<PersonId>,
    to: &Contact,
    ends: Option<Moment>,
) -> Result<bool> {
    let values = vec![("what", Arg::from("một\r\nBcc: y@evil.example")), ("name", Arg::from("Hoa"))];
    let letter = Mail { key: name.into(), person, to, template: "notice", values, ends };
    let mut tx = write(store).await?;
    let new = outbox::mail(&mut tx, &key(), &letter).await?;
    tx.commit().await?;
    Ok(new)
}

async fn states(store: &Store) -> Result<Vec<(String, i64)>> {
    let mut tx = read(store).await?;
    let (all, _) = outbox::list(&mut tx, &Listing { sort: "oldest".into(), per: 50, ..Listing::default() }).await?;
    Ok(all.into_iter().map(|letter| (letter.state, letter.tries)).collect())
}

#[test]
fn a_letter_is_one_sealed_and_without_lines_that_somebody_typed() {
    each_engine(ROOMS, |store| async move {
        ensure!(letter(&store, "a", &to(Some("hoa@xa.example")), None).await?);
        ensure!(!letter(&store, "a", &to(Some("hoa@xa.example")), None).await?, "twice");
        for address in [None, Some("hoa"), Some("hoa@xa.example\r\nBcc: x@evil.example")] {
            ensure!(!letter(&store, "b", &to(address), None).await?, "{address:?}");
        }
        let mut tx = read(&store).await?;
        let sealed = store::Query::row(&mut tx, "SELECT sealed, subject, name FROM web_outbox", vec![]).await?;
        let row = sealed.expect("a letter");
        ensure!(!row.text(0)?.contains("Hoa") && row.text(0)?.len() > 50, "it lies open");
        ensure!(
            !row.text(1)?.contains(char::is_control) && !row.text(2)?.contains(char::is_control),
            "a line of the head"
        );
        let due = outbox::due(&mut tx, CLOCK.now(), 5).await?;
        ensure!(due.len() == 1, "{due:?}");
        let opened = outbox::open(&mut tx, &key(), CLOCK.now(), due[0]).await?.context("it is due")?;
        ensure!(opened.text.contains("Kính gửi Hoa"), "{opened:?}");
        let other = outbox::open(&mut tx, &SecretKey::new([8; 32]), CLOCK.now(), due[0]).await?.context("it is due")?;
        ensure!(other.text.is_empty() && other.message == opened.message);
        Ok(())
    });
}

#[test]
fn without_a_server_letters_wait_and_with_one_that_is_not_there_they_are_given_up_and_told() {
    each_engine(ROOMS, |store| async move {
        letter(&store, "a", &to(Some("hoa@xa.example")), None).await?;
        work(&store, later(0), Post(None)).await?;
        ensure!(states(&store).await? == [("waiting".to_owned(), 0)]);
        operations::post::begin(&store, &CLOCK).await?;
        work(&store, later(0), nobody()).await?;
        ensure!(states(&store).await? == [("waiting".to_owned(), 1)], "{:?}", states(&store).await?);
        // Not before it is due again, five minutes later.
        work(&store, later(4), nobody()).await?;
        ensure!(states(&store).await? == [("waiting".to_owned(), 1)], "impatient");
        for tries in 1..outbox::MOST_TRIES {
            work(&store, later(600 * tries), nobody()).await?;
        }
        ensure!(states(&store).await? == [("dead".to_owned(), outbox::MOST_TRIES)], "{:?}", states(&store).await?);
        let mut tx = write(&store).await?;
        ensure!(notices::unread(&mut tx, crate::HOA).await? == 1, "the administrator hears of it in the pages");
        let (id, _) = outbox::list(&mut tx, &Listing { per: 1, ..Listing::default() }).await?;
        ensure!(outbox::retry(&mut tx, id[0].id).await? && !outbox::retry(&mut tx, id[0].id).await?);
        ensure!(outbox::cancel(&mut tx, id[0].id).await? && !outbox::cancel(&mut tx, id[0].id).await?);
        tx.commit().await?;
        ensure!(states(&store).await?[0].0 == "cancelled");
        Ok(())
    });
}

#[test]
fn a_letter_that_is_of_no_more_use_is_not_sent() {
    each_engine(ROOMS, |store| async move {
        letter(&store, "a", &to(Some("hoa@xa.example")), Some(Moment(CLOCK.now().0 + 60_000_000))).await?;
        work(&store, later(2), nobody()).await?;
        ensure!(states(&store).await? == [("expired".to_owned(), 0)], "{:?}", states(&store).await?);
        Ok(())
    });
}

/// What happens to letters while the one before them is handed over.
async fn end_others(store: &Store) -> Result<()> {
    let mut tx = write(store).await?;
    ensure!(outbox::give_up_of(&mut tx, HOA).await? == 1, "her mailbox was corrected");
    ensure!(outbox::cancel(&mut tx, 3).await?, "by hand");
    ensure!(tx.execute("DELETE FROM web_outbox WHERE id = 4", args![]).await? == 1, "erased");
    Ok(tx.commit().await?)
}

#[test]
fn a_letter_that_ends_while_the_one_before_it_is_handed_over_is_not_sent() {
    each_engine(ROOMS, |store| async move {
        letter(&store, "a", &to(Some("a@xa.example")), None).await?;
        letter_of(&store, "b", Some(HOA), &to(Some("b@xa.example")), None).await?;
        for name in ["c", "d"] {
            letter(&store, name, &to(Some(format!("{name}@xa.example").as_str())), None).await?;
        }
        letter(&store, "e", &to(Some("e@xa.example")), Some(Moment(CLOCK.now().0 + 60_000_000))).await?;
        let (handle, own, clock) = (Handle::current(), store.clone(), Moving::new());
        let hands = clock.clone();
        let server = Somebody::new(move |count| {
            if count == 1 {
                handle.block_on(end_others(&own)).expect("the others end");
                hands.on(2);
            }
        });
        post::send(leased(&store, clock).await?, &server.post(), &key()).await?;
        ensure!(server.taken() == ["a@xa.example"], "{:?}", server.taken());
        work(&store, later(5), server.post()).await?;
        ensure!(server.taken() == ["a@xa.example"], "{:?}", server.taken());
        let expected = [("sent", 1), ("cancelled", 0), ("cancelled", 0), ("expired", 0)];
        let expected = expected.map(|(state, tries)| (state.to_owned(), tries));
        ensure!(states(&store).await? == expected, "{:?}", states(&store).await?);
        Ok(())
    });
}

/// Somebody cancels a letter and the job that is handing it over.
async fn stop(store: &Store) -> Result<()> {
    let mut tx = write(store).await?;
    ensure!(outbox::cancel(&mut tx, 1).await?, "it waits");
    let job = tx.row("SELECT id FROM store_job WHERE state = 'running'", args![]).await?.context("the job")?;
    ensure!(tx.cancel_job(job.i64(0)?).await?, "it runs");
    Ok(tx.commit().await?)
}

#[test]
fn what_was_sent_is_told_as_sent_and_not_sent_again_though_it_was_cancelled_meanwhile() {
    each_engine(ROOMS, |store| async move {
        for name in ["a", "b"] {
            letter(&store, name, &to(Some(format!("{name}@xa.example").as_str())), None).await?;
        }
        let (handle, own) = (Handle::current(), store.clone());
        let server = Somebody::new(move |count| {
            if count == 1 {
                handle.block_on(stop(&own)).expect("it is stopped");
            }
        });
        let ended = post::send(leased(&store, Arc::new(CLOCK)).await?, &server.post(), &key()).await;
        ensure!(matches!(ended, Err(StoreError::LostJob(_))), "it goes on: {ended:?}");
        let expected = [("sent".to_owned(), 1), ("waiting".to_owned(), 0)];
        ensure!(states(&store).await? == expected, "{:?}", states(&store).await?);
        post::begin(&store, &CLOCK).await?;
        work(&store, later(0), server.post()).await?;
        ensure!(server.taken() == ["a@xa.example", "b@xa.example"], "{:?}", server.taken());
        Ok(())
    });
}

#[test]
fn without_a_server_letters_end_in_their_time_and_a_server_named_later_meets_none_that_is_stale() {
    each_engine(ROOMS, |store| async move {
        letter(&store, "a", &to(Some("hoa@xa.example")), None).await?;
        work(&store, later(0), Post(None)).await?;
        work(&store, later(7 * DAY), Post(None)).await?;
        ensure!(states(&store).await? == [("waiting".to_owned(), 0)], "too early: {:?}", states(&store).await?);
        // Nobody writes another letter or starts the program anew.
        work(&store, later(7 * DAY + 2), Post(None)).await?;
        ensure!(states(&store).await? == [("expired".to_owned(), 0)], "{:?}", states(&store).await?);
        letter(&store, "b", &to(Some("anh@xa.example")), None).await?;
        let server = Somebody::new(|_| ());
        work(&store, later(60 * DAY), server.post()).await?;
        ensure!(server.taken().is_empty(), "{:?}", server.taken());
        ensure!(states(&store).await?.iter().all(|(state, _)| state == "expired"), "{:?}", states(&store).await?);
        Ok(())
    });
}

#[test]
fn a_letter_that_waits_in_vain_is_forgotten_when_others_are() {
    each_engine(ROOMS, |store| async move {
        let year = Moment(CLOCK.now().0 + 365 * DAY * 60_000_000);
        letter(&store, "a", &to(Some("hoa@xa.example")), Some(year)).await?;
        let hooks = web::personal::Hooks { all: web::room().personal.to_vec(), retention: Default::default() };
        let days = i64::from(hooks.retention.letters);
        for (day, left) in [(days - 1, 1), (days + 1, 0)] {
            let mut tx = store.write(&Actor::SYSTEM, &*later(day * DAY)).await?;
            hooks.retain(&mut tx).await?;
            tx.commit().await?;
            ensure!(states(&store).await?.len() == left, "after {day} days: {:?}", states(&store).await?);
        }
        Ok(())
    });
}

#[test]
fn letters_that_waited_before_each_had_an_end_get_one() {
    each_url(|url| async move {
        let store = Store::open(&url, StoreOptions { durable: false, ..StoreOptions::default() }).await?;
        store.migrate(&[&notices::MIGRATIONS[..3]], &CLOCK).await?;
        let mut tx = write(&store).await?;
        for (id, ends) in [(1_i64, None), (2, Some(9_i64))] {
            let sql =
                "INSERT INTO web_outbox (id, key, template, address, name, lang, subject, sealed, state, tries, at,
                       due_at, ends_at, search)
                       VALUES ($1, $2, 'notice', 'hoa@xa.example', '', 'vi', '', '', 'waiting', 0, 5, 5, $3, '')";
            tx.execute_one(sql, args![id, id.to_string(), ends]).await?;
        }
        tx.commit().await?;
        store.migrate(ROOMS, &CLOCK).await?;
        let rows = read(&store).await?.rows("SELECT ends_at FROM web_outbox ORDER BY id", args![]).await?;
        let ends: Vec<Option<i64>> = rows.iter().map(|row| row.opt_i64(0)).collect::<store::Result<_>>()?;
        ensure!(ends == [Some(5 + outbox::OF_USE), Some(9)], "{ends:?}");
        store.close().await;
        Ok(())
    });
}
