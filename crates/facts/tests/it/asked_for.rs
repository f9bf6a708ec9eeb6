//! A file that somebody asked to be recorded is recorded as far as they may when it is done, not when they asked.

use crate::{
    figures::{COMMUNE, ROOMS},
    visitor::Visitor,
};
use anyhow::{Context, Result, ensure};
use futures::future::BoxFuture;
use kernel::{Actor, Clock, Grant, Moment, PersonId, Role, UnitId};
use serde_json::json;
use std::{collections::HashMap, sync::Arc};
use store::{ReadTx, jobs::Registry};
use testkit::{CLOCK, each_engine};
use web::{
    People, Who,
    people::{Claim, Contact},
};

/// One person who holds one role, or none any more.
struct One(Option<Grant>);

type Found<'a, T> = BoxFuture<'a, store::Result<T>>;

impl People for One {
    fn who<'a>(&'a self, _: &'a mut ReadTx, _: Claim<'a>, _: Moment) -> Found<'a, Option<Who>> {
        Box::pin(async { Ok(None) })
    }

    fn person<'a>(&'a self, _: &'a mut ReadTx, person: PersonId, _: Moment) -> Found<'a, Option<Who>> {
        let grants: Vec<Grant> = self.0.iter().cloned().collect();
        let (name, session) = (String::new(), String::new());
        let who = Who { person, name, grants, session, only: None, first: None };
        Box::pin(async { Ok(Some(who)) })
    }

    fn contacts<'a>(&'a self, _: &'a mut ReadTx, _: &'a [PersonId]) -> Found<'a, HashMap<PersonId, Contact>> {
        Box::pin(async { Ok(HashMap::new()) })
    }

    fn holders<'a>(&'a self, _: &'a mut ReadTx, _: Role, _: Moment) -> Found<'a, Vec<PersonId>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

#[test]
fn a_role_lost_while_a_file_waits_is_lost_for_the_file() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        let clock: Arc<dyn Clock> = Arc::new(CLOCK);
        let role =
            |role, unit| Some(Grant { id: 1, role, unit: Some(unit), agency: None, criteria: None, past: false });
        let mut run = 0;
        let mut check = async |held: Option<Grant>, figures: i64| -> Result<()> {
            run += 1;
            let hash = format!("h{run}");
            let text = format!("unit_code,period,indicator,value\n02308,2024,10.1,{}\n", 40 + run);
            let mut tx = visitor.store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
            let upload = facts::uploads::Upload { name: "lon.csv".into(), bytes: text.into() };
            facts::uploads::keep(&mut tx, &hash, upload, 30_000).await?;
            let asked = json!({
                "hash": hash, "set": "commune-2021-2025", "origin": "declared", "publish": false, "partly": false,
                "lang": "vi", "seen": "", "by": 7, "local_admin": false,
            });
            let job = tx.enqueue(facts::jobs::IMPORT, None, &asked).await?;
            tx.commit().await?;
            let mut registry = Registry::default();
            facts::jobs::register(&mut registry, Arc::new(visitor.law.clone()), Arc::new(One(held.clone())));
            let before = visitor.written().await?;
            while registry.run_one(&visitor.store, &clock).await? {}
            ensure!(visitor.written().await? - before == figures, "{held:?}");
            if held.is_none() {
                let mut tx = visitor.store.read(&Actor::SYSTEM.scope()).await?;
                let (_, answer) = facts::uploads::answered(&mut tx, job).await?.context("an answer")?;
                ensure!(
                    answer["refused"] == true && answer["problems"][0].as_str().is_some_and(|p| p.contains("vai trò"))
                );
            }
            Ok(())
        };
        check(role(Role::CommuneOfficer, COMMUNE), 1).await?;
        check(None, 0).await?;
        check(role(Role::Auditor, COMMUNE), 0).await?;
        check(role(Role::CommuneOfficer, UnitId(999_999)), 0).await?;
        check(role(Role::CommuneLeader, COMMUNE), 1).await
    });
}
