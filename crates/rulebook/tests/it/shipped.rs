//! The shipped law, read from the files beside the crate.

use rulebook::{Library, Overlay};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn rulebooks() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rulebooks")
}

fn texts(folder: &Path, out: &mut Vec<(String, String)>) {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            texts(&path, out);
        } else if path.extension().is_some_and(|e| e == "toml") {
            out.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The shipped sets and measures.
pub fn library() -> Library {
    let mut files = Vec::new();
    texts(&rulebooks(), &mut files);
    let laws = files.iter().filter(|(name, _)| !name.contains("overlays"));
    Library::from_files(laws.map(|(n, t)| (n.as_str(), t.as_str())))
        .unwrap_or_else(|e| panic!("{}", e.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))
}

/// The demo's overlay.
pub fn illustrative() -> Overlay {
    let path = rulebooks().join("overlays/minh-hoa.toml");
    rulebook::parse::overlay("minh-hoa.toml", &fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_set_is_there_with_what_its_decision_counts() {
    let library = library();
    let sets: Vec<(String, usize, usize)> = library
        .sets()
        .map(|s| (s.set.clone(), s.criteria.len(), s.criteria.iter().map(|c| c.indicators.len()).sum()))
        .collect();
    let want = [
        ("commune-2021-2025", 19, 57),
        ("commune-2026-2030", 10, 3),
        ("commune-advanced-2021-2025", 19, 75),
        ("commune-model-2021-2025", 4, 4),
        ("commune-modern-2026-2030", 2, 2),
        ("district-2021-2025", 10, 40),
        ("district-advanced-2021-2025", 10, 40),
        ("province-2021-2025", 8, 8),
        ("smart-commune", 3, 0),
    ];
    for ((set, criteria, indicators), (name, c, i)) in sets.iter().zip(want) {
        assert_eq!((set.as_str(), *criteria), (name, c));
        assert!(i == 0 || *indicators == i, "{name}: {indicators} indicators");
    }
    assert_eq!(sets.len(), want.len());
}

#[test]
fn every_leaf_names_a_measure_and_every_weight_is_one() {
    let library = library();
    for measure in library.measures() {
        if let rulebook::Aggregate::Weighted(by) = &measure.aggregate {
            let weight = library.measure(by).unwrap_or_else(|| panic!("{}: no measure {by}", measure.id));
            assert!(weight.background, "{by} is a weight");
        }
    }
    // The same figure serves both sets where the law asks for the same thing.
    let measure = |set: &str, no: &str| {
        let book = library.in_force(set, "2025-12-31".parse().unwrap()).unwrap();
        book.nodes[book.node(no).unwrap()].indicator.measure.clone().unwrap()
    };
    assert_eq!(measure("commune-2021-2025", "17.1.b"), measure("commune-advanced-2021-2025", "18.1"));
    assert_ne!(measure("commune-2021-2025", "15.2"), measure("commune-advanced-2021-2025", "15.2"));
}

#[test]
fn the_illustrative_overlay_says_so_and_changes_no_shipped_text() {
    let library = library();
    let day = "2025-12-31".parse().unwrap();
    let plain = library.in_force("commune-2021-2025", day).unwrap();
    let laid = library.with_overlays([illustrative()]).unwrap().in_force("commune-2021-2025", day).unwrap();
    assert!(!plain.is_illustrative() && laid.is_illustrative());
    assert_ne!(plain.hash, laid.hash);
    assert!(plain.version.starts_with("2024-03-01+"), "{}", plain.version);
    let traits = rulebook::Traits { region: Some("TDMNPB".into()), ..Default::default() };
    let at = plain.node("2.1").unwrap();
    assert_eq!((plain.threshold(at, &traits, 2025), laid.threshold(at, &traits, 2025).is_some()), (None, true));
}

#[test]
fn the_examples_of_the_format_are_read_as_they_stand() {
    let text = fs::read_to_string(rulebooks().join("README.md")).unwrap();
    let examples: Vec<&str> = text.split("```toml\n").skip(1).map(|t| t.split("```").next().unwrap()).collect();
    let [indicator, overlay] = examples.as_slice() else { panic!("{} examples", examples.len()) };
    let head = "set = \"s\"\ntitle_vi = \"S\"\ntitle_en = \"S\"\n[decision]\ndate = \"2022-03\"\nissuer = \"I\"\n[applies]\n\
                level = \"commune\"\nfrom = \"2021-01-01\"\n[[criteria]]\nno = \"10\"\nname_vi = \"T\"\nname_en = \"T\"\n";
    let book = rulebook::parse::rulebook("README.md", &format!("{head}{indicator}")).unwrap();
    let measure = book.criteria[0].indicators[0].measure.clone().unwrap();
    assert!(library().measure(&measure).is_some(), "{measure}");
    let overlay = rulebook::parse::overlay("README.md", overlay).unwrap();
    let book = library().with_overlays([overlay]).unwrap();
    let book = book.in_force("commune-2021-2025", "2025-12-31".parse().unwrap()).unwrap();
    let confidence = |no: &str| book.nodes[book.node(no).unwrap()].indicator.confidence;
    assert_eq!([confidence("2.1"), confidence("10.1")], [rulebook::Confidence::Verified; 2]);
}
