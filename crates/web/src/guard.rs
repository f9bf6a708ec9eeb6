//! Who may pass: every request to a room's route is held against its row of the permission table before a handler runs,
//! whatever that handler takes.

use crate::{
    Failure, Permission, Site,
    context::{Address, Before, Found, link},
    limit::Limit,
    offline::of_another,
    people::{Claim, Reader, Who, cookie},
    permissions::{self, Holders},
    problems::{Fault, shown},
    routes::{MOST_BYTES, MOST_BYTES_LARGE, MOST_BYTES_PUBLIC, TIME, TIME_LARGE},
    taken::unread,
};
use axum::{
    body::Body,
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use futures::FutureExt;
use http_body_util::Limited;
use kernel::{Actor, Charge, Day, Phrase, Places, Problem, Role, UnitId};
use locale::Lang;
use std::{any::Any, collections::HashMap, net::SocketAddr, panic::AssertUnwindSafe, sync::Arc, time::Duration};
use store::AuditLine;

/// How many bytes this request may send.
#[derive(Clone, Copy)]
pub(crate) struct Most(pub usize);

/// A request that may pass: who asks, and how many bytes and how much time it may take.
struct Pass {
    actor: Actor,
    reader: Reader,
    row: Permission,
    most: usize,
    time: Duration,
}

/// The permission table, asked by path and method.
#[derive(Clone)]
pub(crate) struct Guard {
    site: Site,
    rows: Arc<HashMap<(&'static str, &'static str), Permission>>,
    limit: Option<Arc<Limit>>,
}

impl Guard {
    pub fn new(site: Site, table: &[Permission]) -> Guard {
        let rows = table.iter().map(|row| ((row.path, row.method), *row)).collect();
        let limit = site.limit.map(|limit| Arc::new(Limit::new(limit, site.clock.clone())));
        Guard { site, rows: Arc::new(rows), limit }
    }

    /// What the request may do; otherwise what stands against it. Cost: of who shows a session or token, their roles.
    async fn check(&self, parts: &Parts, nobody: Actor) -> Result<Pass, Refused> {
        let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
        let method = if parts.method == Method::HEAD { "GET" } else { parts.method.as_str() };
        // A handler that was registered under another method than its row says answers nobody.
        let Some(row) = self.rows.get(&(path, method)) else {
            return Err(Problem { phrase: Phrase::new("problem-method"), place: None, status: 405 }.into());
        };
        let shown = claim(&parts.headers, self.site.people.cookie());
        let (who, unread) = self.who(shown).await?;
        let by_cookie = matches!(shown, Some(Claim::Cookie(_)));
        if method != "GET" && !same_site(&parts.headers, by_cookie) {
            return Err(Problem::forbidden(Phrase::new("problem-other-site")).into());
        }
        if method != "GET"
            && let Some(problem) = of_another(&parts.headers, who.as_ref().map(|who| who.person.0))
        {
            return Err(problem.into());
        }
        let reader = Reader { who, nobody, unread };
        let actor = match &reader.who {
            Some(who) if who.first.is_some() && !is_own(row) && !row.public => {
                let problem = Problem::forbidden(Phrase::new("problem-first"));
                return Err(Refused { problem, noted: None, first: who.first });
            }
            Some(who) if row.public => Some(permissions::at_large(who, method != "GET")),
            None if row.public => {
                let mut actor = reader.nobody.clone();
                if method != "GET" {
                    actor.scope.writes = Places::All;
                }
                Some(actor)
            }
            _ => match thing_of(path, parts.uri.path(), self.site.clock.today()) {
                Some(thing) => {
                    let actors = reader.actors(row.action, row.resource);
                    let may = !actors.is_empty();
                    let found = self.among(actors, &thing).await?;
                    if may && found.is_none() {
                        let problem = Problem::forbidden(Phrase::new("problem-out-of-reach"));
                        return Err(Refused { problem, noted: reader.who.map(|who| (who, *row)), first: None });
                    }
                    found
                }
                None => reader.admitted(row.action, row.resource),
            },
        };
        let Some(actor) = actor else {
            let problem = match &reader.who {
                Some(_) => Problem::forbidden(Phrase::new("problem-forbidden")),
                None => Problem { phrase: Phrase::new("problem-not-logged-in"), place: None, status: 401 },
            };
            return Err(Refused { problem, noted: reader.who.map(|who| (who, *row)), first: None });
        };
        let asked = parts.uri.query().is_some_and(|q| q.split('&').any(|p| p == "large=true"));
        let large = row.large && asked && permissions::takes_much(actor.role);
        let public = method != "GET" && row.public;
        let most = match (large, public) {
            (true, _) => MOST_BYTES_LARGE,
            (false, true) => MOST_BYTES_PUBLIC,
            (false, false) => MOST_BYTES,
        };
        let length =
            parts.headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
        if length.is_some_and(|length: u64| length > most as u64) {
            return Err(too_large(most).into());
        }
        Ok(Pass { actor, reader, row: *row, most, time: if row.large { TIME_LARGE } else { TIME } })
    }

    /// Whose session or token is shown, and how many notices they have not read. A token that is none is refused; a cookie
    /// that is none is nobody's. Cost: their roles, one row.
    async fn who(&self, shown: Option<Claim<'_>>) -> Result<(Option<Arc<Who>>, i64), Refused> {
        let Some(claim) = shown else { return Ok((None, 0)) };
        let failed = |error: store::StoreError| Refused::from(error.problem());
        let mut tx = self.site.store.read(&Actor::SYSTEM.scope()).await.map_err(failed)?;
        let who = self.site.people.who(&mut tx, claim, self.site.clock.now()).await.map_err(failed)?;
        if who.is_none() && matches!(claim, Claim::Bearer(_)) {
            return Err(Problem { phrase: Phrase::new("problem-token"), place: None, status: 401 }.into());
        }
        let unread = match (&who, claim) {
            // A program has no pages.
            (Some(who), Claim::Cookie(_)) => crate::notices::unread(&mut tx, who.person).await.map_err(failed)?,
            _ => 0,
        };
        Ok((who.map(Arc::new), unread))
    }

    /// The one of somebody's actors that reaches the unit that the address names, on the day of the thing: one for all criteria
    /// before one for some, then the first of the table; `None` where none does. Cost: a row an ancestor, for each role that may.
    async fn among(&self, actors: Vec<Actor>, thing: &Thing) -> Result<Option<Actor>, Refused> {
        let failed = |error: store::StoreError| Refused::from(error.problem());
        let mut for_some = None;
        for actor in actors {
            let Places::Some(charges) = &actor.scope.writes else { return Ok(Some(actor)) };
            // Of which day the thing is, its handler knows where the address does not: it holds an agency's last day against it.
            let charges = charges.iter().cloned().map(|charge| match thing.dated {
                true => charge,
                false => Charge { until: None, ..charge },
            });
            let places = Places::Some(charges.collect());
            let mut tx = self.site.store.read(&Actor::SYSTEM.scope()).await.map_err(failed)?;
            let reached = store::reached(&mut tx, &places, &[(thing.unit, thing.day)]).await.map_err(failed)?;
            if !reached.holds(thing.unit, thing.day) {
                continue;
            }
            if reached.criteria(thing.unit, thing.day).is_none() {
                return Ok(Some(actor));
            }
            for_some.get_or_insert(actor);
        }
        Ok(for_some)
    }

    /// Notes that somebody was refused, by the guard or by what the handler found. Of strangers, whom nobody can name, the log
    /// has the line of the request.
    async fn note(&self, who: &Who, row: &Permission, path: &str) {
        let role = who.grants.first().map_or(Role::Reader, |grant| grant.role);
        // The line is the house's: it names the unit that was out of their reach.
        let actor = Actor { role, person: Some(who.person), scope: Actor::SYSTEM.scope() };
        let unit = thing_of(row.path, path, self.site.clock.today()).map(|thing| thing.unit);
        let noted = async {
            let mut tx = self.site.store.write(&actor, &*self.site.clock).await?;
            let (method, action, resource) = (row.method, row.action, row.resource);
            let details = serde_json::json!({"method": method, "path": path, "action": action, "resource": resource});
            let subject = who.person.to_string();
            tx.audit_quietly(AuditLine { action: "web.refused", kind: "person", subject, unit, details }).await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            tracing::error!(%error, "a refusal was not noted");
        }
    }
}

/// Segments after which `{id}` is that of a unit.
const UNITS: [&str; 3] = ["xa", "don-vi", "units"];

/// What an address names: a unit, and a day.
struct Thing {
    unit: UnitId,
    day: Day,
    /// Whether the address says of which year it is.
    dated: bool,
}

/// The unit that an address names, where its pattern has one, and the day of the thing: the last of the year that it names,
/// today where it names none.
fn thing_of(pattern: &str, path: &str, today: Day) -> Option<Thing> {
    let (mut unit, mut day, mut dated, mut before) = (None, today, false, "");
    for (part, given) in pattern.split('/').zip(path.split('/')) {
        match part {
            "{unit}" => unit = given.parse().ok(),
            "{id}" if UNITS.contains(&before) => unit = given.parse().ok(),
            "{year}" => {
                let year = given.parse().ok().and_then(|year| Day::new(year, 12, 31));
                (day, dated) = (year.unwrap_or(today), true);
            }
            _ => {}
        }
        before = part;
    }
    unit.map(|unit| Thing { unit: UnitId(unit), day, dated })
}

/// What stands against a request, and who sent it.
struct Refused {
    problem: Problem,
    /// Who was refused what, where they are known.
    noted: Option<(Arc<Who>, Permission)>,
    /// What they must do first.
    first: Option<&'static str>,
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Refused {
        Refused { problem, noted: None, first: None }
    }
}

/// Whether a row is of somebody's own things.
fn is_own(row: &Permission) -> bool {
    permissions::rule_of(row.action, row.resource).is_some_and(|rule| rule.who == Holders::Own)
}

/// The token of a program, or the session's cookie.
fn claim<'h>(headers: &'h HeaderMap, name: &str) -> Option<Claim<'h>> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    // Clients of DHIS2 say it in their own word.
    let is_token = |kind: &str| ["bearer", "apitoken"].iter().any(|name| kind.eq_ignore_ascii_case(name));
    if let Some(bearer) = bearer.and_then(|text| text.split_once(' ')).filter(|(kind, _)| is_token(kind)) {
        return Some(Claim::Bearer(bearer.1.trim()));
    }
    cookie(headers, name).map(Claim::Cookie)
}

