//! What an intake reads beyond the contract of `evaluate`: measures without an indicator, evidence, correct rows alone.

use crate::shipped;
use rulebook::{
    unitsfile::UnitsFile,
    values::{self, Context, Table, Target},
};

const SET: &str = "commune-2021-2025";

fn with_context<T>(read: impl Fn(&Context, &Context) -> T) -> T {
    let library = shipped::library();
    let units = UnitsFile::read("unit_code,region\na,TDMNPB\nb,TDMNPB\n").unwrap();
    let context = || Context::new(&library, SET, &units, None).unwrap();
    read(&context(), &context().for_intake())
}

fn table(rows: &str) -> String {
    format!("unit_code,period,indicator,value,evidence\n{rows}\n")
}

/// The lines of the correct rows, and the keys of the faults.
fn read(context: &Context, rows: &str) -> (Vec<u32>, Vec<&'static str>, Table) {
    let (table, faults) = values::read_csv_partly(context, &table(rows), false);
    (table.rows.iter().map(|r| r.line).collect(), faults.iter().map(|f| f.what.key).collect(), table)
}

#[test]
fn measures_without_an_indicator_and_evidence_are_an_intakes_alone() {
    with_context(|judging, intake| {
        let rows = "a,2024,households,1650,BC 12\na,2024,8.1,true,BC 12\na,2024,population,,";
        let (lines, faults, _) = read(judging, rows);
        assert_eq!((lines, faults), (vec![3], vec!["values-indicator-unknown"]));
        let (lines, faults, table) = read(intake, rows);
        assert_eq!((lines, faults), (vec![2, 3], vec![]));
        assert_eq!(table.rows[0].target, Target::Background(0));
        assert!(table.rows.iter().all(|r| r.note.as_deref() == Some("BC 12")));
        let long = format!("a,2024,8.1,true,{}\na,2024,households,1.5,\na,2024,households/8.1,1,", "x".repeat(501));
        let wants = vec!["values-evidence-long", "values-not-whole", "values-indicator-unknown"];
        assert_eq!(read(intake, &long).1, wants);
    });
}

#[test]
fn of_doubtful_rows_none_is_correct() {
    with_context(|_, intake| {
        for (rows, lines, refused) in [
            ("a,2024,8.1,true,\na,2024,8.1,true,\nb,2024,8.1,true,", vec![4], 2),
            // The wrong row and the one that repeats it.
            ("a,2024,8.1,x,\na,2024,8.1,true,\na,2024,2.1,5,", vec![4], 2),
            // A blank cell is no row, but a row that repeats it is doubtful.
            ("a,2024,8.1,,\na,2024,8.1,true,\na,2024,2.1,5,", vec![4], 1),
            ("a,2024,8.1,true,\na,24,2.1,5,\n,2024,2.1,5,", vec![2], 2),
        ] {
            let (good, faults, table) = read(intake, rows);
            assert_eq!((good, table.refused), (lines, refused), "{rows}: {faults:?}");
            assert!(!faults.is_empty(), "{rows}");
        }
    });
}

#[test]
fn a_table_of_wrong_rows_is_counted_and_not_all_of_it_kept() {
    with_context(|judging, intake| {
        let rows = "a,2024,10.1,41.200,\n".repeat(100_000);
        let (_, faults, table) = read(intake, &rows);
        assert_eq!((faults.len() + table.unsaid, table.refused), (199_999, 100_000));
        assert!(faults.len() < 70_000 && table.rows.is_empty());
        assert_eq!(read(judging, &rows).1.len(), 199_999);
    });
}
