//! Logging in at a provider, as a browser and the edge meet it: whose account it is, what it may do, for how long.

use crate::{CLOCK, PASSWORD, ROOMS, here, identity, later, somebody};
use anyhow::{Context, Result, ensure};
use identity::{
    Identity,
    linked::{self, Came},
    login::{Refused, Step},
    providers::{Doors, Provider, Providers},
    store as people,
};
use kernel::{Actor, Clock, PersonId, Role};
use oidc::Back;
use serde_json::json;
use std::collections::HashMap;
use store::{Query, Store, args};
use testkit::{each_engine, provider};

const REDIRECT: &str = "https://lang.example/dang-nhap/oidc/tinh/ve";
const BROWSER: &str = "only this browser knows";

/// People of a site with two providers that are one: `tinh`, which makes accounts, and `khac`, which does not.
fn site(store: &Store, there: &provider::Provider) -> Result<Identity> {
    let issuer = &there.issuer;
    let text = format!(
        r#"
[[provider]]
name = "tinh"
title = "Tỉnh"
issuer = "{issuer}"
client_id = "langso"
create = true
two_factors = ["mfa"]
administrators = ["sub-chief"]
[[provider.role]]
claim = "groups"
value = "doc"
role = "ministry_reader"
[[provider.role]]
claim = "groups"
value = "kiem-toan"
role = "auditor"
[[provider.role]]
claim = "groups"
value = "xa"
role = "commune_officer"
unit = "no such unit"
[[provider.role]]
claim = "groups"
value = "xa"
role = "commune_leader"
unit = "08"
[[provider]]
name = "khac"
title = "Nơi khác"
issuer = "{issuer}"
client_id = "langso"
"#
    );
    let doors = Doors::open(Providers::read(&text).map_err(anyhow::Error::msg)?)?;
    Ok(Identity { doors, ..identity(store) })
}

fn named<'a>(identity: &'a Identity, name: &str) -> Result<&'a Provider> {
    identity.doors.providers.named(name).context("a provider")
}

fn seconds(clock: &dyn Clock) -> i64 {
    clock.now().0 / 1_000_000
}

fn brought(fields: &HashMap<String, String>) -> Back {
    let get = |name: &str| fields.get(name).cloned().unwrap_or_default();
    Back { state: get("state"), code: get("code"), iss: get("iss"), error: get("error") }
}

fn key(refused: Refused) -> String {
    match refused {
        Refused::Said(problem) => problem.phrase.key.to_string(),
        Refused::Store(error) => panic!("{error}"),
    }
}

/// A login at `door` of whoever the provider says it is; the key of what is said otherwise.
async fn login(
    identity: &Identity,
    there: &provider::Provider,
    door: &str,
    says: serde_json::Value,
    clock: &dyn Clock,
) -> Result<std::result::Result<Came, String>> {
    let provider = named(identity, door)?;
    let mut all = there.good("langso", "sub-1", seconds(clock));
    for (claim, value) in says.as_object().into_iter().flatten() {
        all.claims[claim] = value.clone();
    }
    all.userinfo = json!({"sub": all.claims["sub"]});
    there.says(all);
    let address = identity.to_provider(provider, REDIRECT, BROWSER, "/tai-khoan", None, here(), clock).await;
    let address = address.map_err(|refused| anyhow::anyhow!(key(refused)))?;
    let back = brought(&there.visit(&address));
    let came = identity.from_provider(provider, REDIRECT, BROWSER, &back, None, "thử", clock).await;
    Ok(came.map_err(key))
}

fn secret(came: std::result::Result<Came, String>) -> Result<String> {
    match came {
        Ok(Came::Entered(Step::In(secret), there)) if there == "/tai-khoan" => Ok(secret),
        other => anyhow::bail!("not let in: {other:?}"),
    }
}

async fn who(identity: &Identity, secret: &str, clock: &dyn Clock) -> Result<web::Who> {
    crate::who(identity, secret, clock).await?.context("a session")
}

