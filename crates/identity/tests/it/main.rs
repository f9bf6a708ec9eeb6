//! People as a browser and the edge meet them, on both engines.

use anyhow::{Context, Result, ensure};
use identity::{
    Identity,
    keeper::Keeper,
    login::{Refused, Step},
    model::NewGrant,
    password, second,
    secrets::{self, SecretKey},
    store as people,
};
use kernel::{Actor, Clock, Day, FixedClock, Moment, PersonId, Role, UnitId};
use std::net::IpAddr;
use store::{Migration, Query, Store, args};
use testkit::{CLOCK, each_engine};
use web::{People, people::Claim};

mod agencies;
mod agency_guard;
mod corrections;
mod data;
mod guesses;
mod linked;
mod listing;
mod mergers;
mod pages;
mod passkeys;
mod programs;
mod proposals;
mod recovery;
mod roster;
mod tokens;

const ROOMS: &[&[Migration]] = &[web::notices::MIGRATIONS, units::store::MIGRATIONS, people::MIGRATIONS];
const PASSWORD: &str = "bốn con trâu uống trà";
const HERE: &str = "203.0.113.7";

/// A law of one set with one criterion.
pub fn law() -> web::Criteria {
    let pair = |vi: &str, en: &str| (vi.to_owned(), en.to_owned());
    let criteria = vec![("17".to_owned(), pair("Môi trường", "Environment"))];
    let set =
        web::CriteriaSet { id: "commune-2021-2025".into(), name: pair("Xã nông thôn mới", "Commune"), criteria };
    web::Criteria(vec![set])
}

pub fn identity(store: &Store) -> Identity {
    let key = SecretKey::new([7; 32]);
    Identity { store: store.clone(), key, demo: false, secure: false, most_sessions: 3, doors: Default::default() }
}

fn later(seconds: i64) -> FixedClock {
    FixedClock(Moment(CLOCK.now().0 + seconds * 1_000_000))
}

fn here() -> IpAddr {
    HERE.parse().expect("an address")
}

/// Somebody with a password and a role in the unit 1, or in the house.
async fn somebody(store: &Store, login: &str, role: Role) -> Result<PersonId> {
    let hash = password::hashed(PASSWORD).await.ok().context("a hash")?;
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    let person = people::add(&mut tx, login, "Lý Thị Hoa", None, "vi", false).await?;
    people::set_password(&mut tx, person, &hash, people::Kept::default()).await?;
    let from = CLOCK.today();
    let unit = (!role.is_of_house()).then_some(UnitId(1));
    let new = NewGrant { person, role, unit, agency: None, criteria: None, from, to: None };
    people::grant(&mut tx, &new).await?;
    tx.commit().await?;
    Ok(person)
}

async fn enter(identity: &Identity, login: &str, password: &str, clock: &dyn Clock) -> Result<Step, u16> {
    match identity.by_password(login, password, here(), ("thử", ""), clock).await {
        Ok(step) => Ok(step),
        Err(Refused::Said(problem)) => Err(problem.status),
        Err(Refused::Store(error)) => panic!("{error}"),
    }
}

pub async fn who(identity: &Identity, secret: &str, clock: &dyn Clock) -> Result<Option<web::Who>> {
    let mut tx = identity.store.read(&Actor::SYSTEM.scope()).await?;
    let keeper = Keeper(std::sync::Arc::new(self::identity(&identity.store)));
    Ok(keeper.who(&mut tx, Claim::Cookie(secret), clock.now()).await?)
}

