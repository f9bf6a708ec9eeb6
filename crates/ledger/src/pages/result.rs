//! The proof of one result: the page that explains it, and the file that is checked without us.

use super::{failed, said};
use crate::{checkpoint, leaf, proof};
use axum::http::StatusCode;
use kernel::{Phrase, Problem};
use minijinja::{Value, context};
use web::{Ctx, Outcome, Path};

#[derive(utoipa::OpenApi)]
#[openapi(paths(api))]
pub struct Description;

fn subject(unit: i64, set: &str, year: i16) -> String {
    format!("{unit}/{set}/{year:04}")
}

/// A field of a leaf in words, where we have some.
fn label(ctx: &Ctx, name: &str) -> String {
    let key = match name {
        "unit" => "ledger-field-unit",
        "unit_name" => "ledger-field-unit-name",
        "set" => "ledger-field-set",
        "period" => "ledger-field-period",
        "status" => "ledger-field-status",
        "confidence" => "ledger-field-confidence",
        "criteria" => "ledger-field-criteria",
        "ruletext" => "ledger-field-ruletext",
        "version" => "ledger-field-version",
        "revision" => "ledger-field-revision",
        "passed" => "ledger-field-passed",
        "total" => "ledger-field-total",
        "judged_at" => "ledger-field-judged-at",
        "salt" => "ledger-field-salt",
        "v" => "ledger-field-v",
        "kind" => "ledger-field-kind",
        other => return other.to_owned(),
    };
    locale::word(ctx.lang, key)
}

/// `GET /minh-chung/ket-qua/{unit}/{set}/{year}`. Cost: the leaf, the checkpoint, the keys, and a path of the tree.
pub async fn page(ctx: Ctx, Path((unit, set, year)): Path<(i64, String, i16)>) -> Outcome {
    let mut tx = ctx.read().await?;
    let subject = subject(unit, &set, year);
    let Some(found) = leaf::newest(&mut tx, "verdict", &subject).await? else { return Err(ctx.not_found()) };
    let body: serde_json::Value = serde_json::from_str(&found.body)?;
    let fields: Vec<Value> = body
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            context! { name => name, label => label(&ctx, name), text => text }
        })
        .collect();
    let proof = proof::of(&mut tx, &found).await.map_err(|e| failed(&ctx, e))?;
    let newest = checkpoint::newest(&mut tx).await?;
    let shown = proof.as_ref().zip(newest).map(|(proof, newest)| {
        context! {
            leaf => proof.leaf, text => proof.proof, size => newest.size, at => said(newest.at), id => newest.id,
            key => proof.keys.first(), json => serde_json::to_string(proof).unwrap_or_default(),
        }
    });
    let name = body["unit_name"].as_str().unwrap_or("").to_owned();
    ctx.page(
        "ledger-result.html",
        context! {
            title => locale::say(ctx.lang, &Phrase::new("ledger-result-title").with("unit", name.as_str()).with("year", format!("{year}"))),
            unit => unit, set => set, year => year, fields => fields, at => said(found.at), position => found.position,
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
