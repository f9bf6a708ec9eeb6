//! Guesses, and what a session alone must not do.

use crate::{
    CLOCK, PASSWORD, ROOMS, enter, here, identity, later,
    pages::{form, plain, said, send, send_from, text},
    somebody,
};
use anyhow::{Context, Result, ensure};
use axum::http::header;
use identity::{login::Step, second, secrets, store as people};
use kernel::{Actor, Clock, Moment, PersonId, Role};
use store::{Query, Store, args};
use testkit::each_engine;

/// A session of somebody, under a secret that the test knows.
async fn session(store: &Store, person: PersonId, secret: &str) -> Result<()> {
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    people::begin(&mut tx, &secrets::hash(secret), person, people::Begun::Full, "").await?;
    Ok(tx.commit().await?)
}

async fn token(store: &Store, person: PersonId, secret: &str) -> Result<()> {
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    let ends = Moment(CLOCK.now().0 + people::HOUR);
    people::add_token(&mut tx, person, &secrets::hash(secret), "thử", &["read jobs".into()], ends).await?;
    Ok(tx.commit().await?)
}

async fn tokens(store: &Store, person: PersonId) -> Result<usize> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    Ok(people::tokens(&mut tx, person).await?.iter().filter(|token| !token.revoked).count())
}

#[test]
fn behind_a_proxy_who_guesses_makes_nobody_else_wait() {
    each_engine(ROOMS, |store| async move {
        somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let proxy = [127, 0, 0, 1];
        let log_in = async |from, password: &str| -> Result<u16> {
            let form = form("/", password);
            Ok(send_from(&store, false, "POST", "/dang-nhap", "", &form, from).await?.status().as_u16())
        };
        for _ in 0..5 {
            ensure!(log_in((proxy, Some("198.51.100.9")), "sai").await? == 422);
        }
        ensure!(log_in((proxy, Some("198.51.100.9")), PASSWORD).await? == 429, "a guesser behind a proxy never waits");
        ensure!(log_in((proxy, Some("203.0.113.200")), PASSWORD).await? == 303, "all behind a proxy wait for one");
        ensure!(log_in(([198, 51, 100, 9], None), PASSWORD).await? == 429, "another count without the proxy");
        // Whoever is no proxy of ours says what they like.
        ensure!(log_in(([198, 51, 100, 9], Some("203.0.113.99")), PASSWORD).await? == 429, "anybody names an address");
        Ok(())
    });
}

#[test]
fn behind_a_proxy_on_another_machine_that_was_named_who_guesses_makes_nobody_else_wait() {
    each_engine(ROOMS, |store| async move {
        somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let (named, other) = ([192, 0, 2, 9], [192, 0, 2, 77]);
        let log_in = async |peer, said: String, password: &str| -> Result<u16> {
            let form = form("/", password);
            let from = (peer, Some(said.as_str()));
            Ok(send_from(&store, false, "POST", "/dang-nhap", "", &form, from).await?.status().as_u16())
        };
        for n in 0..5 {
            // What stands before the proxy's own word was said by the guesser.
            let said = format!("203.0.113.{n}, 198.51.100.9");
            ensure!(log_in(named, said, "sai").await? == 422);
        }
        ensure!(log_in(named, "203.0.113.7, 198.51.100.9".into(), PASSWORD).await? == 429, "a guesser never waits");
        ensure!(log_in(named, "203.0.113.200".into(), PASSWORD).await? == 303, "all behind a proxy wait for one");
        // A proxy that nobody named is whoever it is: its word about others counts for nothing.
        for n in 0..5 {
            let said = format!("203.0.113.{n}");
            ensure!(log_in(other, said, "sai").await? == 422);
        }
        ensure!(log_in(other, "203.0.113.250".into(), PASSWORD).await? == 429, "anybody names an address");
        Ok(())
    });
}

#[test]
fn behind_a_proxy_who_asks_for_passkeys_takes_the_room_of_nobody_else() {
    each_engine(ROOMS, |store| async move {
        for from in ["198.51.100.9", "203.0.113.200", "203.0.113.7"] {
            let from = ([127, 0, 0, 1], Some(from));
            let answer = send_from(&store, false, "POST", "/dang-nhap/passkey/hoi", "", "", from).await?;
            ensure!(answer.status() == 200, "{answer:?}");
        }
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let sql = "SELECT origin, COUNT(*) FROM identity_question GROUP BY origin ORDER BY origin";
        let rows = tx.rows(sql, args![]).await?;
        let asked = rows.iter().map(|row| Ok((row.text(0)?, row.i64(1)?))).collect::<Result<Vec<_>>>()?;
        ensure!(asked == [("198.51.100".into(), 1), ("203.0.113".into(), 2)], "{asked:?}");
        Ok(())
    });
}

