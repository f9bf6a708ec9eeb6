//! The board as it is taken away and chosen from, and what was changed after it was accepted, over HTTP.

use crate::{
    COMMUNE, OTHER, PROVINCE, ROOMS, criterion, day, given, opened,
    prepared::{passing, save},
    ready,
    site::{Visitor, form},
    somebody,
};
use anyhow::{Context, Result, ensure};
use facts::Law;
use identity::store as people;
use kernel::{Actor, PersonId, Role, Scope};
use reporting::{
    actions::{self, Wanted},
    campaigns, entry,
    model::{Action, Campaign},
};
use store::Store;
use testkit::{CLOCK, each_engine};

const INCOME: &str = "income.per_person";

async fn enter(store: &Store, law: &Law, one: &Campaign, who: &Actor, value: &str, seen: i64) -> Result<i64> {
    let mut tx = store.write(who, &CLOCK).await?;
    let saved = entry::save(&mut tx, law, one, COMMUNE, &[given(INCOME, value, seen)]).await?.context("it is asked")?;
    ensure!(matches!(saved.answers[..], [entry::Answer::Saved]), "{:?}", saved.answers);
    tx.commit().await?;
    let id = law.measure_id(INCOME).context("a measure")?;
    let declared = saved.form.field(id).and_then(|(_, field)| field.declared.as_ref());
    Ok(declared.context("it is said")?.version)
}

/// A step of these criteria, of all that take it where none is named.
async fn act(
    store: &Store,
    law: &Law,
    one: &Campaign,
    who: &Actor,
    action: Action,
    nos: &[&str],
    reason: &str,
) -> Result<()> {
    let criteria = nos.iter().map(|no| criterion(no)).collect();
    let wanted = Wanted { action, criteria, reason: reason.to_owned() };
    let mut tx = store.write(who, &CLOCK).await?;
    actions::act(&mut tx, law, one, COMMUNE, &wanted).await?.context("it is asked")?;
    Ok(tx.commit().await?)
}

/// The lines of a file of the board, each by the unit's name and its state.
async fn lines(visitor: &Visitor, who: &Actor, path: &str) -> Result<Vec<(String, String)>> {
    let answer = visitor.get(who.clone(), path).await?;
    ensure!(answer.status == 200, "{path}: {}", answer.status);
    let text = answer.text();
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let head = lines.next().context("the headings")?;
    ensure!(head.starts_with("Xã,Tình trạng,"), "{head}");
    let read = |line: &str| {
        let mut cells = line.split(',').map(|cell| cell.trim_matches('"').to_owned());
        Some((cells.next()?, cells.next()?))
    };
    lines.map(|line| read(line).with_context(|| line.to_owned())).collect()
}

#[test]
fn the_board_is_taken_away_with_a_line_a_unit_and_shows_late_ones_alone() {
    each_engine(ROOMS, |store| async move {
        let law = ready(&store).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        units::store::set_attribute(&mut tx, COMMUNE, "more_than_3_schools", "true", "test").await?;
        tx.commit().await?;
        let one = opened(&store, &law, "2024").await?;
        save(&store, &law, &passing(&law), false).await?;
        let leader = somebody(Role::CommuneLeader, 20, COMMUNE, None);
        act(&store, &law, &one, &leader, Action::Send, &[], "").await?;
        let folder = tempfile::tempdir()?;
        let visitor = Visitor::new(&store, &law, &folder)?;
        let office = somebody(Role::Coordination, 40, PROVINCE, None);
        let file = format!("/bao-cao/{}/bang.csv", one.id);
        let (sent, begun) = (("Xã Tân Mỹ".to_owned(), "Chờ thẩm tra".to_owned()), "Chưa bắt đầu");

        let all = lines(&visitor, &office, &file).await?;
        ensure!(all.len() == 121 && all.contains(&sent), "{all:?}");
        ensure!(all.iter().filter(|(_, state)| state == begun).count() == 120, "{all:?}");
        ensure!(lines(&visitor, &office, &format!("{file}?tt=sent")).await? == std::slice::from_ref(&sent));
        ensure!(lines(&visitor, &office, &format!("{file}?tt=late")).await?.is_empty(), "it is not over yet");
        ensure!(lines(&visitor, &leader, &file).await? == [sent.clone()], "of others they see nothing");

        // Until yesterday: whoever has not sent is late.
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        campaigns::change(&mut tx, &law, &Campaign { due: day("2026-11-23"), ..one.clone() }).await?;
        tx.commit().await?;
        let late = lines(&visitor, &office, &format!("{file}?tt=late")).await?;
        ensure!(late.len() == 120 && late.iter().all(|(_, state)| state == begun), "{late:?}");
        ensure!(!late.contains(&sent) && late.iter().any(|(name, _)| name == "Xã Hà Lang"), "{late:?}");
        let page = async |unit: &str, filter: &str| -> Result<String> {
            let asked = form_urlencoded::Serializer::new(String::new()).append_pair("q", unit).finish();
            let path = format!("/bao-cao/{}?{asked}&tt={filter}", one.id);
            let answer = visitor.get(office.clone(), &path).await?;
            ensure!(answer.status == 200, "{path}: {}", answer.status);
            Ok(answer.text())
        };
        for (name, unit, filter, shown) in [
            ("Tân Mỹ", COMMUNE, "", true),
            ("Tân Mỹ", COMMUNE, "sent", true),
            ("Tân Mỹ", COMMUNE, "late", false),
            ("Hà Lang", OTHER, "late", true),
            ("Hà Lang", OTHER, "sent", false),
        ] {
            let found = page(name, filter).await?.contains(&format!("/bao-cao/{}/xa/{unit}\"", one.id));
            ensure!(found == shown, "{name} under `{filter}`");
        }
        Ok(())
    });
}