#[test]
fn a_login_gives_a_new_session_that_ends_by_itself() {
    each_engine(ROOMS, |store| async move {
        let identity = identity(&store);
        let person = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        ensure!(enter(&identity, "tanmy", "sai", &CLOCK).await == Err(422));
        ensure!(enter(&identity, "nobody", PASSWORD, &CLOCK).await == Err(422), "the same of who is not there");
        let Ok(Step::In(first)) = enter(&identity, " TanMy ", PASSWORD, &CLOCK).await else {
            anyhow::bail!("not let in")
        };
        let Ok(Step::In(second)) = enter(&identity, "tanmy", PASSWORD, &CLOCK).await else {
            anyhow::bail!("not let in")
        };
        ensure!(first != second, "a session that was known before goes on");
        let found = who(&identity, &first, &CLOCK).await?.context("a session")?;
        ensure!(found.person == person && found.grants.len() == 1 && found.first.is_none(), "{found:?}");
        ensure!(
            who(&identity, "0123", &CLOCK).await?.is_none() && who(&identity, &found.session, &CLOCK).await?.is_none()
        );
        ensure!(who(&identity, &first, &later(3 * 3600)).await?.is_none(), "idle for three hours");
        ensure!(who(&identity, &first, &later(13 * 3600)).await?.is_none(), "older than twelve hours");
        // A new password ends what was begun by the old one.
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let kept = secrets::hash(&second);
        let keep = people::Kept { session: Some(&kept), tokens: false };
        people::set_password(&mut tx, person, "x", keep).await?;
        tx.commit().await?;
        ensure!(who(&identity, &first, &CLOCK).await?.is_none() && who(&identity, &second, &CLOCK).await?.is_some());
        Ok(())
    });
}

#[test]
fn a_role_and_an_account_are_lost_at_once() {
    each_engine(ROOMS, |store| async move {
        let identity = identity(&store);
        let person = somebody(&store, "tanmy", Role::CommuneLeader).await?;
        let Ok(Step::In(secret)) = enter(&identity, "tanmy", PASSWORD, &CLOCK).await else {
            anyhow::bail!("not let in")
        };
        let grant = who(&identity, &secret, &CLOCK).await?.context("a session")?.grants[0].id;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        ensure!(people::end_grant(&mut tx, grant, "nghỉ").await? == Some(person));
        ensure!(people::end_grant(&mut tx, grant, "nghỉ").await?.is_none());
        let yesterday = Day::from_epoch_days(CLOCK.today().epoch_days() - 1);
        let tomorrow = Day::from_epoch_days(CLOCK.today().epoch_days() + 1);
        for (from, to) in [(yesterday, Some(yesterday)), (tomorrow, None)] {
            let unit = Some(UnitId(1));
            let new = NewGrant { person, role: Role::CommuneLeader, unit, agency: None, criteria: None, from, to };
            people::grant(&mut tx, &new).await?;
        }
        tx.commit().await?;
        ensure!(
            who(&identity, &secret, &CLOCK).await?.context("a session")?.grants.is_empty(),
            "a role that does not stand"
        );
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        people::disable(&mut tx, person, true, "thử").await?;
        tx.commit().await?;
        ensure!(who(&identity, &secret, &CLOCK).await?.is_none());
        ensure!(enter(&identity, "tanmy", PASSWORD, &CLOCK).await == Err(422));
        Ok(())
    });
}

#[test]
fn a_second_factor_is_asked_for_and_its_code_taken_once() {
    each_engine(ROOMS, |store| async move {
        let identity = identity(&store);
        let person = somebody(&store, "dieuphoi", Role::Coordination).await?;
        let Ok(Step::In(secret)) = enter(&identity, "dieuphoi", PASSWORD, &CLOCK).await else {
            anyhow::bail!("not let in")
        };
        let first = who(&identity, &secret, &CLOCK).await?.context("a session")?.first;
        ensure!(first == Some(identity::keeper::SECOND_FACTOR), "a reviewer goes on without a second factor");
        let key = second::secret();
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        people::set_totp(&mut tx, person, Some(&identity.key.seal(&key)), 0, None).await?;
        tx.commit().await?;
        let Ok(Step::Second(waiting)) = enter(&identity, "dieuphoi", PASSWORD, &CLOCK).await else {
            anyhow::bail!("let in")
        };
        ensure!(who(&identity, &waiting, &CLOCK).await?.is_none(), "half a login is one");
        let code = second::code(&key, CLOCK.now());
        ensure!(identity.by_code(&waiting, "000000", here(), "", &CLOCK).await.is_err());
        let Ok(full) = identity.by_code(&waiting, &code, here(), "", &CLOCK).await else { anyhow::bail!("not let in") };
        let found = who(&identity, &full, &CLOCK).await?.context("a session")?;
        ensure!(found.first.is_none() && full != waiting);
        ensure!(identity.by_code(&waiting, &code, here(), "", &CLOCK).await.is_err(), "a waiting session twice");
        let Ok(Step::Second(again)) = enter(&identity, "dieuphoi", PASSWORD, &CLOCK).await else {
            anyhow::bail!("let in")
        };
        ensure!(identity.by_code(&again, &code, here(), "", &CLOCK).await.is_err(), "a code twice");
        let Ok(Step::Second(old)) = enter(&identity, "dieuphoi", PASSWORD, &CLOCK).await else {
            anyhow::bail!("let in")
        };
        let late = later(11 * 60);
        let code = second::code(&key, late.now());
        ensure!(identity.by_code(&old, &code, here(), "", &late).await.is_err(), "a waiting session after ten minutes");
        Ok(())
    });
}

