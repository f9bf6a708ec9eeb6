//! The open lists as a Data Package: each file with what its columns are, for programs.

use super::{dictionary, set};
use crate::pages::law;
use serde_json::{Value, json};
use web::{Ctx, Outcome};

/// Columns by the keys of their headings, as the files have them in this language. All are texts: numbers of the law are
/// sentences there.
fn fields(ctx: &Ctx, keys: &[&'static str]) -> Vec<Value> {
    keys.iter().map(|key| json!({"name": locale::word(ctx.lang, key), "type": "string"})).collect()
}

/// `GET /datapackage.json` (Frictionless Data Package, version 1). Paths are beside this address. Cost: no row.
pub async fn json(ctx: Ctx) -> Outcome {
    let file = |name: String, title: &str, path: String, keys: &[&'static str]| {
        json!({
            "name": name, "title": title, "path": path, "format": "csv", "mediatype": "text/csv", "encoding": "utf-8",
            "profile": "tabular-data-resource", "schema": {"fields": fields(&ctx, keys)},
        })
    };
    let law = law(&ctx);
    let title = locale::word(ctx.lang, "dictionary-title");
    let mut resources = vec![file("measures".into(), &title, "tu-dien-so-lieu.csv".into(), &dictionary::HEADINGS)];
    resources.extend(law.library().sets().map(|s| {
        let title = ctx.lang.pick(&s.title_vi, &s.title_en);
        file(s.set.clone(), title, format!("bo-tieu-chi/{}/chi-tieu.csv", s.set), &set::HEADINGS)
    }));
    ctx.json(&json!({
        "profile": "tabular-data-package", "name": "lang-so-law", "title": locale::word(ctx.lang, "package-title"),
        "description": locale::word(ctx.lang, "package-description"), "resources": resources,
    }))
}