#[test]
fn many_guesses_at_once_are_not_all_the_first() {
    each_engine(ROOMS, |store| async move {
        let identity = identity(&store);
        somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let tries = (0..20).map(|_| enter(&identity, "tanmy", "sai", &CLOCK));
        let answers = futures::future::join_all(tries).await;
        let tried = answers.iter().filter(|answer| **answer == Err(422)).count();
        let waits = answers.iter().filter(|answer| **answer == Err(429)).count();
        ensure!((tried, waits) == (5, 15), "{tried} tried, {waits} wait");
        Ok(())
    });
}

#[test]
fn a_code_by_time_is_not_guessed_by_many_at_once() {
    each_engine(ROOMS, |store| async move {
        let identity = identity(&store);
        let person = somebody(&store, "dieuphoi", Role::Coordination).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        people::set_totp(&mut tx, person, Some(&identity.key.seal(&second::secret())), 0, None).await?;
        tx.commit().await?;
        let Ok(Step::Second(waiting)) = enter(&identity, "dieuphoi", PASSWORD, &CLOCK).await else {
            anyhow::bail!("let in")
        };
        let tries = (0..12).map(|_| identity.by_code(&waiting, "x", here(), "", &CLOCK));
        let refused = futures::future::join_all(tries).await;
        let status = |refused: &Result<String, _>| match refused {
            Err(identity::login::Refused::Said(problem)) => problem.status,
            _ => 0,
        };
        let tried = refused.iter().filter(|one| status(one) == 422).count();
        ensure!(tried == 5, "{tried} tried");
        Ok(())
    });
}

#[test]
fn an_old_password_is_guessed_five_times_and_the_session_ends() {
    each_engine(ROOMS, |store| async move {
        let person = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        session(&store, person, "s1").await?;
        let change = |old: &str| format!("old={}&new={}", plain(old), plain("một câu thật là dài"));
        let post = async |old: &str| -> Result<u16> {
            let answer = send(&store, false, "POST", "/tai-khoan/mat-khau", "langso=s1", &change(old)).await?;
            Ok(answer.status().as_u16())
        };
        for _ in 0..4 {
            ensure!(post("sai").await? == 422);
        }
        ensure!(post("sai").await? == 401, "the fifth");
        ensure!(post(PASSWORD).await? == 401, "the session goes on after five guesses");
        // Elsewhere nobody waits for it.
        ensure!(matches!(enter(&identity(&store), "tanmy", PASSWORD, &CLOCK).await, Ok(Step::In(_))));
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let sql = "SELECT COUNT(*) FROM store_audit WHERE action = 'identity.proof-failed'";
        ensure!(tx.row(sql, args![]).await?.context("a count")?.i64(0)? == 5, "guesses are lines");
        Ok(())
    });
}

#[test]
fn a_session_alone_changes_no_second_factor() {
    each_engine(ROOMS, |store| async move {
        let identity = identity(&store);
        let person = somebody(&store, "dieuphoi", Role::Coordination).await?;
        let old = second::secret();
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        people::set_totp(&mut tx, person, Some(&identity.key.seal(&old)), 0, None).await?;
        tx.commit().await?;
        session(&store, person, "s1").await?;
        let new = second::secret();
        let sealed = identity.key.seal(&[&person.0.to_be_bytes()[..], &new].concat());
        let code = second::code(&new, CLOCK.now());
        let post = async |rest: String| -> Result<(u16, String)> {
            let form = format!("sealed={sealed}&code={code}{rest}");
            let answer = send(&store, false, "POST", "/tai-khoan/xac-thuc", "langso=s1", &form).await?;
            Ok((answer.status().as_u16(), text(answer).await?))
        };
        let now = second::code(&old, CLOCK.now());
        let (status, page) = post(String::new()).await?;
        ensure!(status == 422 && page.contains("name=\"old\"") && page.contains("name=\"now\""), "{page}");
        ensure!(post(format!("&old={}", plain(PASSWORD))).await?.0 == 422, "without a code of the old one");
        ensure!(post(format!("&old=sai&now={now}")).await?.0 == 422, "without the password");
        ensure!(post(format!("&old={}&now={now}", plain(PASSWORD))).await?.0 == 303, "by both");
        let found = people::get(&mut store.read(&Actor::SYSTEM.scope()).await?, person).await?.context("a person")?;
        let kept = identity.key.open(found.totp.as_deref().context("a second factor")?);
        ensure!(kept.as_deref() == Some(&new[..]));
        Ok(())
    });
}

