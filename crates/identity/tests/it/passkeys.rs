//! Passkeys as a browser and the edge meet them: made by whom it is, asked once, shown once.

use crate::{
    CLOCK, PASSWORD, ROOMS, identity, later,
    pages::{said, send, text},
    somebody,
};
use anyhow::{Context, Result, ensure};
use axum::http::header;
use identity::{passkey, second, secrets, store as people};
use kernel::{Actor, Clock, PersonId, Role};
use passkeys::Party;
use serde_json::Value;
use store::{Query, Store, args};
use testkit::{authenticator::Authenticator, each_engine};

const ORIGIN: &str = "https://lang.example";

fn encoded(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}

/// A session of somebody that stands.
async fn session(store: &Store, person: PersonId) -> Result<String> {
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    people::begin(&mut tx, &secrets::hash("s1"), person, people::Begun::Full, "").await?;
    tx.commit().await?;
    Ok("langso=s1".to_owned())
}

/// Makes a passkey over the pages.
async fn make(store: &Store, authenticator: &mut Authenticator, cookie: &str) -> Result<()> {
    let asked = format!("old={}", encoded(PASSWORD));
    let page = send(store, false, "POST", "/tai-khoan/passkey/moi", cookie, &asked).await?;
    ensure!(page.status() == 200, "{page:?}");
    let page = text(page).await?;
    let options = page.split_once("data-options=\"").context("options")?.1.split('"').next().context("them")?;
    let options = options.replace("&quot;", "\"").replace("&#x2f;", "/").replace("&amp;", "&");
    let answer = authenticator.make(&options);
    let form = format!("name=kh%C3%B3a&answer={}", encoded(&answer));
    let kept = send(store, false, "POST", "/tai-khoan/passkey", cookie, &form).await?;
    ensure!(kept.status() == 303, "{}", text(kept).await?);
    let again = send(store, false, "POST", "/tai-khoan/passkey", cookie, &form).await?;
    ensure!(again.status() == 422, "a question is answered twice");
    Ok(())
}

/// What the login asks a browser.
async fn asked(store: &Store) -> Result<String> {
    let answer = send(store, false, "POST", "/dang-nhap/passkey/hoi", "", "").await?;
    ensure!(answer.status() == 200 && said(&answer, header::CACHE_CONTROL) == "no-store", "{answer:?}");
    let said: Value = serde_json::from_str(&text(answer).await?)?;
    Ok(said["options"].to_string())
}

async fn show(store: &Store, answer: &str) -> Result<axum::http::Response<axum::body::Body>> {
    let form = format!("tiep=/tai-khoan&answer={}", encoded(answer));
    send(store, false, "POST", "/dang-nhap/passkey", "", &form).await
}

async fn lines(store: &Store, action: &str) -> Result<i64> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let sql = "SELECT COUNT(*) FROM store_audit WHERE action = $1";
    Ok(tx.row(sql, args![action]).await?.context("a count")?.i64(0)?)
}

#[test]
fn a_passkey_is_both_factors_and_each_question_has_one_answer() {
    each_engine(ROOMS, |store| async move {
        // Who needs a second factor and has none but a passkey.
        let person = somebody(&store, "dieuphoi", Role::Administrator).await?;
        let cookie = session(&store, person).await?;
        let led = send(&store, false, "GET", "/quan-tri/nguoi", &cookie, "").await?;
        ensure!(led.status() == 303, "{led:?}");
        let mut authenticator = Authenticator::new(ORIGIN, "lang.example");
        make(&store, &mut authenticator, &cookie).await?;
        let page = send(&store, false, "GET", "/quan-tri/nguoi", &cookie, "").await?;
        ensure!(page.status() == 200, "who just made a passkey is led to another second factor: {page:?}");
        let page = text(send(&store, false, "GET", "/tai-khoan/passkey", &cookie, "").await?).await?;
        ensure!(page.contains("khóa") && page.contains("chưa dùng"), "{page}");

        let answer = authenticator.show(&asked(&store).await?);
        let entered = show(&store, &answer).await?;
        ensure!(entered.status() == 303 && said(&entered, header::LOCATION) == "/tai-khoan", "{entered:?}");
        let new = said(&entered, header::SET_COOKIE).split(';').next().context("a cookie")?.to_owned();
        ensure!(new != cookie);
        let page = send(&store, false, "GET", "/quan-tri/nguoi", &new, "").await?;
        ensure!(page.status() == 200, "a passkey is asked for another factor: {page:?}");
        let again = show(&store, &answer).await?;
        ensure!(again.status() == 422 && said(&again, header::SET_COOKIE).is_empty(), "an answer is taken twice");

        // A password alone is still one factor.
        let form = format!("login=dieuphoi&password={}&tiep=/", encoded(PASSWORD));
        let entered = send(&store, false, "POST", "/dang-nhap", "", &form).await?;
        let weak = said(&entered, header::SET_COOKIE).split(';').next().context("a cookie")?.to_owned();
        let led = send(&store, false, "GET", "/quan-tri/nguoi", &weak, "").await?;
        ensure!(led.status() == 303, "{led:?}");
        Ok(())
    });
}