#[test]
fn an_account_is_known_by_issuer_and_subject_and_by_nothing_else() {
    each_engine(ROOMS, |store| async move {
        let there = provider::Provider::start();
        there.says(there.good("langso", "x", 0));
        let identity = site(&store, &there)?;
        // Somebody here has that name and that address.
        let mine = somebody(&store, "hoa", Role::CommuneOfficer).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        tx.execute("UPDATE identity_person SET email = 'hoa@tinh.example' WHERE id = $1", args![mine.0]).await?;
        tx.commit().await?;
        let says = json!({"preferred_username": "hoa", "name": "Lý Thị Hoa", "email": "hoa@tinh.example", "email_verified": true});
        let first =
            who(&identity, &secret(login(&identity, &there, "tinh", says.clone(), &CLOCK).await?)?, &CLOCK).await?;
        ensure!(first.person != mine && first.grants.is_empty(), "an account is given away by a name: {first:?}");
        let again = who(&identity, &secret(login(&identity, &there, "tinh", says, &CLOCK).await?)?, &CLOCK).await?;
        ensure!(again.person == first.person, "the same subject is somebody else");
        let says = json!({"sub": "sub-2", "preferred_username": "hoa"});
        let other = login(&identity, &there, "tinh", says, &CLOCK).await?;
        ensure!(matches!(&other, Err(key) if key == "oidc-name-taken"), "{other:?}");
        // Who has no account gets none where the file does not say so.
        let unknown = login(&identity, &there, "khac", json!({"sub": "sub-3"}), &CLOCK).await?;
        ensure!(matches!(&unknown, Err(key) if key == "oidc-unknown"), "{unknown:?}");
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        people::disable(&mut tx, first.person, true, "thử").await?;
        tx.commit().await?;
        let locked = login(&identity, &there, "tinh", json!({}), &CLOCK).await?;
        ensure!(matches!(&locked, Err(key) if key == "oidc-unknown"), "a locked account is let in: {locked:?}");
        Ok(())
    });
}

#[test]
fn roles_by_a_claim_are_marked_renewed_and_end() {
    each_engine(ROOMS, |store| async move {
        crate::proposals::unit_one(&store).await?;
        let there = provider::Provider::start();
        there.says(there.good("langso", "x", 0));
        let identity = site(&store, &there)?;
        let groups = |all: serde_json::Value| json!({"groups": all, "amr": ["mfa"]});
        let roles = |who: &web::Who| who.grants.iter().map(|grant| grant.role).collect::<Vec<_>>();
        let said = groups(json!(["doc", "kiem-toan", "xa", "administrator"]));
        let first = secret(login(&identity, &there, "tinh", said, &CLOCK).await?)?;
        let found = who(&identity, &first, &CLOCK).await?;
        ensure!(roles(&found).len() == 2 && !roles(&found).contains(&Role::Administrator), "{found:?}");
        ensure!(!roles(&found).contains(&Role::CommuneOfficer), "a role in a unit that is none");
        ensure!(!roles(&found).contains(&Role::CommuneLeader), "a commune's role in a province");
        let person = found.person;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let held = people::held(&mut tx, person).await?;
        ensure!(held.iter().all(|held| held.source.as_deref() == Some("tinh")), "{held:?}");
        // The session that began at 10:42 ends before the day does.
        ensure!(held.iter().all(|held| held.to == Some(CLOCK.today())), "{held:?}");
        // What people gave stays, whatever the provider says.
        let from = CLOCK.today();
        let own = identity::model::NewGrant {
            person,
            role: Role::Editor,
            unit: None,
            agency: None,
            criteria: None,
            from,
            to: None,
        };
        people::grant(&mut tx, &own).await?;
        tx.commit().await?;
        let next = later(5 * 3600);
        let second = secret(login(&identity, &there, "tinh", groups(json!(["doc"])), &next).await?)?;
        let found = who(&identity, &second, &next).await?;
        ensure!(roles(&found) == [Role::MinistryReader, Role::Editor], "{found:?}");
        ensure!(
            roles(&who(&identity, &first, &CLOCK).await?) == roles(&found),
            "an earlier session keeps what is lost"
        );
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let held = people::held(&mut tx, person).await?;
        let reader = held.iter().find(|held| held.role == Role::MinistryReader).context("it")?;
        ensure!(reader.to.is_some_and(|to| to > CLOCK.today()), "renewed over midnight: {reader:?}");
        let count =
            tx.row("SELECT COUNT(*) FROM store_audit WHERE action = 'identity.provider-roles'", args![]).await?;
        ensure!(count.context("a count")?.i64(0)? == 2);
        drop(tx);
        let days = later(3 * 24 * 3600);
        let third = secret(login(&identity, &there, "khac", json!({}), &days).await?)?;
        ensure!(roles(&who(&identity, &third, &days).await?) == [Role::Editor], "a provider's word outlives its days");
        Ok(())
    });
}

