//! A large snapshot is recorded by a job: the page and the program that brought it are sent to where it is seen how far that is.

use crate::{
    prepared::{ROOMS, passing, prepared, save},
    returns::{count, snapshot_of},
    site::{FORM, Visitor, form},
};
use anyhow::{Result, ensure};
use facts::{jobs::LARGE, uploads};
use kernel::{Actor, Clock};
use reporting::returns::receive_job;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use store::{Store, attachments::Attachments, jobs::Registry};
use testkit::{CLOCK, each_engine};

/// The file waits, as one of so many figures.
async fn waits(store: &Store, sha256: &str, bytes: &[u8], figures: i64) -> Result<()> {
    let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
    let upload = uploads::Upload { name: "ban-chot.json".into(), bytes: bytes.to_vec() };
    uploads::keep(&mut tx, sha256, upload, usize::try_from(figures)?).await?;
    Ok(tx.commit().await?)
}

#[test]
fn a_large_snapshot_is_recorded_by_a_job_that_says_what_it_did() {
    each_engine(ROOMS, |second| async move {
        let folder = tempfile::tempdir()?;
        let files = Attachments::open(&folder.path().display().to_string())?;
        let url = format!("sqlite:{}", folder.path().join("first.sqlite").display());
        let first = Store::open(&url, store::StoreOptions::default()).await?;
        first.migrate(ROOMS, &CLOCK).await?;
        let law = prepared(&first).await?;
        save(&first, &law, &passing(&law), true).await?;
        let (_, bytes) = snapshot_of(&first, &law, &files).await?;
        first.close().await;
        let sha256 = hex::encode(Sha256::digest(&bytes));

        let law = prepared(&second).await?;
        let visitor = Visitor { store: second.clone(), law: law.clone(), files };
        let mut registry = Registry::default();
        receive_job::register(&mut registry, Arc::new(law), Arc::new(web::Everybody(Actor::LOCAL_ADMIN)));
        let clock: Arc<dyn Clock> = Arc::new(CLOCK);
        let press = async |key: &str, seen: &str| {
            let fields =
                [("hash", sha256.as_str()), ("seen", seen), ("key", key), ("publish", "1"), ("sender", "So NN")];
            visitor.post(Actor::LOCAL_ADMIN, "/tong-hop/nhan/ghi", FORM, form(&fields)).await
        };
        let figures = "SELECT COUNT(*) FROM facts_figure";

        // What was seen is no longer what is there: nothing is recorded, and the page says so.
        waits(&second, &sha256, &bytes, LARGE + 1).await?;
        let asked = press("a", "other").await?;
        let place = asked.location.clone();
        ensure!(asked.status == 303 && place.starts_with("/viec/"), "{} {place}", asked.status);
        ensure!(visitor.get(Actor::LOCAL_ADMIN, &place).await?.text().contains("http-equiv=\"refresh\""), "it waits");
        while registry.run_one(&second, &clock).await? {}
        let page = visitor.get(Actor::LOCAL_ADMIN, &place).await?.text();
        ensure!(page.contains("người khác đã sửa") && count(&second, figures).await? == 0, "{page}");

        // Recorded once, however often it was pressed; said with what was judged there.
        waits(&second, &sha256, &bytes, LARGE + 1).await?;
        let asked = press("b", "").await?;
        ensure!(press("b", "").await?.location == asked.location, "pressed twice, done once");
        let place = asked.location;
        ensure!(count(&second, figures).await? == 0, "recorded before its turn");
        while registry.run_one(&second, &clock).await? {}
        let page = visitor.get(Actor::LOCAL_ADMIN, &place).await?.text();
        ensure!(page.contains(" 0 khác") && page.contains("ban-chot.json"), "{page}");
        let there = count(&second, figures).await?;
        ensure!(there > 40, "{there}");
        let sources = "SELECT COUNT(*) FROM facts_history WHERE source LIKE 'So NN%'";
        ensure!(count(&second, sources).await? == there);

        // A file of few figures is recorded at once; one that nobody keeps any more is named.
        waits(&second, &sha256, &bytes, LARGE).await?;
        let mut small = press("c", "").await?;
        ensure!(small.status == 409, "what was seen is another: {} {}", small.status, small.text());
        let mut tx = second.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        uploads::forget(&mut tx, &sha256).await?;
        tx.commit().await?;
        small = press("d", "").await?;
        ensure!(small.status == 404, "{} {}", small.status, small.text());
        Ok(())
    });
}