#[test]
fn a_counter_that_goes_back_is_refused_and_noted() {
    each_engine(ROOMS, |store| async move {
        let person = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let cookie = session(&store, person).await?;
        let mut authenticator = Authenticator::new(ORIGIN, "lang.example");
        make(&store, &mut authenticator, &cookie).await?;
        authenticator.counter = 9;
        let answer = authenticator.show(&asked(&store).await?);
        ensure!(show(&store, &answer).await?.status() == 303);
        for counter in [9, 2] {
            authenticator.counter = counter;
            let answer = authenticator.show(&asked(&store).await?);
            let refused = show(&store, &answer).await?;
            ensure!(refused.status() == 422 && said(&refused, header::SET_COOKIE).is_empty(), "{refused:?}");
            ensure!(text(refused).await?.contains("sao chép"));
        }
        ensure!(lines(&store, "identity.passkey-counter").await? == 2, "it is not noted");
        authenticator.counter = 10;
        let answer = authenticator.show(&asked(&store).await?);
        ensure!(show(&store, &answer).await?.status() == 303, "what the copy did counts");
        Ok(())
    });
}

#[test]
fn what_was_made_for_another_page_or_domain_or_by_nobody_is_refused() {
    each_engine(ROOMS, |store| async move {
        let person = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let cookie = session(&store, person).await?;
        let fresh = || Authenticator::new(ORIGIN, "lang.example");
        let mut authenticator = fresh();
        make(&store, &mut authenticator, &cookie).await?;
        let handle = authenticator.handle.clone();
        type Spoil = fn(&mut Authenticator);
        let spoils: [(&str, Spoil); 5] = [
            ("origin", |a| a.origin = "https://evil.example".into()),
            ("domain", |a| a.domain = "evil.example".into()),
            ("verified", |a| a.verified = false),
            ("handle", |a| a.handle = vec![1; 16]),
            ("credential", |a| a.id = vec![8; 16]),
        ];
        for (name, spoil) in spoils {
            let mut other = fresh();
            (other.handle, other.counter) = (handle.clone(), 50);
            spoil(&mut other);
            let question = asked(&store).await?;
            let refused = show(&store, &other.show(&question)).await?;
            ensure!(refused.status() == 422 && said(&refused, header::SET_COOKIE).is_empty(), "{name}: {refused:?}");
            let mut good = fresh();
            (good.handle, good.counter) = (handle.clone(), 60);
            let late = show(&store, &good.show(&question)).await?;
            ensure!(late.status() == 422, "{name}: a question outlives a wrong answer");
        }
        for answer in ["", "{}", "null"] {
            ensure!(show(&store, answer).await?.status() == 422, "{answer}");
        }
        ensure!(lines(&store, "identity.login-failed").await? == 4, "of whom is known it is a line");
        // A locked account has no passkeys.
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        people::disable(&mut tx, person, true, "thử").await?;
        tx.commit().await?;
        let mut good = fresh();
        (good.handle, good.counter) = (handle, 70);
        ensure!(show(&store, &good.show(&asked(&store).await?)).await?.status() == 422, "a locked account is let in");
        Ok(())
    });
}

#[test]
fn a_question_waits_five_minutes_and_nobody_fills_the_table() {
    each_engine(ROOMS, |store| async move {
        let identity = identity(&store);
        let party = Party::at(ORIGIN).context("a party")?;
        let person = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let cookie = session(&store, person).await?;
        let mut authenticator = Authenticator::new(ORIGIN, "lang.example");
        make(&store, &mut authenticator, &cookie).await?;
        let here = crate::here();
        let asked = identity.ask_any_passkey(&party, here, &CLOCK).await.ok().context("a question")?;
        let answer = authenticator.show(&asked.options);
        let late = identity.by_passkey(&party, &answer, "", &later(5 * 60 + 1)).await;
        ensure!(late.is_err(), "after five minutes");
        for _ in 0..60 {
            identity.ask_any_passkey(&party, here, &CLOCK).await.ok().context("a question")?;
        }
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let count = tx.row("SELECT COUNT(*) FROM identity_question", args![]).await?.context("a count")?.i64(0)?;
        ensure!(count == 50, "{count} questions of one network wait");
        Ok(())
    });
}

