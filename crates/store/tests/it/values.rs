use crate::THINGS;
use kernel::{Actor, Decimal};
use proptest::{prelude::*, strategy::ValueTree};
use store::{Query, StoreError, Value, args};
use testkit::{CLOCK, each_engine};

/// One expression, the same answer on both engines.
fn check(sql: &'static str, want: fn(&store::Row) -> bool) {
    each_engine(&[], move |store| async move {
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let row = tx.row(sql, args![]).await?.expect("a row");
        assert!(want(&row), "{sql}");
        Ok(())
    });
}

#[test]
fn whole_numbers_are_whole_numbers_whatever_the_engine_calls_them() {
    check("SELECT 1, 2 > 1, NULL, COUNT(*) FROM store_job", |r| {
        matches!((r.i64(0), r.flag(1), r.opt_i64(2), r.i64(3)), (Ok(1), Ok(true), Ok(None), Ok(0)))
    });
    check("SELECT SUM(x), MAX(x) FROM (SELECT CAST(9000000000 AS BIGINT) AS x UNION ALL SELECT -12345) t", |r| {
        matches!((r.i64(0), r.i64(1)), (Ok(8_999_987_655), Ok(9_000_000_000)))
    });
    check("SELECT SUM(x) FROM (SELECT CAST(0 AS BIGINT) AS x) t", |r| matches!(r.i64(0), Ok(0)));
    check("SELECT SUM(x) FROM (SELECT CAST(100000000 AS BIGINT) AS x) t", |r| matches!(r.i64(0), Ok(100_000_000)));
}

#[test]
fn doubles_take_whole_numbers_and_averages() {
    check("SELECT 3, AVG(x), SUM(x) / 2 FROM (SELECT CAST(1 AS BIGINT) AS x UNION ALL SELECT 2) t", |r| {
        r.f64(0).ok() == Some(3.0) && r.f64(1).ok() == Some(1.5)
    });
    check("SELECT AVG(x) FROM (SELECT CAST(-1 AS BIGINT) AS x UNION ALL SELECT -2 UNION ALL SELECT -1) t", |r| {
        r.f64(0).is_ok_and(|v| (v + 4.0 / 3.0).abs() < 1e-12)
    });
}

#[test]
fn a_row_says_what_does_not_fit() {
    each_engine(&[], |store| async move {
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let row = tx.row("SELECT CAST('a' AS TEXT), NULL", args![]).await?.expect("a row");
        assert!(row.i64(0).is_err() && row.i64(1).is_err() && row.text(1).is_err() && row.text(7).is_err());
        assert_eq!((row.opt_text(1)?, row.columns()), (None, 2));
        assert!(row.opt_decimal(0).is_err());
        Ok(())
    });
}

#[test]
fn a_nul_is_refused_on_both() {
    each_engine(THINGS, |store| async move {
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let sql = "INSERT INTO test_thing (id, name) VALUES ($1, $2)";
        assert!(matches!(tx.execute(sql, args![1i64, "a\0b"]).await, Err(StoreError::Nul)));
        let rows = vec![args![2i64, "a\0b"]];
        assert!(tx.insert_many("test_thing", &["id", "name"], rows.into_iter()).await.is_err());
        Ok(())
    });
}

type Odd = (Option<i64>, Option<String>, Option<f64>, Option<Vec<u8>>);

fn row() -> impl Strategy<Value = Odd> {
    let text = proptest::collection::vec(
        prop_oneof![any::<char>(), Just('\\'), Just('\t'), Just('\n'), Just('\r'), Just('ệ'), Just('\'')],
        0..12,
    )
    .prop_map(|chars| chars.into_iter().filter(|c| *c != '\0').collect::<String>());
    let real = any::<f64>().prop_filter("a number", |v| v.is_finite());
    (
        proptest::option::of(any::<i64>()),
        proptest::option::of(text),
        proptest::option::of(real),
        proptest::option::of(proptest::collection::vec(any::<u8>(), 0..9)),
    )
}

const ODD: &[&[store::Migration]] = &[&[store::Migration {
    room: "test",
    version: 1,
    name: "odd values",
    sql: "CREATE TABLE test_odd (id INTEGER PRIMARY KEY, n INTEGER, name TEXT, weight REAL, bytes BLOB) STRICT;",
}]];

#[test]
fn every_value_comes_back_as_it_went_in_by_either_road() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let rows: Vec<_> = (0..400).map(|_| row().new_tree(&mut runner).expect("a row").current()).collect();
    let rows = std::sync::Arc::new(rows);
    each_engine(ODD, move |store| {
        let rows = rows.clone();
        async move {
            let values = |id: i64, (n, name, weight, bytes): &Odd| {
                vec![
                    Value::from(id),
                    Value::Int(*n),
                    Value::Text(name.clone()),
                    Value::Real(*weight),
                    Value::Blob(bytes.clone()),
                ]
            };
            let columns = ["id", "n", "name", "weight", "bytes"];
            let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
            let bulk = rows.iter().enumerate().map(|(at, row)| values(at as i64, row));
            assert_eq!(tx.insert_many("test_odd", &columns, bulk).await?, 400);
            for (at, row) in rows.iter().enumerate() {
                let sql = "INSERT INTO test_odd (id, n, name, weight, bytes) VALUES ($1, $2, $3, $4, $5)";
                tx.execute_one(sql, values(1000 + at as i64, row)).await?;
            }
            tx.commit().await?;
            let mut tx = store.read(&Actor::READER.scope()).await?;
            let mut seen = 0;
            tx.each("SELECT id, n, name, weight, bytes FROM test_odd", args![], |row| {
                let (n, name, weight, bytes) = &rows[(row.i64(0)? % 1000) as usize];
                assert_eq!((&row.opt_i64(1)?, &row.opt_text(2)?), (n, name));
                assert_eq!((&row.opt_f64(3)?, &row.opt_blob(4)?), (weight, bytes));
                seen += 1;
                Ok(())
            })
            .await?;
            assert_eq!(seen, 800);
            Ok(())
        }
    });
}

