//! Letters that wait, are refused, are given up. That a mail server takes them is tried in `tests/clients/mail.py`.

use crate::{ROOMS, key, later, read, work, write};
use anyhow::{Result, ensure};
use kernel::{Arg, Clock, Moment};
use mail::{Mailer, Server};
use operations::Post;
use store::{Listing, Store, secrets::SecretKey};
use testkit::{CLOCK, each_engine, free_port};
use web::{
    notices::{
        self,
        outbox::{self, Mail},
    },
    people::Contact,
};

/// A server where nobody listens.
fn nobody() -> Post {
    let server = Server::read(&format!("smtp+plain://127.0.0.1:{}", free_port())).expect("an address");
    Post(Some(Mailer::new(server, None, None, "langso@tinh.example").expect("a mailer")))
}

fn to(email: Option<&str>) -> Contact {
    Contact { name: "Lý Thị Hoa\r\nBcc: x@evil.example".into(), email: email.map(str::to_owned), lang: "vi".into() }
}

async fn letter(store: &Store, name: &str, to: &Contact, ends: Option<Moment>) -> Result<bool> {
    let values = vec![("what", Arg::from("một\r\nBcc: y@evil.example")), ("name", Arg::from("Hoa"))];
    let letter = Mail { key: name.into(), person: None, to, template: "notice", values, ends };
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
        let due = outbox::due(&mut tx, &key(), CLOCK.now(), 5).await?;
        ensure!(due.len() == 1 && due[0].text.contains("Kính gửi Hoa"), "{due:?}");
        let other = outbox::due(&mut tx, &SecretKey::new([8; 32]), CLOCK.now(), 5).await?;
        ensure!(other[0].text.is_empty() && other[0].message == due[0].message);
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
