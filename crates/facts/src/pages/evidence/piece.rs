//! One piece: what it is, when and where taken, what it proves, what looks the same; its bytes; what is done with it.

use super::{measures, told, unit_href, unit_of, usual_year};
use crate::{
    evidence::{self, Means, Piece, Unlinked},
    pages::law,
};
use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use kernel::{EvidenceId, Phrase};
use minijinja::context;
use serde::Deserialize;
use store::{
    Query,
    attachments::{self, Attachment},
};
use web::{Asking, Ctx, Failure, Form, Outcome, Path, Routes};

pub(super) fn routes() -> Routes {
    Routes::new()
        .read("/tep-minh-chung/{evidence}", "evidence", get(page))
        .read("/tep-minh-chung/{evidence}/tep", "evidence", get(file))
        .read("/tep-minh-chung/{evidence}/anh", "evidence", get(preview))
        .write("/tep-minh-chung/{evidence}/dung", "attach", "evidence", post(link))
        .write("/tep-minh-chung/{evidence}/thoi-dung", "attach", "evidence", post(unlink))
        .write("/tep-minh-chung/{evidence}/cong-khai", "publish", "evidence", post(publish))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// Said after something was done.
    da_luu: String,
}

/// What was sent with a form that was refused.
#[derive(Default)]
struct Sent {
    measure: String,
    year: String,
    why: String,
    /// Said at its field: `measure`, `year`, `why`.
    wrong: Option<(&'static str, Phrase)>,
}

pub(super) async fn found(ctx: &Ctx, tx: &mut impl Query, id: i64) -> Result<Piece, Failure> {
    evidence::find(tx, EvidenceId(id)).await?.ok_or_else(|| ctx.not_found())
}

/// `GET /tep-minh-chung/{evidence}`. Cost: one row, its uses, what looks the same.
async fn page(ctx: Ctx, Path(id): Path<i64>, Asking(asked): Asking<Asked>) -> Outcome {
    show(&ctx, id, StatusCode::OK, Sent::default(), !asked.da_luu.is_empty()).await
}

async fn show(ctx: &Ctx, id: i64, status: StatusCode, sent: Sent, saved: bool) -> Outcome {
    let mut tx = ctx.read().await?;
    let piece = found(ctx, &mut tx, id).await?;
    let unit = unit_of(ctx, &mut tx, piece.unit).await?;
    let told = told::several(ctx, &mut tx, &unit, std::slice::from_ref(&piece)).await?.pop();
    let name = match piece.person {
        Some(person) => ctx.site.people.contacts(&mut tx, &[person]).await?.remove(&person).map(|contact| contact.name),
        None => None,
    };
    let role = locale::say_key(ctx.lang, &format!("role-{}", piece.actor.replace('_', "-")), &[]);
    let by = [name, Some(role)].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let year = if sent.year.is_empty() { usual_year(ctx, &unit).to_string() } else { sent.year.clone() };
    let wrong = |field: &str| sent.wrong.iter().find(|(f, _)| *f == field).map(|(_, p)| locale::say(ctx.lang, p));
    let asked_year = kernel::year(&year).unwrap_or_else(|| usual_year(ctx, &unit));
    let may = ctx.may("attach", "evidence");
    let here = format!("/tep-minh-chung/{id}");
    let ends = sent.wrong.iter().any(|(field, _)| *field == "why");
    let body = context! {
        title => piece.name, piece => told, unit => unit.name, unit_href => unit_href(ctx, &unit), saved => saved, by => by,
        list_href => ctx.link(&format!("/xa/{}/minh-chung", piece.unit)), sha256 => piece.sha256,
        pixels => piece.pixels.map(|(w, h)| format!("{w} × {h}")), pages => piece.pages,
        coordinates => piece.place.map(|(lat, lon)| format!("{lat:.5}, {lon:.5}")),
        choices => may.then(|| measures(ctx, &unit, asked_year, &sent.measure)), year => year,
        link_action => ctx.link(&format!("{here}/dung")), unlink_action => ctx.link(&format!("{here}/thoi-dung")),
        publish_action => ctx.may("publish", "evidence").then(|| ctx.link(&format!("{here}/cong-khai"))),
        wrong => context! { measure => wrong("measure"), year => wrong("year"), why => wrong("why") },
        ends => ends.then(|| context! { measure => sent.measure, year => sent.year, why => sent.why }),
    };
    ctx.page_with(status, "piece.html", body)
}

/// RFC 6266 with RFC 8187: a name as it was sent, every byte that could mean something escaped.
fn named(how: &str, name: &str) -> HeaderValue {
    let escape = |b: u8| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") };
    let escaped: String = name.bytes().map(escape).collect();
    HeaderValue::from_str(&format!("{how}; filename*=UTF-8''{escaped}"))
        .unwrap_or(HeaderValue::from_static("attachment"))
}

/// The bytes of an attachment as nothing but what they are: a browser neither guesses nor runs them, whatever hides in them.
pub(in super::super) async fn bytes_of(ctx: &Ctx, attachment: &Attachment, inline: bool) -> Result<Response, Failure> {
    let content = ctx.site.thing::<Means>().files.get(&attachment.blob).await?;
    let mut answer: Response = Body::from_stream(content).into_response();
    let kind = HeaderValue::from_str(&attachment.media_type);
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind.unwrap_or(HeaderValue::from_static("application/octet-stream")));
    headers.insert(header::CONTENT_DISPOSITION, named(if inline { "inline" } else { "attachment" }, &attachment.name));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let own = HeaderName::from_static("cross-origin-resource-policy");
    headers.insert(own, HeaderValue::from_static("same-origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(header::CONTENT_LENGTH, attachment.blob.size.into());
    Ok(answer)
}

/// `GET /tep-minh-chung/{evidence}/tep`: the bytes as they came. Cost: two rows, and the file.
async fn file(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    give(&ctx, id, false).await
}

/// `GET /tep-minh-chung/{evidence}/anh`: the small picture. Cost: two rows, and the file.
async fn preview(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    give(&ctx, id, true).await
}

async fn give(ctx: &Ctx, id: i64, small: bool) -> Outcome {
    let mut tx = ctx.read().await?;
    let piece = found(ctx, &mut tx, id).await?;
    if !told::is_given(&piece) {
        return Err(ctx.failure(kernel::Problem::forbidden(Phrase::new("evidence-infected"))));
    }
    let wanted = if small { piece.preview } else { Some(piece.attachment) };
    let Some(attachment) = wanted else { return Err(ctx.not_found()) };
    let Some(attachment) = attachments::find(&mut tx, attachment).await? else { return Err(ctx.not_found()) };
    drop(tx);
    bytes_of(ctx, &attachment, small).await
}

/// What the forms send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wish {
    measure: String,
    year: String,
    why: String,
    public: String,
}

impl Wish {
    fn sent(self, wrong: (&'static str, Phrase)) -> Sent {
        Sent { measure: self.measure, year: self.year, why: self.why, wrong: Some(wrong) }
    }
}

fn done(ctx: &Ctx, id: i64) -> Outcome {
    Ok(Redirect::to(&ctx.link(&format!("/tep-minh-chung/{id}?da_luu=1"))).into_response())
}

/// `POST /tep-minh-chung/{evidence}/dung`: the piece proves this figure, too. Cost: as [`evidence::link`].
async fn link(ctx: Ctx, Path(id): Path<i64>, Form(wish): Form<Wish>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.write().await?;
    let piece = found(&ctx, &mut tx, id).await?;
    let unit = unit_of(&ctx, &mut tx, piece.unit).await?;
    let wrong = match kernel::year(wish.year.trim()) {
        None => ("year", Phrase::new("evidence-bad-year")),
        Some(year) => match evidence::may_prove(&law, &unit, &wish.measure, year) {
            Ok(measure) => match evidence::link(&mut tx, &law, &piece, measure, year).await {
                Ok(_) => {
                    tx.commit().await?;
                    return done(&ctx, id);
                }
                Err(store::StoreError::Refused(problem)) if problem.status == 409 => ("measure", problem.phrase),
                Err(error) => return Err(error.into()),
            },
            Err(why) => ("measure", why),
        },
    };
    drop(tx);
    show(&ctx, id, StatusCode::UNPROCESSABLE_ENTITY, wish.sent(wrong), false).await
}

/// `POST /tep-minh-chung/{evidence}/thoi-dung`: the piece no longer proves this figure. Cost: as [`evidence::unlink`].
async fn unlink(ctx: Ctx, Path(id): Path<i64>, Form(wish): Form<Wish>) -> Outcome {
    let law = law(&ctx);
    let mut tx = ctx.write().await?;
    let piece = found(&ctx, &mut tx, id).await?;
    let named = law.measure_id(&wish.measure).zip(kernel::year(wish.year.trim()));
    let Some(figure) = named else { return Err(ctx.not_found()) };
    let (key, status) = match evidence::unlink(&mut tx, &law, &piece, figure, &wish.why).await? {
        Unlinked::Done => {
            tx.commit().await?;
            return done(&ctx, id);
        }
        // Asked for twice: it is as wished.
        Unlinked::Unused => return done(&ctx, id),
        Unlinked::NeedsReason => ("evidence-needs-reason", StatusCode::UNPROCESSABLE_ENTITY),
        Unlinked::Locked => ("evidence-locked", StatusCode::CONFLICT),
    };
    drop(tx);
    show(&ctx, id, status, wish.sent(("why", Phrase::new(key))), false).await
}

/// `POST /tep-minh-chung/{evidence}/cong-khai`: everybody may see it once a published figure uses it, or no longer. Cost: three rows.
async fn publish(ctx: Ctx, Path(id): Path<i64>, Form(wish): Form<Wish>) -> Outcome {
    let mut tx = ctx.write().await?;
    let piece = found(&ctx, &mut tx, id).await?;
    evidence::show_to_all(&mut tx, piece.id, wish.public == "1").await?;
    tx.commit().await?;
    done(&ctx, id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_of_a_file_says_anything_but_a_name() {
        for (name, wanted) in [
            ("biên bản.pdf", "bi%C3%AAn%20b%E1%BA%A3n%2Epdf"),
            ("a\"; filename=b.html", "a%22%3B%20filename%3Db%2Ehtml"),
            ("a\r\nSet-Cookie: x=y", "a%0D%0ASet%2DCookie%3A%20x%3Dy"),
            ("..\\..\\/etc/passwd", "%2E%2E%5C%2E%2E%5C%2Fetc%2Fpasswd"),
            ("100%\0\u{202e}fdp.exe", "100%25%00%E2%80%AEfdp%2Eexe"),
        ] {
            let header = named("attachment", name);
            assert_eq!(header.to_str().ok(), Some(&*format!("attachment; filename*=UTF-8''{wanted}")), "{name:?}");
        }
    }
}