#[test]
fn power_by_a_provider_is_power_between_two_logins_too_until_the_provider_gives_it_no_more() {
    each_engine(ROOMS, |store| async move {
        let there = provider::Provider::start();
        there.says(there.good("langso", "x", 0));
        let identity = site(&store, &there)?;
        let groups = |all: serde_json::Value| json!({"groups": all, "amr": ["mfa"]});
        let first = secret(login(&identity, &there, "tinh", groups(json!(["kiem-toan"])), &CLOCK).await?)?;
        let person = who(&identity, &first, &CLOCK).await?.person;
        let power = async |days: i64| -> Result<bool> {
            let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
            Ok(identity::proposals::has_power(&mut tx, person, later(days * 24 * 3600).today()).await?)
        };
        ensure!(power(0).await? && power(1).await? && power(30).await?, "one administrator gets in as an auditor");
        let next = later(40 * 24 * 3600);
        secret(login(&identity, &there, "tinh", groups(json!([])), &next).await?)?;
        ensure!(!power(40).await? && !power(41).await?, "what the provider gives no more is power for ever");
        let next = later(50 * 24 * 3600);
        secret(login(&identity, &there, "tinh", groups(json!(["kiem-toan"])), &next).await?)?;
        ensure!(power(60).await?, "given again");
        let mut tx = store.write(&Actor::SYSTEM, &later(60 * 24 * 3600)).await?;
        ensure!(linked::unlink(&mut tx, person, "tinh").await?);
        tx.commit().await?;
        ensure!(!power(60).await?, "nobody comes from there any more");
        Ok(())
    });
}

#[test]
fn administrators_are_named_and_two_factors_are_said_or_asked_for() {
    each_engine(ROOMS, |store| async move {
        let there = provider::Provider::start();
        there.says(there.good("langso", "x", 0));
        let identity = site(&store, &there)?;
        let says = |amr: &str| json!({"sub": "sub-chief", "amr": [amr], "preferred_username": "chief"});
        let weak =
            who(&identity, &secret(login(&identity, &there, "tinh", says("pwd"), &CLOCK).await?)?, &CLOCK).await?;
        ensure!(weak.grants.len() == 1 && weak.grants[0].role == Role::Administrator, "{weak:?}");
        ensure!(weak.first == Some(identity::keeper::SECOND_FACTOR), "one factor is enough: {weak:?}");
        let strong =
            who(&identity, &secret(login(&identity, &there, "tinh", says("mfa"), &CLOCK).await?)?, &CLOCK).await?;
        ensure!(strong.first.is_none(), "{strong:?}");
        let acr = json!({"sub": "sub-chief", "acr": "mfa"});
        let strong = who(&identity, &secret(login(&identity, &there, "tinh", acr, &CLOCK).await?)?, &CLOCK).await?;
        ensure!(strong.first.is_none(), "acr says it, too");
        // Who has a code of ours is asked for it, unless two factors were shown there.
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let sealed = identity.key.seal(&identity::second::secret());
        people::set_totp(&mut tx, weak.person, Some(&sealed), 0, None).await?;
        tx.commit().await?;
        let half = login(&identity, &there, "tinh", says("pwd"), &CLOCK).await?;
        let Ok(Came::Entered(Step::Second(half), _)) = half else { anyhow::bail!("{half:?}") };
        ensure!(crate::who(&identity, &half, &CLOCK).await?.is_none(), "half a login is one");
        secret(login(&identity, &there, "tinh", says("mfa"), &CLOCK).await?)?;
        Ok(())
    });
}

#[test]
fn an_answer_is_taken_once_in_the_browser_that_was_sent_by_the_door_it_left() {
    each_engine(ROOMS, |store| async move {
        let there = provider::Provider::start();
        there.says(there.good("langso", "sub-1", seconds(&CLOCK)));
        let identity = site(&store, &there)?;
        let (door, other) = (named(&identity, "tinh")?, named(&identity, "khac")?);
        let begin = async || {
            let address = identity.to_provider(door, REDIRECT, BROWSER, "/", None, here(), &CLOCK).await;
            address.map(|address| brought(&there.visit(&address))).map_err(|refused| anyhow::anyhow!(key(refused)))
        };
        let come = async |door: &Provider, browser: &str, back: &Back, clock: &dyn Clock| {
            identity.from_provider(door, REDIRECT, browser, back, None, "", clock).await.map(|_| ()).map_err(key)
        };
        let late = || Err("oidc-late".to_owned());
        ensure!(come(door, "another browser", &begin().await?, &CLOCK).await == late(), "a login of another browser");
        ensure!(come(other, BROWSER, &begin().await?, &CLOCK).await == late(), "another door: mixed up");
        ensure!(come(door, BROWSER, &begin().await?, &later(601)).await == late(), "after ten minutes");
        ensure!(come(door, BROWSER, &Back { state: "0".into(), ..begin().await? }, &CLOCK).await == late());
        let evil = Back { iss: "https://evil.example".into(), ..begin().await? };
        ensure!(come(door, BROWSER, &evil, &CLOCK).await == Err("oidc-wrong".into()), "another provider answers");
        let good = begin().await?;
        ensure!(come(door, BROWSER, &good, &CLOCK).await.is_ok());
        ensure!(come(door, BROWSER, &good, &CLOCK).await == late(), "twice");
        Ok(())
    });
}

