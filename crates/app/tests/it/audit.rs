//! `audit verify`: what somebody changed by hand is named.

use crate::program::{langso, ran, run, text, well};
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