#[test]
fn a_first_second_factor_asks_for_the_password() {
    each_engine(ROOMS, |store| async move {
        let person = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        session(&store, person, "s1").await?;
        let new = second::secret();
        let sealed = identity(&store).key.seal(&[&person.0.to_be_bytes()[..], &new].concat());
        let form = format!("sealed={sealed}&code={}", second::code(&new, CLOCK.now()));
        let answer = send(&store, false, "POST", "/tai-khoan/xac-thuc", "langso=s1", &form).await?;
        ensure!(answer.status() == 422, "a session locks its owner out: {}", answer.status());
        Ok(())
    });
}

#[test]
fn on_an_https_site_the_plain_cookie_is_nobodys() {
    each_engine(ROOMS, |store| async move {
        let person = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        session(&store, person, "s1").await?;
        for (secure, cookie, status) in [
            (true, "__Host-langso=s1", 200),
            (true, "langso=s1", 303),
            (true, "langso=s1; __Host-langso=other", 303),
            (false, "langso=s1", 200),
        ] {
            let page = send(&store, secure, "GET", "/tai-khoan", cookie, "").await?;
            ensure!(page.status() == status, "{cookie} {secure}: {}", page.status());
        }
        Ok(())
    });
}

#[test]
fn tokens_end_with_the_password_they_were_made_under() {
    each_engine(ROOMS, |store| async move {
        let person = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        session(&store, person, "s1").await?;
        token(&store, person, "t1").await?;
        let change = |old: &str, new: &str| format!("old={}&new={}&keep_tokens=1", plain(old), plain(new));
        let next = "một câu thật là dài";
        let page = text(send(&store, false, "GET", "/tai-khoan", "langso=s1", "").await?).await?;
        ensure!(page.contains("name=\"keep_tokens\""), "{page}");
        send(&store, false, "POST", "/tai-khoan/mat-khau", "langso=s1", &change(PASSWORD, next)).await?;
        ensure!(tokens(&store, person).await? == 1, "kept, as was asked");
        let form = format!("old={}&new={}", plain(next), plain(PASSWORD));
        send(&store, false, "POST", "/tai-khoan/mat-khau", "langso=s1", &form).await?;
        ensure!(tokens(&store, person).await? == 0, "a token outlives a change that did not keep it");
        token(&store, person, "t2").await?;
        let code = "ABCDE-ABCDE-ABCDE-ABCDE";
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        people::add_code(&mut tx, "reset", Some(person), &secrets::hash(code), people::HOUR).await?;
        tx.commit().await?;
        let form = format!("code={code}&password={}&keep_tokens=1", plain("bảy con vịt bơi ao"));
        let answer = send(&store, false, "POST", "/dat-mat-khau", "", &form).await?;
        ensure!(answer.status() == 200 && said(&answer, header::SET_COOKIE).is_empty());
        ensure!(tokens(&store, person).await? == 0, "a token outlives a reset");
        let entered = enter(&identity(&store), "tanmy", "bảy con vịt bơi ao", &later(60)).await;
        ensure!(matches!(entered, Ok(Step::In(_))));
        Ok(())
    });
}

/// How often the most failed key did, and how many lines of failures there are.
async fn failures(store: &Store) -> Result<(i64, i64)> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let most = tx.row("SELECT COALESCE(MAX(count), 0) FROM identity_attempt", args![]).await?.context("a count")?;
    let sql = "SELECT COUNT(*) FROM store_audit WHERE action = 'identity.login-failed'";
    Ok((most.i64(0)?, tx.row(sql, args![]).await?.context("a count")?.i64(0)?))
}

