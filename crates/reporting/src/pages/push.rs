//! Returns sent on: the installations that take them, and the press that sends one.

use super::{MOST, PER, returns::home};
use crate::returns::{
    self, State,
    push::{self, Course, Kind, Push, Receiver},
};
use ::store::{Listing, Query, secrets::SecretKey};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect},
    routing::{get, post},
};
use caller::{Caller, Wrong};
use documents::{list_out, sheet_out::Content};
use kernel::{Moment, Phrase, Problem};
use minijinja::{Value, context};
use serde::Deserialize;
use serde_json::json;
use units::listed::take_away;
use web::{Asked, Asking, Ctx, Failure, Form, Meta, Outcome, Path, Repeatable, Routes};

pub(super) fn routes() -> Routes {
    let may = ("read", "receivers");
    Routes::new()
        .by("GET", "/tong-hop/noi-nhan", may, false, get(page))
        .by("GET", "/tong-hop/noi-nhan.csv", may, false, get(csv))
        .by("GET", "/tong-hop/noi-nhan.xlsx", may, false, get(xlsx))
        .write("/tong-hop/noi-nhan", "close", "years", post(add))
        .write("/tong-hop/noi-nhan/{id}/bo", "close", "years", post(remove))
        .write("/tong-hop/{id}/gui", "close", "years", post(send))
}

const MOST_NAME: usize = 100;
const MOST_URL: usize = 500;
const MOST_TOKEN: usize = 2_000;

/// What the form of a new receiver sends. Its token is in no answer.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Sent {
    name: String,
    kind: String,
    url: String,
    token: String,
    publish: String,
    key: String,
}

impl Sent {
    /// The receiver that is meant, or what is wrong, at its field.
    fn read(&self, ctx: &Ctx) -> Result<Receiver, (&'static str, &'static str)> {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > MOST_NAME || name.contains(char::is_control) {
            return Err(("name", "push-name-bad"));
        }
        let kind = Kind::from_name(&self.kind).ok_or(("kind", "push-kind-bad"))?;
        let url = self.url.trim().trim_end_matches('/');
        let bare = url.len() <= MOST_URL && !url.contains(['?', '#']);
        match caller::address(url, ctx.site.thing::<Caller>().reach()) {
            Err(Wrong::Private) => return Err(("url", "push-url-private")),
            Err(Wrong::Login) => return Err(("url", "push-url-login")),
            Ok(_) if bare => {}
            _ => return Err(("url", "push-url-bad")),
        }
        let token = self.token.trim();
        if token.is_empty() || token.len() > MOST_TOKEN || !token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(("token", "push-token-bad"));
        }
        let publish = !self.publish.is_empty() && kind == Kind::Langso;
        Ok(Receiver { id: 0, name: name.to_owned(), kind, url: url.to_owned(), publish, made_at: Moment(0) })
    }
}

fn kind_word(ctx: &Ctx, kind: Kind) -> String {
    locale::word(ctx.lang, if kind == Kind::Langso { "push-kind-langso" } else { "push-kind-dhis2" })
}

/// `GET /tong-hop/noi-nhan`. Cost: the receivers.
async fn page(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    show(&ctx, StatusCode::OK, &asked, &Sent::default(), None).await
}

async fn show(
    ctx: &Ctx,
    status: StatusCode,
    asked: &Asked,
    sent: &Sent,
    wrong: Option<(&'static str, &'static str)>,
) -> Outcome {
    let mut tx = ctx.read().await?;
    let (found, count) = push::receivers(&mut tx, &asked.listing(asked.page(), PER)).await?;
    let row = |one: &Receiver| {
        context! {
            id => one.id, name => one.name, kind => kind_word(ctx, one.kind), url => one.url, publish => one.publish,
            made => locale::moment(one.made_at),
        }
    };
    let kinds = Kind::ALL.map(|kind| context! { id => kind.name(), name => kind_word(ctx, kind) });
    let body = context! {
        title => locale::word(ctx.lang, "push-title"), meta => Meta::new(locale::word(ctx.lang, "push-lead")),
        rows => found.iter().map(row).collect::<Vec<_>>(), count, pages => asked.pages(PER, count), q => asked.q, sap => asked.sap,
        kept => asked.kept(), kinds, name => sent.name, kind => sent.kind, url => sent.url, publish => !sent.publish.is_empty(),
        key => uuid::Uuid::new_v4().to_string(), field => wrong.map_or("", |(field, _)| field),
        wrong => wrong.map(|(_, key)| locale::word(ctx.lang, key)), may => ctx.may("close", "years"),
    };
    ctx.page_with(status, "returns_receivers.html", body)
}

