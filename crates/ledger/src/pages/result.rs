//! The proof of one result: the page that explains it, and the file that is checked without us.

use super::failed;
use crate::{leaf, proof};
use axum::http::StatusCode;
use kernel::{Phrase, Problem};
use minijinja::{Value, context};
use serde_json::Value as Json;
use web::{Ctx, Outcome, Path};

#[derive(utoipa::OpenApi)]
#[openapi(paths(api))]
pub struct Description;

fn subject(unit: i64, set: &str, year: i16) -> String {
    format!("{unit}/{set}/{year:04}")
}

/// The fields of a verdict, as a reader meets them; what else a leaf has comes after.
const FIELDS: [(&str, &str); 16] = [
    ("unit_name", "ledger-field-unit-name"),
    ("period", "ledger-field-period"),
    ("set", "ledger-field-set"),
    ("status", "ledger-field-status"),
    ("passed", "ledger-field-passed"),
    ("total", "ledger-field-total"),
    ("criteria", "ledger-field-criteria"),
    ("judged_at", "ledger-field-judged-at"),
    ("confidence", "ledger-field-confidence"),
    ("version", "ledger-field-version"),
    ("ruletext", "ledger-field-ruletext"),
    ("revision", "ledger-field-revision"),
    ("unit", "ledger-field-unit"),
    ("kind", "ledger-field-kind"),
    ("salt", "ledger-field-salt"),
    ("v", "ledger-field-v"),
];

/// A status by its first letter, in words.
fn status(ctx: &Ctx, letter: &str) -> String {
    let key = match letter {
        "p" => "status-passed",
        "f" => "status-failed",
        "i" => "status-incomplete",
        "n" => "status-not-applicable",
        "t" => "status-to-be-confirmed",
        other => return other.to_owned(),
    };
    locale::word(ctx.lang, key)
}

/// What a field says, in words where it has some.
fn text(ctx: &Ctx, name: &str, value: &Json) -> String {
    match (name, value) {
        ("status", Json::String(name)) => status(ctx, name.get(..1).unwrap_or("")),
        ("confidence", Json::String(name)) => {
            let key = format!("ledger-confidence-{name}");
            if locale::has(ctx.lang, &key) { locale::say_key(ctx.lang, &key, &[]) } else { name.clone() }
        }
        ("criteria", Json::Object(all)) => {
            let number = |no: &str| no.parse::<u32>().unwrap_or(u32::MAX);
            let mut all: Vec<_> = all.iter().collect();
            all.sort_by_key(|(no, _)| (number(no), (*no).clone()));
            let one = |(no, letters): (&String, &Json)| {
                format!("{no}: {}", status(ctx, letters.as_str().and_then(|l| l.get(..1)).unwrap_or("")))
            };
            all.into_iter().map(one).collect::<Vec<_>>().join("; ")
        }
        (_, Json::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    }
}

/// Every field of a leaf with its label.
fn fields(ctx: &Ctx, body: &Json) -> Vec<Value> {
    let Some(all) = body.as_object() else { return Vec::new() };
    let known = FIELDS.iter().filter_map(|(name, key)| Some((*name, locale::word(ctx.lang, key), all.get(*name)?)));
    let rest = all.iter().filter(|(name, _)| FIELDS.iter().all(|(known, _)| known != name));
    let rest = rest.map(|(name, value)| (name.as_str(), name.clone(), value));
    known
        .chain(rest)
        .map(|(name, label, value)| context! { name => name, label => label, text => text(ctx, name, value) })
        .collect()
}

/// `GET /minh-chung/ket-qua/{unit}/{set}/{year}`. Cost: the leaf, the checkpoint, the keys, and a path of the tree.
pub async fn page(ctx: Ctx, Path((unit, set, year)): Path<(i64, String, i16)>) -> Outcome {
    let mut tx = ctx.read().await?;
    let subject = subject(unit, &set, year);
    let Some(found) = leaf::newest(&mut tx, "verdict", &subject).await? else { return Err(ctx.not_found()) };
    let body: Json = serde_json::from_str(&found.body)?;
    let fields = fields(&ctx, &body);
    let proof = proof::with_checkpoint(&mut tx, &found).await.map_err(|e| failed(&ctx, e))?;
    // Size, time and key are those of the checkpoint in the proof: a newer one may be signed by another key.
    let shown = proof.map(|(proof, signed)| {
        context! {
            leaf => proof.leaf, text => proof.proof, size => signed.size, at => locale::moment(signed.at), id => signed.id,
            key => signed.key, json => serde_json::to_string(&proof).unwrap_or_default(),
        }
    });
    let name = body["unit_name"].as_str().unwrap_or("").to_owned();
    ctx.page(
        "ledger-result.html",
        context! {
            title => locale::say(ctx.lang, &Phrase::new("ledger-result-title").with("unit", name.as_str()).with("year", format!("{year}"))),
            unit => unit, set => set, year => year, fields => fields, at => locale::moment(found.at), position => found.position,
            proof => shown, file => format!("/api/v1/proofs/{subject}"),
        },
    )
}

/// `GET /api/v1/proofs/{unit}/{set}/{year}`: the proof of a published verdict. Cost: as the page.
#[utoipa::path(get, path = "/api/v1/proofs/{unit}/{set}/{year}",
    params(("unit" = i64, Path, description = "A commune's or district's number"), ("set" = String, Path, description = "A criteria set"), ("year" = i16, Path)),
    responses((status = 200, description = "The leaf, a C2SP tlog-proof and the verifier keys; docs/proof.md describes them"),
        (status = 404, description = "Nothing was published"), (status = 409, description = "The result waits for its place; a moment later it has one")))]
pub async fn api(ctx: Ctx, Path((unit, set, year)): Path<(i64, String, i16)>) -> Outcome {
    let mut tx = ctx.read().await?;
    let found = leaf::newest(&mut tx, "verdict", &subject(unit, &set, year)).await?.ok_or_else(|| ctx.not_found())?;
    match proof::of(&mut tx, &found).await.map_err(|e| failed(&ctx, e))? {
        Some(proof) => ctx.json_with(StatusCode::OK, &proof),
        None => Err(ctx.failure(Problem { phrase: Phrase::new("ledger-waits"), place: None, status: 409 })),
    }
}