#[test]
fn an_account_is_linked_by_whoever_is_logged_in_as_it() {
    each_engine(ROOMS, |store| async move {
        let there = provider::Provider::start();
        there.says(there.good("langso", "sub-1", seconds(&CLOCK)));
        let identity = site(&store, &there)?;
        let mine = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let other = somebody(&store, "khac", Role::CommuneOfficer).await?;
        let door = named(&identity, "khac")?;
        let link = async |whose: PersonId, me: Option<PersonId>| {
            let address = identity.to_provider(door, REDIRECT, BROWSER, "", Some(whose), here(), &CLOCK).await;
            let back = brought(&there.visit(&address.map_err(|refused| anyhow::anyhow!(key(refused)))?));
            let came = identity.from_provider(door, REDIRECT, BROWSER, &back, me, "", &CLOCK).await;
            Ok::<_, anyhow::Error>(came.map(|_| ()).map_err(key))
        };
        ensure!(link(mine, None).await? == Err("oidc-late".into()), "whoever logged out meanwhile");
        ensure!(link(mine, Some(other)).await? == Err("oidc-late".into()), "somebody else came back");
        ensure!(link(mine, Some(mine)).await? == Ok(()));
        ensure!(link(other, Some(other)).await? == Err("oidc-linked-elsewhere".into()));
        let found =
            who(&identity, &secret(login(&identity, &there, "khac", json!({}), &CLOCK).await?)?, &CLOCK).await?;
        ensure!(found.person == mine && found.grants.len() == 1, "{found:?}");
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        ensure!(linked::of(&mut tx, mine).await?.len() == 1);
        ensure!(linked::unlink(&mut tx, mine, "khac").await? && !linked::unlink(&mut tx, mine, "khac").await?);
        tx.commit().await?;
        let gone = login(&identity, &there, "khac", json!({}), &CLOCK).await?;
        ensure!(matches!(&gone, Err(key) if key == "oidc-unknown"), "{gone:?}");
        Ok(())
    });
}

#[test]
fn where_two_factors_were_shown_at_a_provider_a_password_alone_proves_nothing() {
    each_engine(ROOMS, |store| async move {
        let there = provider::Provider::start();
        there.says(there.good("langso", "sub-1", seconds(&CLOCK)));
        let identity = site(&store, &there)?;
        let mine = somebody(&store, "tanmy", Role::CommuneOfficer).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let sql = "INSERT INTO identity_link (issuer, subject, person, provider, made_at) VALUES ($1, 'sub-1', $2, 'tinh', 0)";
        tx.execute_one(sql, args![there.issuer.as_str(), mine.0]).await?;
        tx.commit().await?;
        let by_password = async || -> Result<web::Who> {
            let Ok(Step::In(secret)) = crate::enter(&identity, "tanmy", PASSWORD, &CLOCK).await else {
                anyhow::bail!("not let in")
            };
            who(&identity, &secret, &CLOCK).await
        };
        let proves =
            async |who: &web::Who| identity.prove(who, PASSWORD, "", &CLOCK).await.map(|person| person.id).map_err(key);
        // One factor there is no second one here.
        secret(login(&identity, &there, "tinh", json!({"amr": ["pwd"]}), &CLOCK).await?)?;
        ensure!(proves(&by_password().await?).await == Ok(mine));
        let strong = secret(login(&identity, &there, "tinh", json!({"amr": ["mfa"]}), &CLOCK).await?)?;
        ensure!(proves(&who(&identity, &strong, &CLOCK).await?).await == Ok(mine));
        ensure!(proves(&by_password().await?).await == Err("proof-both".into()), "a stolen password takes it over");
        Ok(())
    });
}