#[test]
fn a_passkey_is_made_and_removed_by_whom_it_is() {
    each_engine(ROOMS, |store| async move {
        let person = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let cookie = session(&store, person).await?;
        let refused = send(&store, false, "POST", "/tai-khoan/passkey/moi", &cookie, "old=sai").await?;
        ensure!(refused.status() == 422 && text(refused).await?.contains("aria-invalid"), "made without the password");
        make(&store, &mut Authenticator::new(ORIGIN, "lang.example"), &cookie).await?;
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let id = passkey::of(&mut tx, person).await?.first().context("a passkey")?.id;
        drop(tx);
        let wrong = send(&store, false, "POST", "/tai-khoan/passkey/bo", &cookie, &format!("id={id}&old=sai")).await?;
        ensure!(wrong.status() == 422, "removed without the password");
        // Somebody else's passkey is not there.
        let other = somebody(&store, "khac", Role::CommuneOfficer).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        people::begin(&mut tx, &secrets::hash("s2"), other, people::Begun::Full, "").await?;
        tx.commit().await?;
        let form = format!("id={id}&old={}", encoded(PASSWORD));
        let foreign = send(&store, false, "POST", "/tai-khoan/passkey/bo", "langso=s2", &form).await?;
        ensure!(foreign.status() == 404, "{foreign:?}");
        let gone = send(&store, false, "POST", "/tai-khoan/passkey/bo", &cookie, &form).await?;
        ensure!(gone.status() == 303, "{gone:?}");
        ensure!(lines(&store, "identity.passkey").await? == 1 && lines(&store, "identity.passkey-removed").await? == 1);
        Ok(())
    });
}

#[test]
fn a_reset_and_an_erasure_take_passkeys_away() {
    each_engine(ROOMS, |store| async move {
        let count = async |sql: &str| -> Result<i64> {
            let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
            Ok(tx.row(sql, args![]).await?.context("a count")?.i64(0)?)
        };
        let passkeys = "SELECT COUNT(*) FROM identity_passkey";
        let person = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let other = somebody(&store, "khac", Role::CommuneOfficer).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        people::begin(&mut tx, &secrets::hash("s2"), other, people::Begun::Full, "").await?;
        tx.commit().await?;
        let mut theirs = Authenticator::new(ORIGIN, "lang.example");
        theirs.id = vec![9; 16];
        make(&store, &mut theirs, "langso=s2").await?;
        let cookie = session(&store, person).await?;
        let mut lost = Authenticator::new(ORIGIN, "lang.example");
        make(&store, &mut lost, &cookie).await?;
        ensure!(count(passkeys).await? == 2);
        let by_code = async |kind: &str, code: &str| -> Result<()> {
            let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
            people::add_code(&mut tx, kind, Some(person), &secrets::hash(code), people::HOUR).await?;
            tx.commit().await?;
            let form = format!("code={code}&password={}", encoded("sáu con vịt lội qua ao"));
            let set = send(&store, false, "POST", "/dat-mat-khau", "", &form).await?;
            ensure!(set.status() == 200, "{}", text(set).await?);
            Ok(())
        };
        by_code("invite", "AAAAA-AAAAA-AAAAA-AAAAA").await?;
        ensure!(count(passkeys).await? == 2, "an invitation is no reset");
        by_code("reset", "BBBBB-BBBBB-BBBBB-BBBBB").await?;
        ensure!(count(passkeys).await? == 1, "whoever has the lost key goes on after a reset");
        let answer = lost.show(&asked(&store).await?);
        ensure!(show(&store, &answer).await?.status() == 422, "a key that was reset lets in");
        ensure!(lines(&store, "identity.passkey-removed").await? >= 1, "no line of it");

        crate::proposals::administrator(&store, "mot").await?;
        let form = format!("reason={}&login=khac", encoded("nghỉ việc, có đơn"));
        let path = format!("/quan-tri/nguoi/{other}/xoa");
        let gone = send(&store, false, "POST", &path, "langso=mot", &form).await?;
        ensure!(gone.status() == 303, "{}", text(gone).await?);
        ensure!(count(passkeys).await? == 0, "a passkey outlives its person's erasure");
        Ok(())
    });
}

/// A session of somebody under a secret, of one factor.
async fn another(store: &Store, person: PersonId, secret: &str) -> Result<()> {
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    people::begin(&mut tx, &secrets::hash(secret), person, people::Begun::Full, "").await?;
    Ok(tx.commit().await?)
}

