use crate::{THINGS, count};
use kernel::Actor;
use store::{Given, Query, args};
use testkit::{CLOCK, each_engine};

#[test]
fn rows_of_any_number_go_in_at_once() {
    each_engine(THINGS, |store| async move {
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let mut from = 0i64;
        for many in [0i64, 1, 499, 500, 501, 8000] {
            let rows = (from..from + many).map(|n| args![n, format!("thing {n}")]);
            assert_eq!(tx.insert_many("test_thing", &["id", "name"], rows).await?, many as u64);
            from += many;
        }
        assert_eq!(count(&mut tx, "test_thing").await?, from);
        let again = tx.insert_many("test_thing", &["id"], [args![5i64]].into_iter()).await.unwrap_err();
        assert!(again.is_duplicate(), "{again}");
        Ok(())
    });
}

#[test]
fn rows_that_stand_are_changed_and_others_added() {
    each_engine(THINGS, |store| async move {
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        for (name, from, to) in [("old", 0i64, 3000i64), ("new", 2000, 6000)] {
            let rows = (from..to).map(|n| args![n, name]);
            tx.upsert_many("test_thing", &["id"], &["id", "name"], rows).await?;
        }
        let sql = "SELECT name, COUNT(*) FROM test_thing GROUP BY name ORDER BY name";
        let rows = tx.rows(sql, args![]).await?;
        let counts = rows.iter().map(|r| Ok((r.text(0)?, r.i64(1)?))).collect::<store::Result<Vec<_>>>()?;
        assert_eq!(counts, [("new".to_owned(), 4000), ("old".to_owned(), 2000)]);
        // One key twice: the last counts, whichever road the rows take.
        for many in [2i64, 2000] {
            let twice = (0..many).map(|n| args![n, "first"]).chain((0..many).map(|n| args![n, "last"]));
            tx.upsert_many("test_thing", &["id"], &["id", "name"], twice).await?;
            let sql = "SELECT COUNT(*) FROM test_thing WHERE name = 'last'";
            assert_eq!(tx.row(sql, args![]).await?.expect("a count").i64(0)?, many);
        }
        // Thought to be new, some are not: as if nobody had thought so.
        for many in [20i64, 1000] {
            let rows = || (many / 2..many * 8).map(|n| [Given::from(n), Given::from("newest")]);
            tx.upsert_new("test_thing", &["id"], &["id", "name"], rows).await?;
            let sql = "SELECT COUNT(*) FROM test_thing WHERE name = 'newest' AND id BETWEEN $1 AND $2";
            let count = tx.row(sql, args![many / 2, many * 8 - 1]).await?.expect("a count").i64(0)?;
            assert_eq!(count, many * 8 - many / 2);
        }
        // Only keys: what stands is left.
        let rows = (0..3i64).map(|n| args![n, "wheel"]);
        tx.upsert_many("test_part", &["thing", "name"], &["thing", "name"], rows.clone()).await?;
        tx.upsert_many("test_part", &["thing", "name"], &["thing", "name"], rows).await?;
        assert_eq!(count(&mut tx, "test_part").await?, 3);
        Ok(())
    });
}

#[test]
fn reserved_numbers_are_nobody_elses() {
    each_engine(THINGS, |store| async move {
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        let own = tx.row("INSERT INTO test_thing (name) VALUES ('first') RETURNING id", args![]).await?;
        let own = own.expect("its id").i64(0)?;
        let numbers = tx.reserve("test_thing", "id", 3).await?;
        assert!(numbers.len() == 3 && !numbers.contains(&own), "{numbers:?}");
        tx.insert_many("test_thing", &["id"], numbers.iter().map(|n| args![*n])).await?;
        let next = tx.row("INSERT INTO test_thing (name) VALUES ('next') RETURNING id", args![]).await?;
        assert!(!numbers.contains(&next.expect("its id").i64(0)?));
        assert!(tx.reserve("test_thing", "id", 0).await?.is_empty());
        let many = tx.reserve("test_thing", "id", 1000).await?;
        assert!(many.len() == 1000 && many.windows(2).all(|w| w[0] < w[1]) && many[0] > numbers[2]);
        Ok(())
    });
}