#[test]
fn texts_sort_by_their_bytes_and_decimals_keep_their_digits() {
    each_engine(THINGS, |store| async move {
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let exact: Decimal = "0.1000000000000000000000000000000000000000000000000001".parse()?;
        let names = ["b", "B", "a", "Á", "đ", "z", "10", "9"];
        let rows = names.iter().enumerate().map(|(at, name)| args![at as i64, *name]);
        tx.insert_many("test_thing", &["id", "name"], rows).await?;
        let sql = "INSERT INTO test_thing (id, name) VALUES (100, $1)";
        tx.execute_one(sql, args![&exact]).await?;
        let row = tx.row("SELECT name FROM test_thing WHERE id = 100", args![]).await?.expect("it is there");
        assert_eq!(row.opt_decimal(0)?, Some(exact));
        let rows = tx.rows("SELECT name FROM test_thing WHERE id < 100 ORDER BY name", args![]).await?;
        let sorted: Vec<String> = rows.iter().map(|r| r.text(0)).collect::<store::Result<_>>()?;
        assert_eq!(sorted, ["10", "9", "B", "a", "b", "z", "Á", "đ"]);
        Ok(())
    });
}

#[test]
fn references_are_kept() {
    each_engine(THINGS, |store| async move {
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let orphan = tx.execute("INSERT INTO test_part (thing, name) VALUES (5, 'wheel')", args![]).await;
        assert!(orphan.is_err(), "a part without its thing");
        Ok(())
    });
}

#[test]
fn arguments_are_found_by_their_number() {
    each_engine(THINGS, |store| async move {
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let sql = "SELECT CAST($2 AS TEXT), CAST($1 AS TEXT), CAST($2 AS TEXT)";
        for _ in 0..2 {
            let row = tx.row(sql, args!["a", "b"]).await?.expect("a row");
            assert_eq!((row.text(0)?, row.text(1)?, row.text(2)?), ("b".into(), "a".into(), "b".into()));
        }
        assert!(tx.row("SELECT CAST($1 AS TEXT), CAST($2 AS TEXT)", args!["a"]).await.is_err(), "one is missing");
        drop(tx);
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let two = "INSERT INTO test_thing (id) VALUES (1); INSERT INTO test_thing (id) VALUES (2)";
        assert!(tx.execute(two, args![]).await.is_err(), "two statements in one");
        Ok(())
    });
}

#[test]
fn empty_and_long_values_are_kept_as_they_are() {
    each_engine(THINGS, |store| async move {
        let long = "dài ".repeat(300_000);
        let bytes = vec![7u8; 1 << 20];
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let insert = "INSERT INTO test_thing (id, name, bytes) VALUES ($1, $2, $3)";
        tx.execute_one(insert, vec![1i64.into(), "".into(), Value::Blob(Some(Vec::new()))]).await?;
        tx.execute_one(insert, vec![2i64.into(), (&long).into(), Value::Blob(Some(bytes.clone()))]).await?;
        // The same statement with less: nothing of the last time is left bound.
        tx.execute_one(insert, vec![3i64.into(), Value::Text(None), Value::Blob(None)]).await?;
        let rows = tx.rows("SELECT name, bytes FROM test_thing ORDER BY id", args![]).await?;
        assert_eq!((rows[0].opt_text(0)?, rows[0].opt_blob(1)?), (Some(String::new()), Some(Vec::new())));
        assert!(rows[1].text(0)? == long && rows[1].blob(1)? == bytes);
        assert_eq!((rows[2].opt_text(0)?, rows[2].opt_blob(1)?), (None, None));
        assert_eq!(rows[0].names(), ["name", "bytes"]);
        Ok(())
    });
}

#[test]
fn kept_statements_follow_a_table_that_changes() {
    each_engine(THINGS, |store| async move {
        let sql = "SELECT id FROM test_thing WHERE name IS NULL";
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        tx.execute_one("INSERT INTO test_thing (id) VALUES (1)", args![]).await?;
        assert_eq!(tx.rows(sql, args![]).await?.len(), 1);
        tx.execute("ALTER TABLE test_thing ADD COLUMN colour TEXT", args![]).await?;
        assert_eq!(tx.rows(sql, args![]).await?.len(), 1);
        tx.commit().await?;
        // More statements than a connection keeps.
        let mut tx = store.read(&Actor::READER.scope()).await?;
        for n in 0..600 {
            let row = tx.row(&format!("SELECT {n} + id FROM test_thing"), args![]).await?.expect("a row");
            assert_eq!(row.i64(0)?, n + 1);
        }
        assert_eq!(tx.rows(sql, args![]).await?.len(), 1);
        Ok(())
    });
}
