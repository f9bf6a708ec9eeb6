//! The shipped facts: what they hold, and that a broken line is named.

use units::reference::Reference;

const HEADINGS: [(&str, &str); 6] = [
    (
        "units.csv",
        "id,level,kind,code,name_vi,parent,valid_from,valid_to,lat,lon,south,west,north,east,area_km2,confidence,note",
    ),
    ("succession.csv", "from,to,day,share,main,confidence"),
    ("groups.csv", "group,unit,from,to"),
    ("attributes.csv", "unit,attribute,value,from,to,confidence,source"),
    ("agencies.csv", "id,code,kind,name_vi,name_en,valid_from,valid_to,successor,confidence,units"),
    ("calendar.csv", "date,kind,name_vi,name_en,source,confidence,note"),
];

/// A small good reference, with these lines in one file instead.
fn with(file: &str, lines: &str) -> Result<Reference, units::reference::BadLine> {
    Reference::from_files(&|name| {
        let good = match name {
            "units.csv" => {
                "1,province,province,08,Tỉnh A,,,,,,,,,,,verified,\n\
                            2,commune,commune,00001,Xã B,1,,2025-06-30,,,,,,,,verified,\n\
                            3,commune,commune,00001,Xã C,1,2025-07-01,,,,,,,,,verified,\n"
            }
            "succession.csv" => "2,3,2025-07-01,whole,true,verified\n",
            _ => "",
        };
        let headings = HEADINGS.iter().find(|(n, _)| *n == name)?.1;
        Some(format!("{headings}\n{}", if name == file { lines } else { good }).into_bytes())
    })
}

#[test]
fn what_is_shipped_agrees_with_itself() {
    let reference = Reference::read().unwrap();
    assert_eq!(reference.check(), []);
    assert_eq!(with("", "").unwrap().check(), []);
    let count = |kind: &str, to: Option<&str>| {
        let to = to.map(|t| t.parse().unwrap());
        reference.units.iter().filter(|u| u.kind == kind && u.valid_to == to).count()
    };
    assert_eq!((count("commune", None), count("ward", None), count("province", None)), (117, 7, 1));
    assert_eq!(reference.units.iter().filter(|u| u.valid_to == Some("2025-06-30".parse().unwrap())).count(), 350);
    assert_eq!(reference.groups.iter().filter(|m| m.group == "plan-2022").count(), 123);
}

#[test]
fn a_broken_line_is_named() {
    let province = "1,province,province,08,Tỉnh A,,,,,,,,,,,verified,\n";
    for (file, lines, line, says) in [
        ("units.csv", "x,province,province,08,A,,,,,,,,,,,verified,\n".to_owned(), 2, "column 1"),
        ("units.csv", format!("{province}2,county,commune,1,B,1,,,,,,,,,,verified,\n"), 3, "county"),
        ("units.csv", format!("{province}2,commune,commune,1,B,1,2025-02-30,,,,,,,,,verified,\n"), 3, "column 7"),
        ("succession.csv", "2,3,2025-07-01,half,true,verified\n".to_owned(), 2, "half"),
        ("agencies.csv", "1,A,department\n".to_owned(), 2, ""),
        ("calendar.csv", "2026-02-30,holiday,A,A,x,verified,\n".to_owned(), 2, "column 1"),
        ("calendar.csv", "2026-02-20,feast,A,A,x,verified,\n".to_owned(), 2, "feast"),
    ] {
        let bad = with(file, &lines).unwrap_err();
        assert_eq!((bad.file, bad.line), (file, line), "{bad}");
        assert!(bad.message.contains(says), "{bad}");
    }
    let twice = "2,commune,commune,1,B,1,,,,,,,,,,verified,\n";
    for (file, lines, line, says) in [
        ("units.csv", format!("{province}{twice}{twice}"), 4, "used twice"),
        ("units.csv", format!("{province}2,commune,commune,1,B,9,,,,,,,,,,verified,\n"), 3, "parent"),
        ("units.csv", format!("{province}2,commune,commune,1,,1,,,,,,,,,,verified,\n"), 3, "units-name-empty"),
        (
            "units.csv",
            format!("{province}{twice}4,commune,ward,1,C,1,2025-01-01,,,,,,,,,verified,\n"),
            4,
            "at the same time",
        ),
        ("succession.csv", "2,3,2025-07-02,whole,true,verified\n".to_owned(), 2, "eve"),
        ("succession.csv", "2,9,2025-07-01,whole,true,verified\n".to_owned(), 2, "exist"),
        ("groups.csv", "g,9,,\n".to_owned(), 2, "no unit 9"),
        ("groups.csv", "g,2,2026-01-01,\n".to_owned(), 2, "never a member"),
        ("attributes.csv", "2,colour,red,,,verified,x\n".to_owned(), 2, "colour"),
        ("agencies.csv", "1,A,department,A,A,,,7,verified,\n".to_owned(), 2, "successor"),
        ("calendar.csv", "2026-02-20,working_day_in_lieu,A,A,x,verified,\n".to_owned(), 2, "calendar-not-a-day-off"),
        ("calendar.csv", "2026-02-20,holiday,A,A,,verified,\n".to_owned(), 2, "units-source-empty"),
        (
            "calendar.csv",
            "2026-02-20,holiday,A,A,x,verified,\n2026-02-20,holiday,B,B,x,verified,\n".to_owned(),
            3,
            "twice",
        ),
    ] {
        let found = with(file, &lines).unwrap().check();
        assert!(
            found.iter().any(|b| b.file == file && b.line == line && b.message.contains(says)),
            "{file}: {says}: {found:?}"
        );
    }
}
