//! Evidence for programs.

use super::{PER, piece::found, unit_of};
use crate::{
    evidence::{self, Alike, Piece, Unlinked, Use, Wanted},
    pages::law,
};
use axum::{
    body::Bytes,
    http::StatusCode,
    routing::{get, post},
};
use kernel::{Phrase, Problem, UnitId};
use serde::Deserialize;
use serde_json::{Value, json};
use store::Listing;
use web::{Asking, Ctx, Failure, Outcome, Path, Routes};

pub(super) fn routes() -> Routes {
    Routes::new()
        .read("/api/v1/units/{id}/evidence", "evidence", get(list))
        .read("/api/v1/evidence/{evidence}", "evidence", get(one))
        .write("/api/v1/evidence/{evidence}/uses", "attach", "evidence", post(link))
        .write("/api/v1/evidence/{evidence}/uses/end", "attach", "evidence", post(unlink))
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(
    list,
    one,
    link,
    unlink,
    super::tus::create,
    super::tus::stand,
    super::tus::append,
    super::tus::drop_it
))]
pub struct Description;

fn told(ctx: &Ctx, piece: &Piece, uses: &[Use], alike: &[Alike]) -> Value {
    let law = law(ctx);
    let uses: Vec<Value> = uses
        .iter()
        .map(|used| {
            json!({
                "measure": law.measure_code(used.measure), "year": used.year, "at": used.at.rfc3339(), "by": used.actor,
                "ended_at": used.ended.as_ref().map(|(at, _)| at.rfc3339()), "ended_why": used.ended.as_ref().map(|(_, why)| why),
            })
        })
        .collect();
    let alike: Vec<Value> = alike
        .iter()
        .map(|other| {
            json!({"id": other.other, "unit": other.unit, "unit_name": other.unit_name, "bits": other.distance, "years": other.years,
                   "at": other.at.rfc3339(), "same_file": other.distance.is_none()})
        })
        .collect();
    json!({
        "id": piece.id, "unit": piece.unit, "name": piece.name, "media_type": piece.media_type, "bytes": piece.size,
        "sha256": piece.sha256, "at": piece.at.rfc3339(), "by": piece.actor, "note": piece.note, "public": piece.public,
        "width": piece.pixels.map(|(width, _)| width), "height": piece.pixels.map(|(_, height)| height), "pages": piece.pages,
        "taken": piece.taken, "latitude": piece.place.map(|(lat, _)| lat), "longitude": piece.place.map(|(_, lon)| lon),
        "told_by_sender": piece.teller == Some(evidence::Teller::Sender), "metres_outside": piece.ground.map(|g| g.away),
        "boundary_approximate": piece.ground.map(|g| g.approximate), "scan": piece.scan.name(), "covered": piece.covered,
        "file": format!("/tep-minh-chung/{}/tep", piece.id), "preview": piece.preview.map(|_| format!("/tep-minh-chung/{}/anh", piece.id)),
        "uses": uses, "alike": alike,
    })
}

/// What a list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    year: Option<i16>,
    measure: String,
    sort: String,
    page: i64,
    per: Option<i64>,
}

/// `GET /api/v1/units/{id}/evidence`. Cost: as [`evidence::list`], its uses.
#[utoipa::path(get, path = "/api/v1/units/{id}/evidence", responses((status = 200, description = "Pieces of evidence of a unit, as far as whoever asks sees them")),
    params(("id" = i64, Path, description = "Permanent id of the unit"), ("q" = Option<String>, Query), ("year" = Option<i16>, Query),
        ("measure" = Option<String>, Query), ("sort" = Option<String>, Query, description = "name, taken, size or oldest"),
        ("page" = Option<i64>, Query, description = "From 0"), ("per" = Option<i64>, Query)))]
async fn list(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    let mut tx = ctx.read().await?;
    let unit = unit_of(&ctx, &mut tx, UnitId(id)).await?;
    let measure = law(&ctx).measure_id(&asked.measure);
    if measure.is_none() && !asked.measure.is_empty() {
        let phrase = Phrase::new("evidence-no-measure").with("measure", asked.measure.as_str());
        return Err(ctx.failure(Problem::input(phrase).at_field("measure")));
    }
    let per = asked.per.unwrap_or(PER).clamp(1, 500);
    let listing = Listing { search: asked.q, sort: asked.sort, page: web::page(asked.page), per, ..Listing::default() };
    let wanted = Wanted { year: asked.year, measure, unused: false };
    let (pieces, count) = evidence::list(&mut tx, unit.id, wanted, &listing).await?;
    let ids: Vec<_> = pieces.iter().map(|piece| piece.id).collect();
    let uses = evidence::uses(&mut tx, &ids).await?;
    let rows: Vec<Value> =
        pieces.iter().map(|p| told(&ctx, p, uses.get(&p.id).map_or(&[][..], Vec::as_slice), &[])).collect();
    ctx.json_with(StatusCode::OK, &json!({"unit": unit.id, "count": count, "evidence": rows}))
}

