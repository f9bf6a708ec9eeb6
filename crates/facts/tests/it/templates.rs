//! Every template of every room, rendered from samples in both languages. `cargo xtask bless samples` makes the samples from
//! a walk through the demo: one file a template and shape of what it shows.

use locale::Lang;
use minijinja::Value;
use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
    sync::Arc,
};
use store::{Store, StoreOptions};
use web::{Site, SiteParts, Templates};

/// Templates that others extend or include.
const PARTS: [&str; 8] = [
    "carry.html",
    "choice.html",
    "choice_fields.html",
    "choropleth.html",
    "components.html",
    "hits.html",
    "layout.html",
    "leave.html",
];

async fn site(local_admin: bool) -> Site {
    let rooms = [web::room(), units::room(), ledger::room(), facts::pages::room()];
    let texts = rooms.iter().flat_map(|r| (r.templates)()).chain(above());
    Site(Arc::new(SiteParts {
        store: Store::open("sqlite::memory:", StoreOptions::default()).await.expect("a database"),
        clock: Arc::new(testkit::CLOCK),
        templates: Templates::new(texts).expect("every template is well formed"),
        people: Arc::new(web::Everybody(if local_admin { kernel::Actor::LOCAL_ADMIN } else { kernel::Actor::READER })),
        place: "Tỉnh Tuyên Quang".into(),
        illustrative: local_admin,
        permissions: Vec::new(),
        things: HashMap::new(),
        openapi: "{}".into(),
        origin: "https://lang.example".into(),
        limit: None,
        search: web::search::Search::default(),
    }))
}

/// The templates of the rooms above, which this crate does not know, as they lie in their folders.
fn above() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../reporting/templates");
    let files = fs::read_dir(folder).expect("templates of reporting").flatten();
    files
        .map(|file| {
            let name = file.file_name().to_string_lossy().into_owned();
            (name, fs::read_to_string(file.path()).expect("a template"))
        })
        .collect()
}

fn samples() -> BTreeMap<String, Vec<(String, Value)>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/samples");
    let mut samples: BTreeMap<String, Vec<(String, Value)>> = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("tests/samples").flatten() {
        let file = entry.file_name().to_string_lossy().into_owned();
        let name = file.rsplit_once('-').map_or("", |(name, _)| name);
        let sample: serde_json::Value =
            serde_json::from_slice(&fs::read(entry.path()).expect("a sample")).expect("a sample is JSON");
        samples.entry(format!("{name}.html")).or_default().push((file, Value::from_serialize(sample)));
    }
    samples
}

fn is_key(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

/// What must not be seen on a page: a phrase without words, a value that is not there.
fn leak(html: &str) -> Option<&'static str> {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }
    // A phrase that no language has is said as its key in brackets.
    let key = |part: &str| part.split_once(']').is_some_and(|(k, _)| k.contains('-') && k.bytes().all(is_key));
    let is_wordless = text.split('[').skip(1).any(key);
    let words = ["undefined", "NaN", "None"].into_iter().find(|word| text.contains(word));
    words.or(is_wordless.then_some("a phrase without words"))
}

#[test]
fn every_template_is_rendered_from_samples_in_both_languages() {
    testkit::block_on(async {
        let samples = samples();
        for local_admin in [false, true] {
            let site = site(local_admin).await;
            for name in site.templates.names().iter().filter(|n| !PARTS.contains(&n.as_str())) {
                let of = samples.get(name).unwrap_or_else(|| panic!("{name} has no sample: cargo xtask bless samples"));
                for (file, sample) in of {
                    for (lang, tag) in [(Lang::Vi, "lang=\"vi\""), (Lang::En, "lang=\"en\"")] {
                        let html = site
                            .templates
                            .render(
                                &site,
                                &web::people::Reader::stranger(&site),
                                lang,
                                "/x",
                                name,
                                sample.clone(),
                                None,
                            )
                            .unwrap_or_else(|e| panic!("{file} in {tag}: {e:#}"));
                        assert!(html.contains(tag) && html.trim_end().ends_with("</html>"), "{file} in {tag}");
                        assert_eq!(leak(&html), None, "{file} in {tag}");
                        assert_eq!(html.matches("<h1").count(), 1, "{file}: one heading a page");
                    }
                }
            }
            for name in samples.keys() {
                assert!(site.templates.names().contains(name), "a sample of {name}, which is no template any more");
            }
        }
    });
}
