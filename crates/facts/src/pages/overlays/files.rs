//! The document itself beside its citation: a decision that lays thresholds down or confirms numbers, as a file that
//! everybody can read.

use super::{Asked, Refused, base, list};
use crate::{overlays, pages::figure};
use axum::{
    body::Bytes,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use futures::stream;
use kernel::{Phrase, Problem};
use serde::Deserialize;
use serde_json::json;
use std::convert::Infallible;
use store::{
    StoreError,
    attachments::{Attachments, Blob},
};
use web::{Asking, Ctx, Failure, Multipart, Outcome, Path, Repeatable};

#[derive(utoipa::OpenApi)]
#[openapi(paths(api))]
pub struct Description;

/// A file that came: kept, with its name and what it is.
type Came = (Blob, String, &'static str);

fn wrong(phrase: Phrase) -> Problem {
    Problem::input(phrase).at_field("file")
}

/// What a file is by its name; a problem where it is none that everybody can open.
fn media_type(name: &str) -> Result<&'static str, Problem> {
    let kind = figure::media_type(name);
    kind.ok_or_else(|| wrong(Phrase::new("figure-file-kind").with("name", name)))
}

/// What stands against a file that was refused as too large; other errors are our own.
fn refused(error: StoreError) -> Result<Problem, Failure> {
    match error {
        StoreError::TooLarge { .. } => Ok(wrong(error.problem().phrase)),
        error => Err(error.into()),
    }
}

/// The file of a form, kept; its key beside it.
async fn sent(ctx: &Ctx, mut parts: Multipart) -> Result<(String, Result<Came, Problem>), Failure> {
    let broken = || Failure::from(Problem::input(Phrase::new("problem-broken-off")));
    let (mut key, mut came) = (String::new(), Err(wrong(Phrase::new("overlay-file-missing"))));
    while let Some(field) = parts.next_field().await.map_err(|_| broken())? {
        match field.name().unwrap_or("") {
            "key" => key = field.text().await.map_err(|_| broken())?,
            "file" => {
                let name = field.file_name().unwrap_or("").to_owned();
                if name.is_empty() {
                    continue;
                }
                came = match media_type(&name) {
                    Err(problem) => Err(problem),
                    Ok(kind) => match ctx.site.thing::<Attachments>().put(field, figure::MOST_BYTES).await {
                        Ok(blob) => Ok((blob, name, kind)),
                        Err(error) => Err(refused(error)?),
                    },
                };
            }
            _ => {}
        }
    }
    Ok((key, came))
}

/// `POST /quan-tri/nguong/{id}/tep`: attaches the document itself to its citation, of either kind. Cost: five rows, the file.
pub(super) async fn add(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>, parts: Multipart) -> Outcome {
    let (key, came) = sent(&ctx, parts).await?;
    let mut tx = ctx.write().await?;
    let Some(kept) = overlays::get(&mut tx, id).await? else { return Err(ctx.not_found()) };
    let kind = kept.what();
    let there = ctx.link(&format!("{}?da_luu=1", base(kind)));
    let (blob, name, media_type) = match came {
        Ok(came) => came,
        Err(problem) => {
            drop(tx);
            let refused = Refused::new(&ctx, id, &[problem]);
            return list(&ctx, kind, &asked, StatusCode::UNPROCESSABLE_ENTITY, Some(refused)).await;
        }
    };
    let repeatable = Repeatable::of_form(&ctx, &key, format!("{} {name}", blob.sha256).as_bytes());
    if repeatable.seen(&mut tx).await?.is_none() {
        let file = overlays::attach(&mut tx, id, &blob, &name, media_type).await?;
        repeatable.keep(tx, &json!({"file": file})).await?;
    }
    Ok(Redirect::to(&there).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Named {
    name: String,
}

/// `POST /api/v1/overlays/{id}/files?name=…`: the document itself, its bytes as the body.
#[utoipa::path(post, path = "/api/v1/overlays/{id}/files", request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, description = "file: its number and address; anybody reads it there"), (status = 404, description = "There is no such document"),
        (status = 413, description = "More than may be sent"), (status = 422, description = "No name, or of a kind that is not taken")),
    params(("id" = i64, Path), ("name" = String, Query, description = "With its ending: pdf, jpg, png, docx …"), ("Idempotency-Key" = Option<String>, Header)))]
pub(super) async fn api(ctx: Ctx, Path(id): Path<i64>, Asking(named): Asking<Named>, body: Bytes) -> Outcome {
    let media_type = media_type(&named.name).map_err(|problem| ctx.failure(problem))?;
    if body.is_empty() {
        return Err(ctx.failure(wrong(Phrase::new("overlay-file-missing"))));
    }
    let repeatable = Repeatable::new(&ctx, &body);
    let bytes = stream::iter([Ok::<_, Infallible>(body.clone())]);
    let blob = match ctx.site.thing::<Attachments>().put(bytes, figure::MOST_BYTES).await {
        Ok(blob) => blob,
        Err(error) => return Err(ctx.failure(refused(error)?)),
    };
    let mut tx = ctx.write().await?;
    if let Some(answer) = repeatable.seen(&mut tx).await? {
        return ctx.json_with(StatusCode::OK, &answer);
    }
    if overlays::get(&mut tx, id).await?.is_none() {
        return Err(ctx.not_found());
    }
    let file = overlays::attach(&mut tx, id, &blob, &named.name, media_type).await?;
    repeatable.done(tx, json!({"file": file, "address": format!("/tep/{file}")})).await
}
