//! What a merger does to people: said before, told on its day, and no role moves by itself.

use crate::{CLOCK, ROOMS, proposals::unit_one, somebody};
use anyhow::{Context, Result, ensure};
use identity::store as people;
use kernel::{Actor, Clock, Day, Phrase, Role, UnitId};
use store::{Query, Store, args};
use testkit::each_engine;
use units::rules::{Move, NewUnit, Reorganisation};

/// A merger of two communes of the province of today.
async fn merger(store: &Store) -> Result<Reorganisation> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let sql = "SELECT id FROM units_unit WHERE parent = 1001 AND kind = 'commune' AND to_day > $1 ORDER BY id LIMIT 2";
    let rows = tx.rows(sql, args![CLOCK.today().epoch_days()]).await?;
    let two = rows.iter().map(|row| Ok(UnitId(row.i64(0)?))).collect::<Result<Vec<_>>>()?;
    ensure!(two.len() == 2, "{two:?}");
    Ok(Reorganisation {
        day: Day::from_epoch_days(CLOCK.today().epoch_days() + 1),
        source: "NQ 1/2026".into(),
        confidence: "verified".into(),
        units: vec![NewUnit {
            name: "Xã Mới".into(),
            code: "99999".into(),
            level: "commune".into(),
            kind: "commune".into(),
            parent: Some(UnitId(1001)),
            point: None,
        }],
        moves: two.into_iter().map(|from| Move { from, to: 0, whole: true, main: true }).collect(),
        versions: Default::default(),
    })
}

fn said(phrases: &[Phrase]) -> Vec<String> {
    phrases.iter().map(|phrase| locale::say(locale::Lang::Vi, phrase)).collect()
}

#[test]
fn a_merger_says_whose_roles_stay_behind_and_moves_none() {
    each_engine(ROOMS, |store| async move {
        unit_one(&store).await?;
        let plan = merger(&store).await?;
        let effects = [identity::mergers::effect()];
        let preview = async || -> Result<Vec<String>> {
            let done = units::plans::preview(&store, &CLOCK, &plan, &effects).await;
            Ok(said(&done.map_err(|refused| anyhow::anyhow!("{refused:?}"))?.1))
        };
        ensure!(preview().await?.is_empty(), "nobody is there");
        let (first, second) = (plan.moves[0].from, plan.moves[1].from);
        let one = somebody(&store, "mot", Role::Editor).await?;
        let two = somebody(&store, "hai", Role::Editor).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let from = CLOCK.today();
        for (person, role, unit, to) in [
            (one, Role::CommuneOfficer, first, None),
            (one, Role::CommuneOfficer, second, None),
            (two, Role::CommuneLeader, first, None),
            // It ends before the merger.
            (two, Role::FatherlandFront, first, Some(from)),
        ] {
            let new =
                identity::model::NewGrant { person, role, unit: Some(unit), agency: None, criteria: None, from, to };
            people::grant(&mut tx, &new).await?;
        }
        let agency = units::agencies::Entered {
            code: "HTX".into(),
            kind: "association".into(),
            name_vi: "Hội của xã".into(),
            units: vec![first],
            source: "QĐ 1".into(),
            ..units::agencies::Entered::default()
        };
        units::agencies::save(&mut tx, None, &agency, &[]).await?.ok().context("an agency")?;
        tx.commit().await?;
        let would = preview().await?;
        ensure!(would.len() == 4, "{would:?}");
        ensure!(would[0].contains("2 người"), "{would:?}");
        ensure!(would[1].contains("Công chức xã") && would[1].contains("1 người"), "{would:?}");
        ensure!(would[2].contains("Lãnh đạo xã") && would[3].contains("Hội của xã"), "{would:?}");
        let told = async || -> Result<i64> {
            let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
            let sql = "SELECT COUNT(*) FROM web_matter WHERE key LIKE 'merger-people/%'";
            Ok(tx.row(sql, args![]).await?.context("a count")?.i64(0)?)
        };
        ensure!(told().await? == 0, "a preview tells people");
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let done = units::actions::reorganise(&mut tx, &plan, &effects).await;
        let (merger, did) = done.map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
        tx.commit().await?;
        ensure!(said(&did) == would && told().await? == 1, "{did:?}");
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let links = tx.rows("SELECT link FROM web_matter WHERE key LIKE 'merger-people/%'", args![]).await?;
        ensure!(links[0].text(0)? == "/quan-tri/nguoi?ket_thuc=1");
        let held = people::held(&mut tx, one).await?;
        ensure!(held.iter().all(|held| held.unit.is_none_or(|unit| !merger.began.contains(&unit)) && !held.ended));
        Ok(())
    });
}