#[test]
fn of_too_many_sessions_the_oldest_ends_and_its_owner_is_told() {
    each_engine(ROOMS, |store| async move {
        let person = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let identity = identity(&store);
        let mut secrets = Vec::new();
        for at in 0..5 {
            let Ok(Step::In(secret)) = enter(&identity, "tanmy", PASSWORD, &later(at * 60)).await else {
                anyhow::bail!("login {at}")
            };
            secrets.push(secret);
            // The first is used again, so that it is not the one seen longest ago.
            let mut tx = store.write(&Actor::SYSTEM, &later(at * 60 + 1)).await?;
            let sql = "UPDATE identity_session SET seen_at = $2 WHERE hash = $1";
            tx.execute(sql, args![secrets::hash(&secrets[0]), later(at * 60 + 1).now()]).await?;
            tx.commit().await?;
        }
        let mut stand = Vec::new();
        for (at, secret) in secrets.iter().enumerate() {
            if who(&identity, secret, &later(300)).await?.is_some() {
                stand.push(at);
            }
        }
        ensure!(stand == [0, 3, 4], "{stand:?}");
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let sql = "SELECT text_vi FROM web_matter WHERE person = $1 AND kind = 'account' ORDER BY id";
        let told = tx.rows(sql, args![person.0]).await?;
        ensure!(told.len() == 2 && told[0].text(0)?.contains("nhiều nhất 3 phiên"), "{}", told.len());
        let lines = "SELECT COUNT(*) FROM store_audit WHERE action = 'identity.sessions-ended' AND subject = $1";
        ensure!(tx.row(lines, args![person.0.to_string()]).await?.context("a count")?.i64(0)? == 2);
        Ok(())
    });
}

#[test]
fn who_guesses_waits_and_locks_nobody_else_out() {
    each_engine(ROOMS, |store| async move {
        let identity = identity(&store);
        somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        for _ in 0..5 {
            ensure!(enter(&identity, "tanmy", "sai", &CLOCK).await == Err(422));
        }
        ensure!(enter(&identity, "tanmy", PASSWORD, &CLOCK).await == Err(429), "the sixth at once");
        let elsewhere: IpAddr = "198.51.100.1".parse()?;
        let entered = identity.by_password("tanmy", PASSWORD, elsewhere, ("", ""), &CLOCK).await;
        ensure!(matches!(entered, Ok(Step::In(_))), "the owner is locked out by somebody else's guesses");
        ensure!(matches!(enter(&identity, "tanmy", PASSWORD, &later(2)).await, Ok(Step::In(_))), "after the wait");
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let sql = "SELECT COUNT(*) FROM store_audit WHERE action = 'identity.login-failed'";
        ensure!(tx.row(sql, args![]).await?.context("a count")?.i64(0)? == 5, "failures are lines");
        Ok(())
    });
}

#[test]
fn a_code_sets_a_password_once() {
    each_engine(ROOMS, |store| async move {
        let person = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let hash = secrets::hash("ABCDE-ABCDE-ABCDE-ABCDE");
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        people::add_code(&mut tx, "reset", Some(person), &hash, people::HOUR).await?;
        tx.commit().await?;
        let mut tx = store.write(&Actor::SYSTEM, &later(2 * 3600)).await?;
        ensure!(people::code(&mut tx, &hash, later(2 * 3600).now()).await?.is_none(), "after its hour");
        ensure!(!people::use_code(&mut tx, &hash).await?);
        drop(tx);
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        ensure!(people::code(&mut tx, &hash, CLOCK.now()).await? == Some(("reset".into(), Some(person))));
        ensure!(people::use_code(&mut tx, &hash).await? && !people::use_code(&mut tx, &hash).await?, "twice");
        tx.commit().await?;
        Ok(())
    });
}
