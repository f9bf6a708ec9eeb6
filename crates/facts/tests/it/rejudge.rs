//! Another law in use: a job judges again and lists what changed; figures stay.

use crate::figures::{ROOMS, judged, prepared};
use facts::{Edition, published, rejudge, totals};
use kernel::{Actor, Clock};
use rulebook::Status;
use std::sync::Arc;
use store::{Query, Store, args, jobs::Registry};
use testkit::{CLOCK, each_engine};

async fn changed(store: &Store, law: &facts::Law) -> store::Result<bool> {
    let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
    let changed = rejudge::if_changed(&mut tx, law).await?;
    tx.commit().await?;
    Ok(changed)
}

#[test]
fn when_the_law_changes_open_verdicts_are_judged_again_and_the_changes_listed() {
    each_engine(ROOMS, |store| async move {
        let illustrative = prepared(&store, true).await?;
        assert!(!changed(&store, &illustrative).await?, "the first law changes nothing");
        assert!(!changed(&store, &illustrative).await?, "the same law changes nothing");
        judged(&store, &illustrative, true).await?;
        let figures = || async {
            let mut tx = store.read(&Actor::READER.scope()).await?;
            published::figures(&mut tx, crate::figures::COMMUNE, None, Edition::Published).await
        };
        let before = figures().await?;

        let law = prepared(&store, false).await?;
        assert!(changed(&store, &law).await?);
        let mut registry = Registry::default();
        facts::jobs::register(&mut registry, Arc::new(law.clone()));
        let clock: Arc<dyn Clock> = Arc::new(CLOCK);
        assert!(registry.run_one(&store, &clock).await?);
        assert!(!registry.run_one(&store, &clock).await?, "done once");

        let mut tx = store.read(&Actor::READER.scope()).await?;
        let (at, list, count) = rejudge::last(&mut tx, 0, 100).await?;
        assert_eq!((at, list.len() as i64), (Some(CLOCK.now()), count));
        let basic = list.iter().find(|r| r.set == "commune-2021-2025").expect("the basic set changed");
        assert_eq!(basic.before, Some((Status::Passed, false)));
        assert_eq!(basic.after, Some((Status::ToBeConfirmed, false)));
        let totals = totals::totals(&mut tx, &crate::figures::slice()).await?;
        assert_eq!((totals.passed_unconfirmed, totals.to_be_confirmed), (0, 1));
        assert_eq!(figures().await?, before, "figures stay");
        let texts = tx.row("SELECT COUNT(*) FROM facts_ruletext WHERE set_id = 'commune-2021-2025'", args![]).await?;
        assert_eq!(texts.expect("a count").i64(0)?, 2, "both texts are kept");
        let job = tx.row("SELECT state, done, total FROM store_job", args![]).await?.expect("the job");
        assert_eq!((job.text(0)?.as_str(), job.i64(1)?, job.i64(2)?), ("done", 1, 1));
        Ok(())
    });
}