/// `GET /api/v1/evidence/{evidence}`. Cost: one row, its uses, what looks the same.
#[utoipa::path(get, path = "/api/v1/evidence/{evidence}", responses((status = 200, description = "A piece of evidence, what it proves, what looks the same"),
        (status = 404, description = "There is none, or whoever asks does not see it")),
    params(("evidence" = i64, Path, description = "Permanent id")))]
async fn one(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    whole(&ctx, id).await
}

async fn whole(ctx: &Ctx, id: i64) -> Outcome {
    let mut tx = ctx.read().await?;
    let piece = found(ctx, &mut tx, id).await?;
    let uses = evidence::uses(&mut tx, &[piece.id]).await?.remove(&piece.id).unwrap_or_default();
    let alike = match ctx.actor.scope.working.is_none() {
        true => Vec::new(),
        false => evidence::alike(&mut tx, &[piece.id]).await?.remove(&piece.id).unwrap_or_default(),
    };
    ctx.json_with(StatusCode::OK, &told(ctx, &piece, &uses, &alike))
}

/// A use, as a program names it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    measure: String,
    year: i16,
    #[serde(default)]
    why: String,
}

fn read(ctx: &Ctx, bytes: &[u8]) -> Result<Named, Failure> {
    serde_json::from_slice(bytes)
        .map_err(|e| ctx.failure(Problem::input(Phrase::new("units-bad-json").with("error", e.to_string()))))
}

/// `POST /api/v1/evidence/{evidence}/uses`: the piece proves this figure, too; the same again changes nothing. Cost: as
/// [`evidence::link`].
#[utoipa::path(post, path = "/api/v1/evidence/{evidence}/uses", request_body(content = Object, content_type = "application/json", description = "measure, year"),
    responses((status = 200, description = "The piece as it is now"), (status = 422, description = "The unit has no such figure")),
    params(("evidence" = i64, Path, description = "Permanent id")))]
async fn link(ctx: Ctx, Path(id): Path<i64>, bytes: Bytes) -> Outcome {
    let named = read(&ctx, &bytes)?;
    let law = law(&ctx);
    let mut tx = ctx.write().await?;
    let piece = found(&ctx, &mut tx, id).await?;
    let unit = unit_of(&ctx, &mut tx, piece.unit).await?;
    let measure = evidence::may_prove(&law, &unit, &named.measure, named.year)
        .map_err(|why| ctx.failure(Problem::input(why).at_field("measure")))?;
    evidence::link(&mut tx, &law, &piece, measure, named.year).await?;
    tx.commit().await?;
    whole(&ctx, id).await
}

/// `POST /api/v1/evidence/{evidence}/uses/end`: the piece no longer proves this figure; the use stays in its history. Cost: as
/// [`evidence::unlink`].
#[utoipa::path(post, path = "/api/v1/evidence/{evidence}/uses/end", request_body(content = Object, content_type = "application/json",
        description = "measure, year, why (where the figure was sent in, accepted or published)"),
    responses((status = 200, description = "The piece as it is now"), (status = 409, description = "The figure is locked"),
        (status = 422, description = "A reason is asked for")),
    params(("evidence" = i64, Path, description = "Permanent id")))]
async fn unlink(ctx: Ctx, Path(id): Path<i64>, bytes: Bytes) -> Outcome {
    let named = read(&ctx, &bytes)?;
    let law = law(&ctx);
    let mut tx = ctx.write().await?;
    let piece = found(&ctx, &mut tx, id).await?;
    let Some(measure) = law.measure_id(&named.measure) else { return Err(ctx.not_found()) };
    match evidence::unlink(&mut tx, &law, &piece, (measure, named.year), &named.why).await? {
        Unlinked::Done => tx.commit().await?,
        Unlinked::Unused => drop(tx),
        Unlinked::NeedsReason => {
            let phrase = Phrase::new("evidence-needs-reason");
            return Err(ctx.failure(Problem::input(phrase).at_field("why")));
        }
        Unlinked::Locked => return Err(ctx.failure(Problem::conflict(Phrase::new("evidence-locked"), 409))),
    }
    whole(&ctx, id).await
}