#[test]
fn one_password_tried_on_everybody_makes_its_network_wait_and_no_other() {
    each_engine(ROOMS, |store| async move {
        let identity = identity(&store);
        somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        for n in 0..59 {
            ensure!(enter(&identity, &format!("canbo{n}"), "Matkhau@2026", &CLOCK).await == Err(422), "{n}");
        }
        // Who logs in rightly is not counted, and takes nothing back.
        for _ in 0..2 {
            ensure!(matches!(enter(&identity, "tanmy", PASSWORD, &CLOCK).await, Ok(Step::In(_))));
        }
        ensure!(failures(&store).await? == (59, 0));
        ensure!(enter(&identity, "canbo59", "Matkhau@2026", &CLOCK).await == Err(422));
        ensure!(enter(&identity, "canbo60", "Matkhau@2026", &CLOCK).await == Err(429), "a spray never waits");
        ensure!(enter(&identity, "tanmy", PASSWORD, &CLOCK).await == Err(429));
        let elsewhere = identity.by_password("tanmy", PASSWORD, "198.51.100.1".parse()?, ("", ""), &CLOCK).await;
        ensure!(matches!(elsewhere, Ok(Step::In(_))), "another network waits for it");
        // Nor does who logged in before in this browser, under their own name alone.
        let kept = identity.familiar("tanmy");
        let familiar = |login: &'static str| identity.by_password(login, PASSWORD, crate::here(), ("", &kept), &CLOCK);
        ensure!(matches!(familiar("TanMy").await, Ok(Step::In(_))), "a colleague who guesses keeps others out");
        ensure!(familiar("canbo61").await.is_err());
        let made_up = ("", "666f6f");
        ensure!(identity.by_password("tanmy", PASSWORD, crate::here(), made_up, &CLOCK).await.is_err());
        ensure!(matches!(enter(&identity, "tanmy", PASSWORD, &later(2)).await, Ok(Step::In(_))), "after the wait");
        ensure!(enter(&identity, "canbo60", "Matkhau@2026", &later(2)).await == Err(422));
        ensure!(enter(&identity, "canbo61", "Matkhau@2026", &later(3)).await == Err(429), "the wait does not grow");
        // A new day is counted anew.
        ensure!(enter(&identity, "canbo61", "Matkhau@2026", &later(24 * 3600)).await == Err(422));
        Ok(())
    });
}

#[test]
fn a_wrong_password_of_somebody_and_of_nobody_is_counted_alike() {
    each_engine(ROOMS, |store| async move {
        let identity = identity(&store);
        somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        // Each waits for one transaction that counts it against its network; a line is of whoever is known alone.
        for (at, (login, lines)) in [("nobody1", 0), ("tanmy", 1), ("nobody2", 1)].into_iter().enumerate() {
            ensure!(enter(&identity, login, "sai", &CLOCK).await == Err(422));
            ensure!(failures(&store).await? == (at as i64 + 1, lines), "{login}: {:?}", failures(&store).await?);
        }
        Ok(())
    });
}

#[test]
fn codes_that_are_guessed_make_their_network_wait() {
    each_engine(ROOMS, |store| async move {
        let (far, code) = (([198, 51, 100, 9], None), "ABCDE-ABCDE-ABCDE-ABCDE");
        let guess = async |path: &str, form: &str, from| -> Result<u16> {
            Ok(send_from(&store, false, "POST", path, "", form, from).await?.status().as_u16())
        };
        let until_it_waits = async |path: &str, right: &str, from: [u8; 4]| -> Result<()> {
            for n in 0..60 {
                ensure!(
                    guess(path, &format!("code=GUESS-{n}&login=quantri&name=x"), (from, None)).await? == 422,
                    "{n}"
                );
            }
            ensure!(guess(path, "code=GUESS-60", (from, None)).await? == 429, "{path}: who guesses codes never waits");
            ensure!(guess(path, right, (from, None)).await? == 429, "{path}: a right one goes by the wait");
            Ok(())
        };
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        people::add_code(&mut tx, "setup", None, &secrets::hash(code), people::HOUR).await?;
        tx.commit().await?;
        let right = format!("code={code}&login=quantri&name=Hoa&password={}", plain(PASSWORD));
        until_it_waits("/thiet-lap", &right, [203, 0, 113, 7]).await?;
        ensure!(guess("/thiet-lap", &right, far).await? == 303, "whoever set the site up waits for a guesser");
        let person = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        people::add_code(&mut tx, "reset", Some(person), &secrets::hash(code.replace('A', "B").as_str()), people::HOUR)
            .await?;
        tx.commit().await?;
        let right = format!("code={}&password={}", code.replace('A', "B"), plain("bảy con vịt bơi ao"));
        until_it_waits("/dat-mat-khau", &right, [203, 0, 114, 7]).await?;
        ensure!(guess("/dat-mat-khau", &right, far).await? == 200, "another network waits for a guesser");
        Ok(())
    });
}