/// More bytes than a request may send.
pub(crate) fn too_large(most: usize) -> Problem {
    let phrase = match most / 1_000_000 {
        0 => Phrase::new("problem-too-large-kilobytes").with("kilobytes", most / 1_000),
        megabytes => Phrase::new("problem-too-large").with("megabytes", megabytes),
    };
    Problem { phrase, place: None, status: 413 }
}

/// Whether an answer is for a program, not for a person.
pub(crate) fn for_program(parts: &Parts) -> bool {
    let accept = parts.headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or("");
    parts.uri.path().starts_with("/api/") || accept.starts_with("application/json")
}

/// Stands before every route of a room; shows what a handler could not help as a page or as JSON.
pub(crate) async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let lang = parts.extensions.get::<Address>().map_or(Lang::Vi, |a| a.0);
    let path = parts.uri.path_and_query().map_or("/", |p| p.as_str()).to_owned();
    let api = for_program(&parts);
    let id = parts.headers.get("x-request-id").and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
    let stranger = Reader { who: None, nobody: nobody(&parts, &guard.site), unread: 0 };
    let failure = async |problem: Problem| shown(&guard.site, &stranger, lang, api, &path, &problem).await;
    let limit = guard.limit.as_ref().filter(|_| parts.uri.path().starts_with("/api/"));
    let left = match limit.map(|limit| limit.take(guard.site.proxies().asks(&parts))) {
        Some(Err((problem, left, wait))) => {
            let mut answer = failure(problem).await;
            left.say_wait(&mut answer, wait);
            return answer;
        }
        Some(Ok(left)) => left,
        None => None,
    };
    let Pass { actor, reader, row, most, time } = match guard.check(&parts, stranger.nobody.clone()).await {
        Err(refused) => {
            if let Some((who, row)) = &refused.noted {
                guard.note(who, row, parts.uri.path()).await;
            }
            // Who is not logged in, or has something to do first, is led there and back again.
            let there = match refused.first {
                Some(first) => Some(link(lang, first)),
                None if refused.problem.status == 401 && !guard.site.people.alone() => Some(log_in(lang, &path)),
                None => None,
            };
            return match there {
                // A program that shows a token is no browser to be led.
                Some(there)
                    if !api && parts.method == Method::GET && !parts.headers.contains_key(header::AUTHORIZATION) =>
                {
                    Redirect::to(&there).into_response()
                }
                _ => failure(refused.problem).await,
            };
        }
        Ok(pass) => pass,
    };
    let (who, pathname) = (reader.who.clone(), parts.uri.path().to_owned());
    let shown_to = reader.clone();
    let failure = async |problem: Problem| shown(&guard.site, &shown_to, lang, api, &path, &problem).await;
    if let Some(before) = guard.site.thing_if::<Before>() {
        match before.run(&guard.site).await {
            Ok(state) => drop(parts.extensions.insert(Found(state))),
            Err(error) => return failure(error.problem()).await,
        }
    }
    parts.extensions.insert(actor);
    parts.extensions.insert(reader);
    parts.extensions.insert(Most(most));
    let body = Body::new(Limited::new(body, most));
    let answer = run(next, Request::from_parts(parts, body), time).await;
    let mut answer = match answer.extensions().get::<Fault>() {
        Some(Fault::Own) => {
            let phrase = Phrase::new("problem-internal").with("id", id.as_str());
            failure(Problem { phrase, place: None, status: 500 }).await
        }
        Some(Fault::Said(problem)) => failure((**problem).clone()).await,
        None if is_bare(&answer) => failure(unread(answer.status(), most)).await,
        None => answer,
    };
    if let Some(left) = left {
        left.say(&mut answer);
    }
    if let Some(who) = &who {
        // Out of reach, not in charge, one's own entry, a second person: what only the handler or the store can see.
        if answer.status() == StatusCode::FORBIDDEN {
            guard.note(who, &row, &pathname).await;
        }
        // What one person sees is kept by nobody on the way; what not everybody may see by no disk of theirs either.
        let private = match answer.headers().get(header::CACHE_CONTROL).map(HeaderValue::as_bytes) {
            Some(b"no-store") => "no-store",
            _ if !row.public => "no-store",
            _ => "private, no-cache",
        };
        answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(private));
    }
    answer
}