/// `POST /tong-hop/noi-nhan`: one more receiver. Cost: some five rows.
async fn add(ctx: Ctx, Form(sent): Form<Sent>) -> Outcome {
    let new = match sent.read(&ctx) {
        Ok(new) => new,
        Err(wrong) => return show(&ctx, StatusCode::UNPROCESSABLE_ENTITY, &Asked::default(), &sent, Some(wrong)).await,
    };
    let body = format!("{:?} {}", new, sent.token);
    let repeatable = Repeatable::of_form(&ctx, &sent.key, body.as_bytes());
    let mut tx = ctx.write().await?;
    if repeatable.seen(&mut tx).await?.is_none() {
        let home = home(&ctx, &mut tx, ctx.site.clock.today().year() - 1).await?.id;
        let id = push::add(&mut tx, &ctx.site.thing::<SecretKey>(), home, &new, sent.token.trim()).await?;
        repeatable.keep(tx, &json!({"receiver": id})).await?;
    }
    Ok(Redirect::to(&ctx.link("/tong-hop/noi-nhan")).into_response())
}

/// `POST /tong-hop/noi-nhan/{id}/bo`: a receiver is sent nothing any more, its token is forgotten. Cost: two rows.
async fn remove(ctx: Ctx, Path(id): Path<i64>) -> Outcome {
    let mut tx = ctx.write().await?;
    let home = home(&ctx, &mut tx, ctx.site.clock.today().year() - 1).await?.id;
    if !push::remove(&mut tx, home, id).await? {
        return Err(ctx.not_found());
    }
    tx.commit().await?;
    Ok(Redirect::to(&ctx.link("/tong-hop/noi-nhan")).into_response())
}

const HEADINGS: [&str; 5] = ["push-name", "push-kind", "push-url", "push-publish", "push-made"];

/// `GET /tong-hop/noi-nhan.csv`. Cost: the receivers.
async fn csv(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    file(&ctx, &asked, list_out::Kind::Csv).await
}

/// `GET /tong-hop/noi-nhan.xlsx`: the same as a workbook.
async fn xlsx(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    file(&ctx, &asked, list_out::Kind::Xlsx).await
}

async fn file(ctx: &Ctx, asked: &Asked, kind: list_out::Kind) -> Outcome {
    let mut tx = ctx.read().await?;
    let (found, _) = push::receivers(&mut tx, &asked.listing(0, MOST)).await?;
    let row = |one: &Receiver| {
        let publish = locale::word(ctx.lang, if one.publish { "push-publish-yes" } else { "push-publish-no" });
        [one.name.clone(), kind_word(ctx, one.kind), one.url.clone(), publish, locale::moment(one.made_at)]
            .map(Content::Text)
            .to_vec()
    };
    take_away(ctx, "noi-nhan", "push-title", &HEADINGS, found.iter().map(row).collect(), kind)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Chosen {
    receiver: i64,
    key: String,
}

/// `POST /tong-hop/{id}/gui`: the return is sent to a receiver by a job. Cost: four rows.
async fn send(ctx: Ctx, Path(id): Path<i64>, Form(chosen): Form<Chosen>) -> Outcome {
    let repeatable = Repeatable::of_form(&ctx, &chosen.key, chosen.receiver.to_string().as_bytes());
    let mut tx = ctx.write().await?;
    if repeatable.seen(&mut tx).await?.is_none() {
        let one = returns::get(&mut tx, id).await?.ok_or_else(|| ctx.not_found())?;
        if one.state != State::Done {
            return Err(ctx.failure(Problem::conflict(Phrase::new("returns-not-done"), 409)));
        }
        let gone = || ctx.failure(Problem::conflict(Phrase::new("returns-push-gone"), 409));
        let push = push::ask(&mut tx, &one, chosen.receiver).await?.ok_or_else(gone)?;
        repeatable.keep(tx, &json!({"push": push})).await?;
    }
    Ok(Redirect::to(&ctx.link(&format!("/tong-hop/{id}#gui"))).into_response())
}

fn course_word(ctx: &Ctx, course: Course) -> String {
    let key = match course {
        Course::Waiting => "push-waiting",
        Course::Taken => "push-taken",
        Course::Refused => "push-refused",
        Course::Failed => "push-failed",
    };
    locale::word(ctx.lang, key)
}

/// What the page of a return shows whoever may send it: to whom it may go, and how what was sent stands.
pub(super) async fn of_return(ctx: &Ctx, tx: &mut impl Query, id: i64) -> Result<Value, Failure> {
    let (receivers, _) = push::receivers(tx, &Listing { per: 100, ..Listing::default() }).await?;
    let sent = push::of_return(tx, id).await?;
    let one = |one: &Push| {
        let class = match one.course {
            Course::Taken => "passed",
            Course::Refused | Course::Failed => "failed",
            Course::Waiting => "not-applicable",
        };
        context! {
            name => one.name, state => course_word(ctx, one.course), class, asked => locale::moment(one.asked_at), tries => one.tries,
            ended => one.ended_at.map(locale::moment), status => one.status, answer => one.answer,
        }
    };
    let receivers = receivers.iter().map(|one| context! { id => one.id, name => one.name }).collect::<Vec<_>>();
    Ok(
        context! { receivers, sent => sent.iter().map(one).collect::<Vec<_>>(), key => uuid::Uuid::new_v4().to_string() },
    )
}
