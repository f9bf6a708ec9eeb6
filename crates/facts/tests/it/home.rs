//! Home: who is nearest and lacks what, how far the plan's targets are met, each number with what is behind it.

use crate::{
    figures::{COMMUNE, ROOMS, entry, judged, prepared, save, slice},
    visitor::Visitor,
};
use anyhow::{Result, ensure};
use facts::targets;
use kernel::Actor;
use rulebook::{Status, Value};
use testkit::each_engine;

/// What a page says, and leads to.
async fn check(visitor: &Visitor, path: &str, wanted: &[&str]) -> Result<()> {
    let page = visitor.ask(path, &[]).await?.text();
    for part in wanted {
        ensure!(page.contains(part), "{path}: {part:?} is missing in\n{page}");
    }
    Ok(())
}

#[test]
fn home_says_who_is_nearest_what_is_missing_and_where_it_is_explained() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        judged(&store, &law, true).await?;
        let short = |value: &str| entry(&law, COMMUNE, "income.per_person", Value::Number(value.parse().unwrap()));
        save(&store, &law, &[short("44.9")], true).await?;
        // What is not published changes nothing here.
        save(&store, &law, &[short("50")], false).await?;
        let visitor = Visitor::of(&store, &law);
        let explained = "/xa/250?nam=2024&amp;bo=commune-2021-2025&amp;mo=10#tc-10";
        check(&visitor, "/?nam=2024", &["Xã Tân Mỹ", "thiếu 1 chỉ tiêu", "cần thêm 0,1 triệu đồng", explained]).await?;
        check(&visitor, "/en?nam=2024", &["lacks 1", "0.1 million", &format!("/en{explained}")]).await?;
        // One bar: a failed commune, 120 without figures, each a link to its communes.
        check(&visitor, "/?nam=2024", &["kq=failed", "kq=without", "<rect x=\"0.00%\" width=\"0.82%\""]).await?;
        check(&visitor, "/?nam=2024", &["1/121 đơn vị đạt", "lop=ct-8.4", "Số liệu thay đổi lần cuối"]).await?;
        check(&visitor, "/?nam=2023", &["Chưa có xã nào để xếp", "12 mục tiêu chưa có số liệu"]).await
    });
}

#[test]
fn a_target_is_answered_by_published_verdicts_alone() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        let yes = |value| {
            entry(&law, COMMUNE, "information.applies_information_technology_administration", Value::Yes(value))
        };
        for (value, publish, expected) in [
            (true, false, None),
            (true, true, Some((1, 0, Status::Incomplete))),
            (false, true, Some((0, 1, Status::Failed))),
        ] {
            save(&store, &law, &[yes(value)], publish).await?;
            let mut tx = store.read(&Actor::READER.scope()).await?;
            let answers = targets::answers(&mut tx, &law, &slice()).await?;
            ensure!(answers.len() == 12);
            let (target, counts) = answers.iter().find(|(t, _)| t.id == "T1").expect("the first target");
            let seen = counts.map(|c| (c.all_passed(), c.failed, target.stands(&c).0));
            ensure!(seen == expected, "{value} {publish}: {seen:?}");
            ensure!(answers.iter().all(|(t, c)| t.set.is_some() || c.is_none()), "only verdicts answer");
        }
        Ok(())
    });
}
