//! `audit verify`: what somebody changed by hand is named.

use crate::program::{Served, langso, ran, request, run, text, well};
use kernel::{Actor, SystemClock};
use store::{Store, StoreOptions};
use testkit::each_url;

const ROWS: &str = "unit_code,period,indicator,value\n02503,2024,8.4,đạt\n";

#[test]
fn a_line_altered_by_hand_is_named_on_both_engines() {
    each_url(|url| async move {
        let folder = tempfile::tempdir()?;
        let table = folder.path().join("a.csv");
        let at = ["--database", &url, "--data", text(folder.path())];
        for year in ["2021", "2022", "2023", "2024"] {
            std::fs::write(&table, ROWS.replace("2024", year))?;
            well(&[&["import", "--publish", text(&table)], &at[..]].concat());
        }
        well(&[&["audit", "seal"], &at[..]].concat());
        let verify = || run(&[&["audit", "verify"], &at[..]].concat());
        let good = verify();
        assert_eq!(good.code, 0, "{}", good.out);
        let head = good.out.lines().find_map(|l| l.strip_prefix("Đầu chuỗi: ")).expect("the head").to_owned();
        assert_eq!(run(&[&["audit", "verify", "--head", &head], &at[..]].concat()).code, 0);
        assert_eq!(run(&[&["audit", "verify", "--head", "7"], &at[..]].concat()).code, 2);

        let change = |sql: &'static str| {
            let url = url.clone();
            async move {
                let store = Store::open(&url, StoreOptions::default()).await?;
                let mut tx = store.write(&Actor::SYSTEM, &SystemClock).await?;
                store::Query::rows(&mut tx, sql, vec![]).await?;
                tx.commit().await?;
                store.close().await;
                anyhow::Ok(())
            }
        };
        change("UPDATE store_audit SET at = at + 1 WHERE seq = 2 RETURNING seq").await?;
        let bad = verify();
        assert_eq!(bad.code, 1, "{}", bad.out);
        assert!(bad.out.contains("altered 2: dòng 2 đã bị sửa sau khi niêm phong"), "{}", bad.out);
        let doctor = run(&[&["doctor"], &at[..]].concat());
        assert!(doctor.code == 1 && doctor.out.contains("altered 2"), "{}", doctor.out);

        change("UPDATE store_audit SET at = at - 1 WHERE seq = 2 RETURNING seq").await?;
        assert_eq!(verify().code, 0);
        // Cut off at its end: the chain alone does not show it, a head noted earlier does.
        change("DELETE FROM store_audit WHERE seq = (SELECT MAX(seq) FROM store_seal) RETURNING seq").await?;
        assert!(verify().out.contains("removed "));
        change("DELETE FROM store_seal WHERE position = (SELECT MAX(position) FROM store_seal) RETURNING seq").await?;
        // The chain alone would hold; the figures of the line that is gone speak of it.
        let figures = verify();
        assert!(figures.code == 1 && figures.out.contains("figures unclaimed 1"), "{}", figures.out);
        let cut = run(&[&["audit", "verify", "--head", &head], &at[..]].concat());
        assert!(cut.code == 1 && cut.out.contains("head-missing"), "{}", cut.out);
        Ok(())
    });
}

#[test]
fn the_key_of_a_witness_goes_where_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    // A file named without a folder stands in the one that whoever calls is in.
    let make = || {
        let mut command = langso(&["audit", "witness-key", "--name", "mttq.example.vn/chung", "--out", "w.key"]);
        ran(command.current_dir(folder.path()).output().unwrap())
    };
    let made = make();
    assert_eq!(made.code, 0, "{}{}", made.out, made.err);
    let key = std::fs::read_to_string(folder.path().join("w.key")).unwrap();
    assert!(key.starts_with("PRIVATE+KEY+mttq.example.vn/chung+"));
    assert!(made.out.contains("mttq.example.vn/chung+") && !made.out.contains(&key), "{}", made.out);
}

/// What the program that watches over the site reads of the ledger, once its worker was refused.
fn refused(served: &Served, bearer: &str) -> anyhow::Result<serde_json::Value> {
    for _ in 0..600 {
        let health = request(&served.address, "GET", "/api/v1/health", &[("Authorization", bearer)], "")?.json();
        if health["ledger"]["refused"].is_string() {
            return Ok(health["ledger"].clone());
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    anyhow::bail!("nobody was told")
}

#[test]
fn a_database_restored_into_a_fresh_folder_is_signed_on_once_somebody_says_why() {
    each_url(|url| async move {
        let folder = tempfile::tempdir()?;
        let (first, fresh) = (folder.path().join("first"), folder.path().join("fresh"));
        let (table, copy) = (folder.path().join("a.csv"), folder.path().join("copy.zip"));
        std::fs::create_dir_all(&first)?;
        std::fs::write(&table, ROWS.replace("2024", "2023"))?;
        let before = ["--data", text(&first)];
        well(&[&["import", "--publish", text(&table)], &before[..]].concat());
        well(&[&["audit", "seal"], &before[..]].concat());
        well(&[&["backup", "-o", text(&copy)], &before[..]].concat());
        let at = ["--database", &url, "--data", text(&fresh)];
        well(&[&["restore", text(&copy)], &at[..]].concat());
        std::fs::write(&table, ROWS)?;
        well(&[&["import", "--publish", text(&table)], &at[..]].concat());

        for command in ["seal", "rotate-key"] {
            let stopped = run(&[&["audit", command], &at[..]].concat());
            assert_eq!(stopped.code, 1, "{}{}", stopped.out, stopped.err);
            assert!(stopped.err.contains("không giữ khóa"), "{}", stopped.err);
            assert!(stopped.err.contains("“keys”") && stopped.err.contains("admit-restore"), "{}", stopped.err);
        }
        well(&[&["person", "add", "quantri", "Nguyễn Quản Trị"], &at[..]].concat());
        well(&[&["person", "grant", "quantri", "administrator"], &at[..]].concat());
        let token = well(&[&["token", "new", "quantri", "thử", "--only", "read operation"], &at[..]].concat());
        let mut served = Served::start(&at);
        let told = refused(&served, &format!("Bearer {}", token.trim()))?;
        assert!(told["waiting"].as_i64() > Some(0) && told["last_checkpoint"].is_string(), "{told}");
        assert!(served.get("/minh-chung").body.contains("Sổ đang ngừng ký"));
        served.terminate();

        let admit = || well(&[&["audit", "admit-restore", "--reason", "khôi phục thử"], &at[..]].concat());
        let admitted = admit();
        assert!(admitted.contains("việc ký tiếp tục"), "{admitted}");
        let again = admit();
        assert!(again.contains("không có gì để ghi nhận"), "{again}");
        std::fs::write(&table, ROWS.replace("2024", "2022"))?;
        well(&[&["import", "--publish", text(&table)], &at[..]].concat());
        well(&[&["audit", "seal"], &at[..]].concat());
        well(&[&["audit", "verify"], &at[..]].concat());
        Ok(())
    });
}
