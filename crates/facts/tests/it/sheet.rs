//! The fact sheet of a commune as whoever prints it reads it.

use crate::{
    figures::{COMMUNE, ROOMS, entry, judged, save},
    visitor::Visitor,
};
use anyhow::{Context, Result, ensure};
use documents::paper::{Paper, print};
use facts::{
    Law,
    pages::paper::{TEMPLATE, Told},
    story, totals,
};
use kernel::{Actor, Day, Decimal};
use locale::Lang;
use rulebook::Value;
use store::{Store, StoreOptions};
use testkit::{CLOCK, each_engine};

/// The pages of a paper as text without spaces: lines break where they must.
fn pages(pdf: &[u8]) -> Result<Vec<String>> {
    let pages = pdf_extract::extract_text_from_mem_by_pages(pdf)?;
    Ok(pages.iter().map(|page| tight(page)).collect())
}

fn tight(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn a_sheet_has_two_pages_in_each_language() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        judged(&store, &visitor.law, true).await?;
        let income = entry(&visitor.law, COMMUNE, "income.per_person", Value::Number("44.9".parse()?));
        save(&store, &visitor.law, &[income], true).await?;
        let words = [
            ("", "XãTânMỹ,năm2024", ["HuyệnChiêmHóa·TỉnhTuyênQuang", "Trang1/2", "Đạt18/19tiêuchí"], "Trang2/2"),
            ("/en", "XãTânMỹ,2024", ["Communefactsheet", "Page1/2", "18of19criteria"], "Page2/2"),
        ];
        for (root, title, first, second) in words {
            let answer = visitor.ask(&format!("{root}/xa/250/phieu.pdf?nam=2024"), &[]).await?;
            ensure!(answer.status == 200, "{} {}", answer.status, answer.text());
            let pages = pages(&answer.body)?;
            ensure!(pages.len() == 2, "{} pages", pages.len());
            for wanted in first.iter().chain([&title]) {
                ensure!(pages[0].contains(*wanted), "{wanted} in {}", pages[0]);
            }
            ensure!(pages[1].contains(second), "{second} in {}", pages[1]);
            // What failed, its distance, its source; where to find it for ever.
            let all = pages.concat();
            for wanted in ["10.1", "44,9", "318/QĐ-TTg", "https://lang.example/id/unit/250"] {
                let wanted = if root.is_empty() { wanted.to_owned() } else { wanted.replace("44,9", "44.9") };
                ensure!(all.contains(&wanted), "{wanted} in {all}");
            }
        }
        for path in ["/xa/99999999/phieu.pdf", "/xa/abc/phieu.pdf", "/xa/206/phieu.pdf"] {
            let answer = visitor.ask(path, &[]).await?;
            ensure!(answer.status == 404, "{path}: {}", answer.status);
        }
        Ok(())
    });
}

/// A figure for every measure of a set: noughts and noes.
async fn nothing_reached(store: &Store, law: &Law, set: &str) -> Result<()> {
    let plan = law.plan(set, "2024-12-31".parse::<Day>().context("a day")?).context("a set")?;
    let of = |node: &rulebook::book::Node| {
        let measure = node.indicator.measure.as_deref()?;
        let yes_no = node.indicator.kind.is_yes_no();
        Some(entry(law, COMMUNE, measure, if yes_no { Value::Yes(false) } else { Value::Number(Decimal::ZERO) }))
    };
    let mut entries: Vec<facts::Entry> = plan.book.nodes.iter().filter(|n| n.is_leaf()).filter_map(of).collect();
    entries.sort_by_key(|e| e.key);
    entries.dedup_by_key(|e| e.key);
    save(store, law, &entries, true).await?;
    Ok(())
}

#[test]
fn the_longest_names_and_the_longest_set_still_have_two_pages_with_every_word() {
    let tried: Result<()> = testkit::block_on(async {
        let store = Store::open("sqlite::memory:", StoreOptions::default()).await?;
        store.migrate(ROOMS, &CLOCK).await?;
        let law = crate::figures::prepared(&store, true).await?;
        let set = "commune-advanced-2021-2025";
        nothing_reached(&store, &law, set).await?;
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let mut story = story::story(&mut tx, &law, COMMUNE, set, 2024).await?.context("a story")?;
        story.unit.name = "Xã Nghĩa Thượng Trường Sơn Đoàn Kết Xuân Phương Hồng Ngưỡng Thạnh Đông".into();
        let verdicts = totals::of_unit(&mut tx, COMMUNE).await?;
        let above = units::store::ancestors(&mut tx, COMMUNE).await?;
        let (change, other) =
            units::store::neighbours(&mut tx, COMMUNE).await?.into_iter().next().context("a neighbour")?;
        let neighbours: Vec<_> = (0..14)
            .map(|n| {
                let name = format!("Xã Nguyễn Trường Thượng Đường Quảng Nghĩa {n}");
                (change.clone(), units::Unit { name, ..other.clone() })
            })
            .collect();
        for lang in Lang::ALL {
            let told = Told {
                lang,
                law: &law,
                story: &story,
                verdicts: &verdicts,
                peers: &[(0, 60), (3, 1), (19, 60)],
                above: &above,
                neighbours: &neighbours,
                illustrative: true,
                origin: "https://nongthonmoi.tinhtuyenquang.gov.vn",
                changed: None,
                today: "2026-11-26".parse::<Day>().context("a day")?,
            };
            let sheet = told.sheet();
            let paper =
                Paper { template: TEMPLATE, data: &sheet.data, pictures: &sheet.pictures, name: "x", day: told.today };
            let printed = print(&paper)?;
            ensure!(printed.pages == 2);
            let all = pages(&printed.bytes)?.concat();
            let data: serde_json::Value = serde_json::from_str(&sheet.data)?;
            let text = |value: &serde_json::Value| tight(value.as_str().unwrap_or_default());
            let notes = data["notes"].as_array().into_iter().chain(data["sources"]["notes"].as_array()).flatten();
            let criteria = data["table"]["rows"].as_array().context("rows")?.iter().filter(|r| r["criterion"] == true);
            let single = [&data["title"], &data["illustrative"], &data["sentence"]["text"], &data["footer"]];
            for wanted in single.into_iter().chain(notes).chain(criteria.map(|r| &r["text"])) {
                ensure!(all.contains(&text(wanted)), "{wanted} in {all}");
            }
            // What there is no room for is counted.
            let shown = data["missing"]["rows"].as_array().context("rows")?;
            let named = shown.iter().filter(|r| all.contains(&text(&r["text"]))).count();
            ensure!(named >= 1 && data["missing"]["failed"].as_u64() > Some(named as u64), "{named} of {shown:?}");
            ensure!(!all.contains("{count}"));
        }
        Ok(())
    });
    tried.expect("two pages");
}
