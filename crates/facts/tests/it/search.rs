//! Search as a person types: what comes first, how slips are forgiven, what a wrong address finds, what it costs.

use crate::visitor::{OK, Visitor};
use anyhow::Result;
use kernel::Actor;
use serde_json::{Value, json};
use std::sync::Arc;
use testkit::CLOCK;

/// `%XX` for whatever is no letter or figure.
fn encoded(text: &str) -> String {
    let byte = |b: u8| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") };
    text.bytes().map(byte).collect()
}

async fn find(visitor: &Visitor, q: &str, more: &str) -> Result<Value> {
    let answer = visitor.get(&format!("/api/v1/search?q={}{more}", encoded(q)), false).await?;
    anyhow::ensure!(answer.status == OK, "{q:?}: {}", answer.status);
    answer.json()
}

/// What is typed, the first hit (title, kind, its note), and whether it is a guess.
const FIRST: [(&str, &str, &str, &str, bool); 30] = [
    // Names: as written, without diacritics, without spaces, in another order, while being typed.
    ("Xã Tân Trào", "Xã Tân Trào", "units", "", false),
    ("tan trao", "Xã Tân Trào", "units", "", false),
    ("TÂN  TRÀO", "Xã Tân Trào", "units", "", false),
    ("tantrao", "Xã Tân Trào", "units", "", false),
    ("tan tr ao", "Xã Tân Trào", "units", "", false),
    ("trào tân", "Xã Tân Trào", "units", "", false),
    ("tan tra", "Xã Tân Trào", "units", "", false),
    // Slips: a letter other, more, less, two changed about.
    ("tan trap", "Xã Tân Trào", "units", "", true),
    ("tan trrao", "Xã Tân Trào", "units", "", true),
    ("tna trao", "Xã Tân Trào", "units", "", true),
    ("tanrtao", "Xã Tân Trào", "units", "", true),
    ("tuyen quagn", "Tỉnh Tuyên Quang", "units", "", true),
    // The province that is, before the one that was and the town of that name; the province that was, with what it is.
    ("tuyen quang", "Tỉnh Tuyên Quang", "units", "", false),
    ("ha giang", "Tỉnh Hà Giang", "units", "nay là Tỉnh Tuyên Quang", false),
    ("Huyện Sơn Dương", "Huyện Sơn Dương", "units", "", false),
    // An old name after the merger, with what it is now; one letter đ, one letter y.
    ("hong lac", "Xã Hồng Lạc", "units", "nay là Xã Hồng Sơn", false),
    ("i la", "Phường Ỷ La", "units", "", false),
    ("xa dao duc", "Xã Đạo Đức", "units", "", false),
    // Codes, numbers of decisions and indicators.
    ("318/QĐ-TTg", "Quyết định 318/QĐ-TTg", "decisions", "", false),
    ("318 qd ttg", "Quyết định 318/QĐ-TTg", "decisions", "", false),
    ("income.per_person", "", "measures", "", false),
    // Words in any order, over title and place; two ways of writing y.
    ("nuoc sach ho", "", "measures", "", false),
    ("tỉ lệ nghèo", "Tỷ lệ nghèo đa chiều", "measures", "", false),
    ("nuocsach", "", "measures", "", true),
    ("cac bo tieu chi", "Các bộ tiêu chí", "pages", "", false),
    ("ban do", "Bản đồ các xã", "pages", "", false),
    ("so nong nghiep va moi truong", "Sở Nông nghiệp và Môi trường", "agencies", "", false),
    // Most of the words where all are nowhere.
    ("tan trao dep nhat", "Xã Tân Trào", "units", "", true),
    ("tan trao son duong", "Xã Tân Trào", "units", "", false),
    ("huyen sonduong", "Huyện Sơn Dương", "units", "", false),
];

#[test]
fn what_is_meant_comes_first() {
    testkit::each_engine(crate::figures::ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        let mut wrong = Vec::new();
        for (q, title, kind, note, guessed) in FIRST {
            let found = find(&visitor, q, "").await?;
            let first = &found["results"][0];
            let text = |field: &str| first[field].as_str().unwrap_or("").to_owned();
            let fits = (title.is_empty() || text("title") == title)
                && text("group") == kind
                && (note.is_empty() || text("note") == note)
                && found["guessed"] == guessed;
            if !fits {
                wrong.push(format!("{q:?}: {first} guessed {}", found["guessed"]));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        Ok(())
    });
}

#[test]
fn whatever_is_asked_is_answered() {
    testkit::each_engine(crate::figures::ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        let long = "tan trao ".repeat(300);
        for q in [
            "",
            " ",
            "%",
            "_",
            "\\",
            "'; DROP TABLE units_unit; --",
            "<script>alert(1)</script>",
            "\u{202e}\u{0}",
            "đ",
            "🙂",
            &long,
        ] {
            let found = find(&visitor, q, "&per=1000000").await?;
            assert!(found["results"].as_array().is_some_and(|r| r.len() <= 100), "{q:?}");
            for prefix in ["", "/en"] {
                let page = visitor.get(&format!("{prefix}/tim-kiem?q={}&trang=99999999999", encoded(q)), false).await?;
                assert_eq!(page.status, OK, "{q:?}");
                let text = page.text();
                assert!(!text.contains("<script>alert") && !text.contains("[search-"), "{q:?}");
            }
        }
        assert_eq!(visitor.get("/api/v1/search?q=a&per=x", false).await?.status, 422);
        Ok(())
    });
}