/// Where one logs in, and comes back from.
fn log_in(lang: Lang, path: &str) -> String {
    let back = form_urlencoded::byte_serialize(path.as_bytes()).collect::<String>();
    format!("{}?tiep={back}", link(lang, "/dang-nhap"))
}

/// The handler's answer; a panic, and what takes too long, are failures like any other.
async fn run(next: Next, request: Request, time: Duration) -> Response {
    let handler = AssertUnwindSafe(next.run(request)).catch_unwind();
    let failure = match tokio::time::timeout(time, handler).await {
        Ok(Ok(answer)) => return answer,
        Ok(Err(panic)) => Failure::Internal(format!("panic: {}", said(&*panic))),
        Err(_) => Problem { phrase: Phrase::new("problem-timeout"), place: None, status: 503 }.into(),
    };
    failure.into_response()
}

/// What a panic said.
fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("")
}

/// Whether a refusal is nobody's words but those of a library: a body that was cut short or too long.
fn is_bare(answer: &Response) -> bool {
    let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    answer.status().is_client_error() && kind.starts_with("text/plain")
}

/// Headers by which a proxy says for whom it asks, beside `X-Forwarded-*`.
const FORWARDING: [&str; 3] = ["forwarded", "via", "x-real-ip"];

/// As whom a request is let in that shows nobody: a reader. On a site without people ([`crate::people::Everybody`], which no
/// command serves) whoever sits at the machine may all there is, and nobody else.
fn nobody(parts: &Parts, site: &Site) -> Actor {
    let nobody = site.people.nobody();
    if nobody.role == Role::LocalAdmin && !sits_there(parts) { Actor::READER } else { nobody }
}

