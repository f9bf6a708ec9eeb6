//! Pieces sent by a plain form: the way that needs no script. The same form sent again makes nothing twice: a unit has a file
//! once.

use super::{
    Asked, Form,
    attach::{Taken, take},
    show, unit_of,
};
use crate::{
    evidence::{self, Given, Means, Said, incoming},
    pages::law,
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use kernel::{Phrase, Problem, UnitId};
use store::StoreError;
use web::{Ctx, Failure, Multipart, Outcome, Path};

/// What the form holds.
#[derive(Default)]
struct Sent {
    form: Form,
    taken: String,
    lat: String,
    lon: String,
    covered: String,
    files: Vec<Taken>,
}

/// `POST /xa/{id}/minh-chung/gui`: files that are taken are kept, each that is not is named with its reason. Cost: each file
/// twice, as [`evidence::keep`].
pub(super) async fn send(ctx: Ctx, Path(id): Path<i64>, parts: Multipart) -> Outcome {
    let id = UnitId(id);
    let mut sent = read(&ctx, parts).await?;
    let law = law(&ctx);
    let mut tx = ctx.read().await?;
    let unit = unit_of(&ctx, &mut tx, id).await?;
    let mut uses = Vec::new();
    if !sent.form.measure.is_empty() {
        match kernel::year(&sent.form.year) {
            None => sent.form.wrong.push(("year", Phrase::new("evidence-bad-year"))),
            Some(year) => match evidence::may_prove(&law, &unit, &sent.form.measure, year) {
                Ok(measure) => uses.push((measure, year)),
                Err(why) => sent.form.wrong.push(("measure", why)),
            },
        }
    }
    let means = ctx.site.thing::<Means>();
    if incoming::is_full(&mut tx, &means.bounds, id, ctx.site.clock.now()).await? {
        let phrase = Phrase::new("evidence-too-many-pieces").with("most", means.bounds.pieces);
        return Err(ctx.failure(Problem { phrase, place: None, status: 429 }));
    }
    drop(tx);
    if sent.files.is_empty() && sent.form.wrong.is_empty() {
        sent.form.wrong.push(("files", Phrase::new("evidence-no-file")));
    }
    // A wrong year or measure keeps nothing: the files would hang on no figure, and be sent again.
    let at_fields = sent.form.wrong.iter().any(|(field, _)| *field != "files");
    let mut kept = 0;
    if !at_fields && !sent.files.is_empty() {
        let mut tx = ctx.write().await?;
        // A figure that is reviewed or locked takes none: said at its field, with what was typed still there.
        match evidence::keep::open(&mut tx, &law, id, &uses).await {
            Err(StoreError::Refused(problem)) => sent.form.wrong.push(("measure", problem.phrase)),
            open => {
                open?;
                for Taken { blob, measured, name } in sent.files {
                    let said = Said::read(&sent.taken, &sent.lat, &sent.lon);
                    let note = sent.form.note.clone();
                    let covered = sent.covered.parse::<i64>().unwrap_or(0).clamp(0, 99);
                    let given = Given { unit: id, blob, measured, name, note, uses: uses.clone(), said, covered };
                    evidence::keep(&mut tx, &law, &given).await?;
                    kept += 1;
                }
                tx.commit().await?;
            }
        }
    }
    let asked = Asked { da_gui: kept.to_string(), ..Asked::default() };
    if sent.form.wrong.is_empty() {
        let there = ctx.link(&format!("/xa/{id}/minh-chung?da_gui={kept}"));
        return Ok(Redirect::to(&there).into_response());
    }
    let asked = if kept > 0 { asked } else { Asked::default() };
    show(&ctx, id, asked, StatusCode::UNPROCESSABLE_ENTITY, sent.form).await
}

/// Reads the form; files are kept as they come, before any transaction.
async fn read(ctx: &Ctx, mut parts: Multipart) -> Result<Sent, Failure> {
    let broken = || ctx.failure(Problem::input(Phrase::new("intake-upload-broken")));
    let mut sent = Sent::default();
    while let Some(field) = parts.next_field().await.map_err(|_| broken())? {
        let name = field.name().unwrap_or("").to_owned();
        if name == "files" {
            match take(ctx, field, sent.files.len()).await? {
                Some(Ok(file)) => sent.files.push(file),
                Some(Err(why)) => sent.form.wrong.push(("files", why)),
                None => {}
            }
            continue;
        }
        let text = field.text().await.map_err(|_| broken())?;
        match name.as_str() {
            "note" => sent.form.note = text,
            "measure" => sent.form.measure = text.trim().to_owned(),
            "year" => sent.form.year = text.trim().to_owned(),
            "taken" => sent.taken = text,
            "lat" => sent.lat = text,
            "lon" => sent.lon = text,
            "covered" => sent.covered = text,
            _ => {}
        }
    }
    Ok(sent)
}