#[test]
fn the_page_of_what_was_changed_after_acceptance_says_before_after_and_by_whom() {
    each_engine(ROOMS, |store| async move {
        let law = ready(&store).await?;
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let lan = people::add(&mut tx, "lan", "Ma Thị Lan", None, "vi", false).await?;
        tx.commit().await?;
        let one = opened(&store, &law, "2024").await?;
        let officer = somebody(Role::CommuneOfficer, lan.0, COMMUNE, None);
        let leader = somebody(Role::CommuneLeader, 20, COMMUNE, None);
        let reviewer = somebody(Role::Appraiser, 30, PROVINCE, None);
        let office = Actor { role: Role::Coordination, person: Some(PersonId(40)), scope: Scope::WHOLE };
        let seen = enter(&store, &law, &one, &officer, "46", 0).await?;
        act(&store, &law, &one, &leader, Action::Send, &["10"], "").await?;
        act(&store, &law, &one, &reviewer, Action::Accept, &["10"], "").await?;

        let folder = tempfile::tempdir()?;
        let visitor = Visitor::new(&store, &law, &folder)?;
        let path = format!("/bao-cao/{}/sua-sau-duyet", one.id);
        let reader = somebody(Role::Coordination, 40, PROVINCE, None);
        let page = visitor.get(reader.clone(), &path).await?;
        ensure!(
            page.status == 200 && page.text().contains("Không có số liệu nào bị sửa sau khi duyệt"),
            "{}",
            page.text()
        );

        act(&store, &law, &one, &office, Action::Reopen, &["10"], "Đính chính").await?;
        enter(&store, &law, &one, &officer, "47,25", seen).await?;
        let page = visitor.get(reader.clone(), &path).await?.text();
        let (_, row) = page.split_once("<tbody>").context("a table")?;
        let (row, _) = row.split_once("</tbody>").context("its end")?;
        for said in ["Xã Tân Mỹ", "Thu nhập bình quân", ">46", "<b>47,25", ">1,25<", "Ma Thị Lan", "24/11/2026"]
        {
            ensure!(row.contains(said), "{said} in {row}");
        }
        ensure!(row.matches("<tr>").count() == 1, "{row}");
        // The same as a file; and of another commune's people none of it.
        let file = visitor.get(reader, &format!("{path}.csv")).await?.text();
        let line = file.lines().nth(1).context("a line")?;
        ensure!(["Xã Tân Mỹ", "46", "47,25", "1,25", "Ma Thị Lan"].iter().all(|said| line.contains(said)), "{line}");
        let stranger = visitor.get(somebody(Role::CommuneOfficer, 14, OTHER, None), &path).await?.text();
        ensure!(!stranger.contains("Ma Thị Lan") && !stranger.contains("47,25"), "{stranger}");
        Ok(())
    });
}

#[test]
fn a_reviewer_writes_another_number_on_the_page_of_a_year_and_none_on_that_of_a_quarter() {
    each_engine(ROOMS, |store| async move {
        let law = ready(&store).await?;
        let officer = somebody(Role::CommuneOfficer, 11, COMMUNE, None);
        let leader = somebody(Role::CommuneLeader, 20, COMMUNE, None);
        let reviewer = somebody(Role::Appraiser, 30, PROVINCE, None);
        let folder = tempfile::tempdir()?;
        let visitor = Visitor::new(&store, &law, &folder)?;
        for (period, offered) in [("2024Q1", false), ("2024", true)] {
            let one = opened(&store, &law, period).await?;
            // The quarter made the year's figure, which the campaign of the year goes on from.
            let seen = if offered { version(&store, &law).await? } else { 0 };
            enter(&store, &law, &one, &officer, "46", seen).await?;
            act(&store, &law, &one, &leader, Action::Send, &["10"], "").await?;
            let at = format!("/bao-cao/{}/xa/{COMMUNE}/{}/10", one.id, crate::SET);
            let page = visitor.get(reviewer.clone(), &at).await?;
            ensure!(
                page.status == 200 && page.text().contains(&format!("{at}/sua")) == offered,
                "{period}: {}",
                page.text()
            );
            let form = form(&[("measure", INCOME), ("value", "44"), ("note", "Theo biên bản"), ("seen", "0")]);
            let kind = "application/x-www-form-urlencoded";
            let sent = visitor.post(reviewer.clone(), &format!("{at}/sua"), kind, form).await?;
            ensure!(sent.status == if offered { 303 } else { 409 }, "{period}: {}", sent.status);
            let page = visitor.get(reviewer.clone(), &at).await?.text();
            ensure!(page.contains("Theo biên bản") == offered, "{period}: {page}");
        }
        Ok(())
    });
}

async fn version(store: &Store, law: &Law) -> Result<i64> {
    let measure = law.measure_id(INCOME).context("a measure")?;
    let key = facts::Key { unit: COMMUNE, year: 2024, measure, origin: rulebook::Origin::Declared };
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    Ok(facts::published::current(&mut tx, key).await?.map_or(0, |figure| figure.revision.0))
}