/// Whether a request was made at this machine itself, by its own address and through no proxy.
fn sits_there(parts: &Parts) -> bool {
    // What a proxy hands on comes from anywhere, however near the proxy is.
    let handed_on = |name: &str| FORWARDING.contains(&name) || name.starts_with("x-forwarded-");
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0);
    let loopback = peer.is_some_and(|p| p.ip().is_loopback());
    // A name that points at 127.0.0.1 must not make a foreign page local (DNS rebinding).
    let host = parts.headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or("");
    let bare = if host.ends_with(']') { host } else { host.rsplit_once(':').map_or(host, |(name, _)| name) };
    let local = matches!(bare, "127.0.0.1" | "localhost" | "[::1]");
    loopback && local && !parts.headers.keys().any(|name| handed_on(name.as_str()))
}

/// Who may read how the program is doing: whoever asks at the machine, and who may read of its operation. Cost: of the latter
/// their roles.
pub(crate) async fn may_measure(site: &Site, parts: &Parts) -> store::Result<bool> {
    if sits_there(parts) {
        return Ok(true);
    }
    let Some(claim) = claim(&parts.headers, site.people.cookie()) else { return Ok(false) };
    let mut tx = site.store.read(&Actor::SYSTEM.scope()).await?;
    let who = site.people.who(&mut tx, claim, site.clock.now()).await?;
    Ok(who.is_some_and(|who| who.first.is_none() && permissions::admit("read", "operation", &who).is_some()))
}

/// A write comes from our own page, or from a program that is no browser (which sends neither header). Who shows a cookie is
/// a browser, and says where it comes from.
fn same_site(headers: &HeaderMap, by_cookie: bool) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    match (text("origin"), text("host")) {
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, o)| o == host),
        (Some(_), None) => false,
        (None, _) => !by_cookie,
    }
}