#[test]
fn hits_stand_by_kind_and_page() {
    testkit::each_engine(crate::figures::ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        let all = find(&visitor, "xa", "&group=units&per=100").await?;
        let of_units = all["groups"].as_array().into_iter().flatten().find(|g| g["group"] == "units").cloned();
        assert_eq!(of_units, Some(json!({"group": "units", "count": all["count"]})));
        let second = find(&visitor, "xa", "&group=units&per=10&page=1").await?;
        let tenth_on = all["results"].as_array().map(|r| r[10..20].to_vec());
        assert_eq!(second["results"].as_array().cloned(), tenth_on);
        // Those in force come before those that ended.
        let ended: Vec<bool> = all["results"].as_array().into_iter().flatten().map(|r| r["ended"] == true).collect();
        assert!(!ended.is_empty() && ended.is_sorted());
        let page = visitor.get("/tim-kiem?q=tan", false).await?.text();
        for wanted in ["nhom=units", "<h2>Đơn vị</h2>", "<h2>Chỉ tiêu</h2>", "Xem cả"] {
            assert!(page.contains(wanted), "{wanted}");
        }
        let page = visitor.get("/en/tim-kiem?q=xa&nhom=units&trang=2", false).await?.text();
        for wanted in ["<h2>Units</h2>", "trang=3", "aria-current=\"page\">2<", "/en/xa/"] {
            assert!(page.contains(wanted), "{wanted}");
        }
        let none = visitor.get("/tim-kiem?q=qwxz", false).await?.text();
        assert!(none.contains("Không tìm thấy gì") && none.contains("/bo-tieu-chi"), "{none}");
        let guess = visitor.get("/tim-kiem?q=tan+trap", false).await?.text();
        assert!(guess.contains("Có phải bạn tìm") && guess.contains("/xa/1117"), "{guess}");
        Ok(())
    });
}

#[test]
fn a_wrong_address_finds_what_its_words_mean() {
    testkit::each_engine(crate::figures::ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        for (path, wanted) in [
            ("/xa/tan-trao", "/xa/1117"),
            ("/en/xa/tan-trao", "/en/xa/1117"),
            ("/x%C3%A3-t%C3%A2n-tr%C3%A0o.html?a=1", "/xa/1117"),
            // A code instead of an id; an address as another site might have had it.
            ("/don-vi/02545", "/xa/1117"),
            ("/tin-tuc/huyen-son-duong", "/don-vi/320"),
            ("/van-ban/318-QD-TTg", "/bo-tieu-chi/commune-2021-2025"),
        ] {
            let page = visitor.get(path, false).await?;
            assert_eq!(page.status, 404, "{path}");
            let text = page.text();
            assert!(text.contains(&format!("href=\"{wanted}")), "{path} lacks {wanted}:\n{text}");
        }
        // Nothing is guessed where nothing is like it; a program gets a problem.
        let page = visitor.get("/xa/9999999", false).await?;
        assert!(page.status == 404 && !page.text().contains("class=\"hits\""));
        let answer = visitor.get("/api/v1/tan-trao", false).await?.json()?;
        assert_eq!(answer["status"], json!(404));
        Ok(())
    });
}

/// What is read to answer: nothing but whether units changed. Figures leave the index as it is; a unit's new name makes
/// another.
#[test]
fn the_index_is_made_again_only_when_something_to_be_found_changed() {
    testkit::each_engine(crate::figures::ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        let (site, _) = visitor.site(false)?;
        let index = async || -> Result<_> { Ok(site.index(&mut store.read(&Actor::READER.scope()).await?).await?) };
        let first = index().await?;
        let figure = crate::figures::entry(
            &visitor.law,
            kernel::UnitId(324),
            "income.per_person",
            rulebook::Value::Number("41".parse()?),
        );
        crate::figures::save(&store, &visitor.law, &[figure], true).await?;
        assert!(Arc::ptr_eq(&first, &index().await?), "figures are not searched");
        let correction =
            units::rules::Correction {
                name: Some("Xã Mới Tinh".into()), source: "QĐ 1".into(), ..Default::default()
            };
        let mut tx = store.write(&Actor::LOCAL_ADMIN, &CLOCK).await?;
        let done = units::actions::correct(&mut tx, kernel::UnitId(1117), 1, correction, &[]).await;
        anyhow::ensure!(done.is_ok(), "{done:?}");
        tx.commit().await?;
        let second = index().await?;
        let title = |q: &str| second.find(q).hits.first().map(|hit| second.entry(*hit).title.vi.clone());
        assert_eq!(title("moi tinh").as_deref(), Some("Xã Mới Tinh"));
        Ok(())
    });
}
