//! Codes on paper, in place of the phone.

use crate::{
    CLOCK, PASSWORD, ROOMS, enter, here, identity,
    pages::{plain, send, text},
    proposals::administrator,
};
use anyhow::{Context, Result, ensure};
use identity::{login::Step, recovery, second, secrets, store as people};
use kernel::{Actor, Clock};
use testkit::each_engine;

#[test]
fn a_recovery_code_is_taken_once_and_ends_with_its_second_factor() {
    each_engine(ROOMS, |store| async move {
        let identity = identity(&store);
        let person = administrator(&store, "quantri").await?;
        let found = people::get(&mut store.read(&Actor::SYSTEM.scope()).await?, person).await?.context("a person")?;
        let key = identity.key.open(&found.totp.context("a second factor")?).context("a secret")?;
        let post = async |form: String| -> Result<(u16, String)> {
            let answer = send(&store, false, "POST", "/tai-khoan/ma-du-phong", "langso=quantri", &form).await?;
            Ok((answer.status().as_u16(), text(answer).await?))
        };
        let (status, page) = post(format!("old={}", plain(PASSWORD))).await?;
        ensure!(status == 422 && !page.contains("<ol>"), "a session and a password make codes: {page}");
        let now = second::code(&key, CLOCK.now());
        let (status, page) = post(format!("old={}&now={now}", plain(PASSWORD))).await?;
        let codes: Vec<String> =
            page.split("<li><code>").skip(1).filter_map(|rest| rest.split('<').next()).map(str::to_owned).collect();
        ensure!(status == 200 && codes.len() == recovery::COUNT, "{page}");
        let left = async || -> Result<i64> {
            Ok(recovery::left(&mut store.read(&Actor::SYSTEM.scope()).await?, person, CLOCK.now()).await?)
        };
        let half = async || -> Result<String> {
            match enter(&identity, "quantri", PASSWORD, &CLOCK).await {
                Ok(Step::Second(waiting)) => Ok(waiting),
                other => anyhow::bail!("{other:?}"),
            }
        };
        let waiting = half().await?;
        let typed = codes[0].to_lowercase();
        ensure!(identity.by_code(&waiting, &typed, here(), "", &CLOCK).await.is_ok());
        let waiting = half().await?;
        ensure!(identity.by_code(&waiting, &codes[0], here(), "", &CLOCK).await.is_err(), "a code twice");
        ensure!(left().await? == 9);
        // It sets no password.
        let form = format!("code={}&password={}", codes[1], plain("chín con cò bay cao"));
        ensure!(send(&store, false, "POST", "/dat-mat-khau", "", &form).await?.status() == 422);
        // A code that an administrator gives leaves them alone; the second factor takes them away.
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        people::add_code(&mut tx, "reset", Some(person), &secrets::hash("r"), people::HOUR).await?;
        tx.commit().await?;
        ensure!(left().await? == 9);
        // In place of a code where a session must prove itself.
        let new = second::secret();
        let sealed = identity.key.seal(&[&person.0.to_be_bytes()[..], &new].concat());
        let code = second::code(&new, CLOCK.now());
        let form = format!("sealed={sealed}&code={code}&old={}&now={}", plain(PASSWORD), codes[2]);
        let changed = send(&store, false, "POST", "/tai-khoan/xac-thuc", "langso=quantri", &form).await?;
        ensure!(changed.status() == 303, "{changed:?}");
        ensure!(left().await? == 0, "codes outlive the phone they stood for");
        let waiting = half().await?;
        ensure!(identity.by_code(&waiting, &codes[3], here(), "", &CLOCK).await.is_err());
        Ok(())
    });
}
