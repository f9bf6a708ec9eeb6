//! A table in order, judged piece by piece, gives the bytes of the table read whole; out of order or wrong it is left to that.

use crate::shipped;
use rulebook::{
    Library, report,
    unitsfile::UnitsFile,
    values::{self, Context, Ordered},
};

const SET: &str = "commune-2021-2025";
const HEADER: &str = "unit_code,period,indicator,value\n";

/// Rows of enough units for several pieces, in order; some blank, some of the prerequisite's kind of row.
fn table(units: usize) -> Vec<String> {
    let mut rows = Vec::new();
    for unit in 0..units {
        for year in [2023, 2024] {
            for (at, no) in ["8.1", "15.3", "3.1", "10.1", "9.2", "13.1"].iter().enumerate() {
                let value = match (unit + at) % 7 {
                    0 => String::new(),
                    n if at == 0 || at == 5 => (if n > 2 { "đạt" } else { "false" }).to_owned(),
                    n => format!("{}.{}", n * 13, unit % 9 + 1),
                };
                rows.push(format!("u{unit:05},{year},{no},{value}\n"));
            }
        }
    }
    rows
}

fn text(rows: &[String]) -> String {
    std::iter::once(HEADER).chain(rows.iter().map(String::as_str)).collect()
}

fn units(count: usize) -> UnitsFile {
    let lines: String = (0..count).map(|n| format!("u{n:05},TDMNPB,\n")).collect();
    UnitsFile::read(&format!("unit_code,region,group\n{lines}")).unwrap()
}

/// The bytes of the one way and of the other, where the text is in order.
fn both(library: &Library, units: &UnitsFile, text: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let context = Context::new(library, SET, units, None).unwrap();
    let say = |p: &kernel::Phrase| p.key.to_owned();
    let ordered = Ordered::check(&context, text, true)?;
    assert!(ordered.pieces() > 2, "{} pieces", ordered.pieces());
    let (mut piecewise, mut whole) = (Vec::new(), Vec::new());
    report::write_json_ordered(&context, &ordered, &say, &mut piecewise).unwrap();
    let table = values::read_csv(&context, text, true).unwrap_or_else(|f| panic!("{:?}", f[0]));
    report::write_json(&context, &table, &say, &mut whole).unwrap();
    Some((piecewise, whole))
}

#[test]
fn both_ways_give_the_same_bytes_wherever_a_piece_is_cut() {
    let (library, units) = (shipped::library(), units(2000));
    let rows = table(2000);
    // Another header moves every cut.
    for extra in 0..40 {
        let text = text(&rows).replacen('\n', &format!(",x{}\n", "y".repeat(extra * 7)), 1);
        let (piecewise, whole) = both(&library, &units, &text).expect("a table in order");
        assert!(piecewise == whole && whole.len() > 1_000_000, "with {extra}");
    }
}

#[test]
fn what_is_out_of_order_or_wrong_is_read_whole() {
    let (library, units) = (shipped::library(), units(2000));
    let rows = table(2000);
    let refused = |change: &dyn Fn(&mut Vec<String>)| {
        let mut rows = rows.clone();
        change(&mut rows);
        assert!(both(&library, &units, &text(&rows)).is_none());
    };
    // The same row twice, within a piece or across a cut, wherever cuts are.
    for at in (0..rows.len() / 12).step_by(97) {
        refused(&|rows| {
            let again = rows[at * 12].clone();
            rows.insert(at * 12 + 6, again);
        });
    }
    refused(&|rows| rows.swap(3, 9_000));
    refused(&|rows| rows.push("u00000,2024,9.9,1\n".into()));
    refused(&|rows| rows[20_000] = "u01666,2023,8.1,maybe\n".into());
    refused(&|rows| rows.push("u01999,2024,no such,1\n".into()));
}