#[test]
fn where_a_passkey_is_the_second_factor_a_password_alone_proves_nothing() {
    each_engine(ROOMS, |store| async move {
        let person = somebody(&store, "dieuphoi", Role::Coordination).await?;
        let cookie = session(&store, person).await?;
        make(&store, &mut Authenticator::new(ORIGIN, "lang.example"), &cookie).await?;
        // Whoever has the password.
        another(&store, person, "weak").await?;
        let new = second::secret();
        let sealed = identity(&store).key.seal(&[&person.0.to_be_bytes()[..], &new].concat());
        let code = second::code(&new, CLOCK.now());
        let set = |password: &str| format!("sealed={sealed}&code={code}&old={}", encoded(password));
        let old = format!("old={}", encoded(PASSWORD));
        let next = "sáu con vịt lội qua ao";
        for (path, form) in [
            ("/tai-khoan/xac-thuc", set(PASSWORD)),
            ("/tai-khoan/mat-khau", format!("{old}&new={}", encoded(next))),
            ("/tai-khoan/passkey/moi", old.clone()),
            ("/tai-khoan/passkey/bo", format!("{old}&id=1")),
        ] {
            let refused = send(&store, false, "POST", path, "langso=weak", &form).await?;
            ensure!(refused.status() == 422, "{path}: {refused:?}");
            ensure!(text(refused).await?.contains("mã đặt lại"), "{path}: the way out is not said");
        }
        let page = text(send(&store, false, "GET", "/tai-khoan/xac-thuc", "langso=weak", "").await?).await?;
        ensure!(page.contains("mã đặt lại"), "said only after it was tried: {page}");
        let found = people::get(&mut store.read(&Actor::SYSTEM.scope()).await?, person).await?.context("a person")?;
        ensure!(found.totp.is_none(), "a stolen password takes the account over");
        // The session that showed both goes on.
        let asked = send(&store, false, "POST", "/tai-khoan/passkey/moi", &cookie, &old).await?;
        ensure!(asked.status() == 200, "{asked:?}");
        // The key is lost: a reset, which takes two administrators, is the way out.
        let reset = "BBBBB-BBBBB-BBBBB-BBBBB";
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        people::add_code(&mut tx, "reset", Some(person), &secrets::hash(reset), people::HOUR).await?;
        tx.commit().await?;
        let form = format!("code={reset}&password={}", encoded(next));
        ensure!(send(&store, false, "POST", "/dat-mat-khau", "", &form).await?.status() == 200);
        another(&store, person, "after").await?;
        let done = send(&store, false, "POST", "/tai-khoan/xac-thuc", "langso=after", &set(next)).await?;
        ensure!(done.status() == 303, "{}", text(done).await?);
        Ok(())
    });
}

#[test]
fn other_sessions_end_with_a_passkey_made_or_removed_and_with_an_unlinked_provider() {
    each_engine(ROOMS, |store| async move {
        let person = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let bystander = somebody(&store, "khac", Role::CommuneOfficer).await?;
        another(&store, bystander, "bystander").await?;
        let cookie = session(&store, person).await?;
        let stands = async |cookie: &str| -> Result<bool> {
            Ok(send(&store, false, "GET", "/tai-khoan", cookie, "").await?.status() == 200)
        };
        let ended = async |cause: &str| -> Result<()> {
            ensure!(!stands("langso=other").await?, "another session outlives {cause}");
            ensure!(stands(&cookie).await? && stands("langso=bystander").await?, "{cause} ends more than the others");
            Ok(())
        };
        another(&store, person, "other").await?;
        ensure!(stands("langso=other").await?);
        make(&store, &mut Authenticator::new(ORIGIN, "lang.example"), &cookie).await?;
        ended("a new passkey").await?;

        another(&store, person, "other").await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let id = passkey::of(&mut tx, person).await?.first().context("a passkey")?.id;
        let sql =
            "INSERT INTO identity_link (issuer, subject, person, provider, made_at) VALUES ('i', 's', $1, 'khac', 0)";
        tx.execute_one(sql, args![person.0]).await?;
        tx.commit().await?;
        let old = format!("old={}", encoded(PASSWORD));
        let gone = send(&store, false, "POST", "/tai-khoan/passkey/bo", &cookie, &format!("id={id}&{old}")).await?;
        ensure!(gone.status() == 303, "{gone:?}");
        ended("a removed passkey").await?;

        another(&store, person, "other").await?;
        let gone = send(&store, false, "POST", "/tai-khoan/lien-ket/khac/bo", &cookie, &old).await?;
        ensure!(gone.status() == 303, "{gone:?}");
        ended("an unlinked provider").await
    });
}
