//! The addresses at which DHIS2 and its clients find what they know: `dataValueSets`, `metadata`, answered in their shapes.

use super::law;
use crate::{
    dhis2::{
        Scheme,
        export::{self, Asked, Refused},
        import::{self, Checked, Conflict, Options, Strategy},
        metadata::metadata,
        read::{self, BadCsv, DataValueSet},
        units::Found,
    },
    intake::{self, Intake},
    record,
};
use axum::{
    body::Bytes,
    extract::RawQuery,
    http::{StatusCode, header},
    routing::{get, post},
};
use kernel::{Actor, Day, Phrase};
use rulebook::{Origin, values::LARGE_ROWS};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use web::{Ctx, Failure, Outcome, Repeatable, Routes};

/// Where data values are: DHIS2's clients put `/api` behind the address they are given.
const VALUES: [&str; 6] = [
    "/api/v1/dhis2/dataValueSets",
    "/api/v1/dhis2/dataValueSets.json",
    "/api/v1/dhis2/dataValueSets.csv",
    "/api/v1/dhis2/api/dataValueSets",
    "/api/v1/dhis2/api/dataValueSets.json",
    "/api/v1/dhis2/api/dataValueSets.csv",
];
const METADATA: [&str; 4] = [
    "/api/v1/dhis2/metadata",
    "/api/v1/dhis2/metadata.json",
    "/api/v1/dhis2/api/metadata",
    "/api/v1/dhis2/api/metadata.json",
];

pub fn routes() -> Routes {
    let values =
        |routes: Routes, path| routes.read(path, "figures", get(send)).write(path, "import", "figures", post(receive));
    let routes = VALUES.into_iter().fold(Routes::new(), values);
    METADATA.into_iter().fold(routes, |routes, path| routes.read(path, "law", get(describe)))
}

/// The description of these routes, to be merged into the site's.
#[derive(utoipa::OpenApi)]
#[openapi(paths(send, receive, describe))]
pub struct Description;

/// The parameters of an address, each as often as it stands there.
struct Params(Vec<(String, String)>);

impl Params {
    fn of(query: Option<String>) -> Params {
        Params(form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect())
    }

    fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.clone()).collect()
    }

    fn one(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }

    fn flag(&self, name: &str) -> bool {
        self.one(name).eq_ignore_ascii_case("true")
    }
}

/// What DHIS2 calls a web message.
fn message(status: StatusCode, word: &str, text: String) -> Value {
    json!({
        "httpStatus": status.canonical_reason().unwrap_or_default(), "httpStatusCode": status.as_u16(), "status": word,
        "message": text,
    })
}

fn refuse(ctx: &Ctx, status: StatusCode, code: &str, what: Phrase) -> Outcome {
    let mut body = message(status, "ERROR", locale::say(ctx.lang, &what));
    if !code.is_empty() {
        body["errorCode"] = json!(code);
    }
    ctx.json_with(status, &body)
}

/// A scheme that a request may name, a special one before the general one; the word that is none.
fn scheme(special: &str, general: &str) -> Result<Scheme, Phrase> {
    let text = if special.is_empty() { general } else { special };
    Scheme::read(text).ok_or_else(|| Phrase::new("dhis2-no-scheme").with("scheme", text))
}

fn day(text: &str) -> Result<Option<Day>, Phrase> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| Phrase::new("evaluate-day").with("day", text))
}

/// What is sent says before the address how it is meant.
fn options(ctx: &Ctx, params: &Params, sent: &DataValueSet) -> Result<Options, Phrase> {
    let either = |sent: &read::Literal, name: &str| {
        if sent.0.is_empty() { params.one(name).to_owned() } else { sent.0.clone() }
    };
    let general = either(&sent.id_scheme, "idScheme");
    let strategy = either(&sent.import_strategy, "importStrategy");
    if params.flag("async") {
        return Err(Phrase::new("dhis2-no-async"));
    }
    Ok(Options {
        elements: scheme(&either(&sent.data_element_id_scheme, "dataElementIdScheme"), &general)?,
        units: scheme(&either(&sent.org_unit_id_scheme, "orgUnitIdScheme"), &general)?,
        sets: scheme(&either(&sent.data_set_id_scheme, "dataSetIdScheme"), &general)?,
        strategy: Strategy::read(&strategy)
            .ok_or_else(|| Phrase::new("dhis2-no-strategy").with("strategy", strategy.as_str()))?,
        publish: params.flag("publish"),
        as_of: day(params.one("as_of"))?,
        today: ctx.site.clock.today(),
    })
}

/// What was sent, or why it cannot be read.
fn read(ctx: &Ctx, body: &[u8]) -> Result<DataValueSet, (StatusCode, Phrase)> {
    let kind = ctx.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("").to_ascii_lowercase();
    let bad = |phrase| (StatusCode::BAD_REQUEST, phrase);
    let set = if kind.contains("xml") {
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, Phrase::new("dhis2-no-xml")));
    } else if kind.contains("csv") {
        read::csv(body).map_err(|e| match e {
            BadCsv::NoColumn(name) => bad(Phrase::new("dhis2-no-column").with("column", name)),
            BadCsv::Broken(error) => bad(Phrase::new("dhis2-bad-csv").with("error", error)),
        })?
    } else {
        read::json(body).map_err(|error| bad(Phrase::new("dhis2-bad-json").with("error", error)))?
    };
    if set.data_values.len() > LARGE_ROWS {
        return Err((StatusCode::PAYLOAD_TOO_LARGE, Phrase::new("dhis2-too-many").with("most", LARGE_ROWS)));
    }
    Ok(set)
}

/// `POST /api/v1/dhis2/dataValueSets`: valid values are recorded, the others refused with their places.
#[utoipa::path(post, path = "/api/v1/dhis2/dataValueSets", request_body(content = Object, content_type = "application/json",
        description = "DHIS2's dataValueSet; or its CSV with Content-Type application/csv"),
    responses((status = 200, description = "DHIS2's import summary: everything was taken"),
        (status = 409, description = "DHIS2's import summary with conflicts: WARNING, valid values were taken; ERROR, none was"),
        (status = 400, description = "Cannot be read"), (status = 415, description = "XML")),
    params(("idScheme" = Option<String>, Query, description = "CODE or UID; likewise dataElementIdScheme, orgUnitIdScheme, dataSetIdScheme"),
        ("as_of" = Option<String>, Query, description = "YYYY-MM-DD: the day at which unit codes are read, each period's last by default"),
        ("importStrategy" = Option<String>, Query, description = "CREATE, UPDATE, CREATE_AND_UPDATE (default)"),
        ("dryRun" = Option<bool>, Query), ("publish" = Option<bool>, Query, description = "Publish what is taken; not DHIS2's"),
        ("Idempotency-Key" = Option<String>, Header)))]
async fn receive(ctx: Ctx, RawQuery(query): RawQuery, body: Bytes) -> Outcome {
    let params = Params::of(query);
    let sent = match read(&ctx, &body) {
        Ok(sent) => sent,
        Err((status, what)) => return refuse(&ctx, status, "", what),
    };
    let options = match options(&ctx, &params, &sent) {
        Ok(options) => options,
        Err(what) => return refuse(&ctx, StatusCode::CONFLICT, "", what),
    };
    let law = law(&ctx);
    if params.flag("dryRun") || sent.dry_run.0.eq_ignore_ascii_case("true") {
        let mut tx = ctx.read().await?;
        let checked = import::check(&mut tx, &law, &sent, &options).await?;
        return answer(&ctx, &summary(&ctx, &checked, &options, true));
    }
    let repeatable = Repeatable::new(&ctx, &body);
    let actor = recorder(&ctx, &sent, &options).await?;
    let mut tx = ctx.write_as(&actor).await?;
    if let Some(kept) = repeatable.seen(&mut tx).await? {
        return answer(&ctx, &kept);
    }
    let checked = import::check(&mut tx, &law, &sent, &options).await?;
    let told = summary(&ctx, &checked, &options, false);
    if checked.aborted {
        return answer(&ctx, &told);
    }
    if !checked.entries.is_empty() {
        let set = sent.data_set.0.clone();
        let intake = Intake { set, origin: Origin::Imported, publish: options.publish, source: "DHIS2".into() };
        intake::commit(&mut tx, &law, &checked.entries, &intake, &body).await?;
    }
    repeatable.keep(tx, &told).await?;
    answer(&ctx, &told)
}

/// As whom these values are recorded. Cost: for whoever has one role that may none; else that of the check.
async fn recorder(ctx: &Ctx, sent: &DataValueSet, options: &Options) -> Result<Actor, Failure> {
    let actors = ctx.reader.actors("import", "figures");
    if actors.len() < 2 {
        return Ok(ctx.actor.clone());
    }
    let (mut tx, law) = (ctx.read().await?, law(ctx));
    let checked = import::check(&mut tx, &law, sent, options).await?;
    Ok(record::recorder(&mut tx, &law, (&ctx.actor, actors), &checked.entries, options.publish).await?)
}

/// The answer with the status it names itself.
fn answer(ctx: &Ctx, body: &Value) -> Outcome {
    let status = body["httpStatusCode"].as_u64().and_then(|s| StatusCode::from_u16(s as u16).ok());
    ctx.json_with(status.unwrap_or(StatusCode::OK), body)
}

/// The kind of object a conflict is about: a value's or a comment's is its data element.
fn kind_of(property: &'static str) -> &'static str {
    if matches!(property, "value" | "comment" | "deleted") { "dataElement" } else { property }
}

/// The import summary as DHIS2 gives it.
fn summary(ctx: &Ctx, checked: &Checked, options: &Options, dry_run: bool) -> Value {
    let (status, word, key) = match (checked.aborted, checked.conflicts.is_empty()) {
        (true, _) => (StatusCode::CONFLICT, "ERROR", "dhis2-aborted"),
        (false, false) => (StatusCode::CONFLICT, "WARNING", "dhis2-conflicts"),
        (false, true) => (StatusCode::OK, "SUCCESS", "dhis2-imported"),
    };
    let mut done = Phrase::new(if dry_run { "dhis2-dry-run" } else { key });
    if !dry_run && checked.beside > 0 {
        done = Phrase::new("dhis2-beside").with("count", checked.beside);
    }
    let told = |c: &Conflict| {
        let mut told = json!({
            "object": c.object, "objects": {kind_of(c.property): c.object}, "value": locale::say(ctx.lang, &c.what),
        });
        if let Some(code) = c.code {
            told["errorCode"] = json!(code);
        }
        told["property"] = json!(c.property);
        told["indexes"] = json!(c.indexes);
        told
    };
    let mut body = message(status, word, locale::word(ctx.lang, key));
    body["response"] = json!({
        "responseType": "ImportSummary", "status": word,
        "importOptions": {
            "idSchemes": {
                "dataElementIdScheme": options.elements.name(), "orgUnitIdScheme": options.units.name(),
                "dataSetIdScheme": options.sets.name(),
            },
            "dryRun": dry_run, "async": false, "importStrategy": options.strategy.name(), "publish": options.publish,
        },
        "description": locale::say(ctx.lang, &done),
        "importCount": {
            "imported": checked.imported, "updated": checked.updated, "ignored": checked.ignored, "deleted": 0,
        },
        "conflicts": checked.conflicts.iter().map(told).collect::<Vec<_>>(),
        "rejectedIndexes": checked.rejected, "dataSetComplete": "false",
    });
    body
}

/// The one year that a request names: as a period, or from its first to its last day.
fn year(params: &Params) -> Option<i16> {
    let digits = |text: &str| (text.len() == 4).then(|| kernel::year(text)).flatten();
    match params.all("period").as_slice() {
        [period] => digits(period),
        [] => {
            let day = |name| params.one(name).get(..10)?.parse::<Day>().ok();
            let (start, end) = (day("startDate")?, day("endDate")?);
            (start.year() == end.year()).then_some(start.year())
        }
        _ => None,
    }
}

/// `GET /api/v1/dhis2/dataValueSets`: published figures as data values, at most a province and a year.
#[utoipa::path(get, path = "/api/v1/dhis2/dataValueSets", responses(
        (status = 200, description = "Published figures as DHIS2's data values; as CSV with .csv or Accept: application/csv"),
        (status = 409, description = "No unit, period, data element or data set of that name, or too much at once")),
    params(("orgUnit" = String, Query, description = "Code or uid; may be repeated"),
        ("children" = Option<bool>, Query, description = "With everything under it; one province at most"),
        ("period" = String, Query, description = "A year; or startDate and endDate within one"),
        ("dataElement" = Option<String>, Query, description = "Code or uid; may be repeated; all by default"),
        ("dataSet" = Option<String>, Query, description = "Code or uid of a criteria set; may be repeated; dataElementGroup likewise"),
        ("idScheme" = Option<String>, Query, description = "CODE, or UID as in DHIS2 by default; likewise dataElementIdScheme, orgUnitIdScheme"),
        ("as_of" = Option<String>, Query, description = "YYYY-MM-DD: the day at which unit codes are read, the year's last by default")))]
async fn send(ctx: Ctx, RawQuery(query): RawQuery) -> Outcome {
    let params = Params::of(query);
    let conflict = |code, what| refuse(&ctx, StatusCode::CONFLICT, code, what);
    let Some(year) = year(&params) else { return conflict("E2002", Phrase::new("dhis2-one-year")) };
    let units = params.all("orgUnit");
    if units.is_empty() {
        return conflict("E2006", Phrase::new("dhis2-one-unit"));
    }
    let general = params.one("idScheme");
    let schemes = scheme(params.one("dataElementIdScheme"), general)
        .and_then(|e| Ok((e, scheme(params.one("orgUnitIdScheme"), general)?, day(params.one("as_of"))?)));
    let (element_scheme, unit_scheme, as_of) = match schemes {
        Ok(schemes) => schemes,
        Err(what) => return conflict("", what),
    };
    let sets = [params.all("dataSet"), params.all("dataElementGroup")].concat();
    let (children, elements) = (params.flag("children"), params.all("dataElement"));
    let asked = Asked { units, children, year, elements, sets, as_of, element_scheme, unit_scheme };
    let mut tx = ctx.read().await?;
    let values = match export::export(&mut tx, &law(&ctx), &asked).await? {
        Ok(values) => values,
        Err(refused) => {
            let (code, key, name) = match &refused {
                Refused::NoUnit(name) => ("E7612", "dhis2-no-unit-here", name.as_str()),
                Refused::NoElement(name) => ("E7610", "dhis2-no-element", name.as_str()),
                Refused::NoSet(name) => ("E7600", "dhis2-no-set", name.as_str()),
                Refused::TooMuch => ("E7128", "dhis2-one-province", ""),
            };
            return conflict(code, Phrase::new(key).with("object", name));
        }
    };
    let accept = ctx.headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or("");
    let path = ctx.path.split('?').next().unwrap_or("");
    if path.ends_with(".csv") || (!path.ends_with(".json") && accept.contains("csv")) {
        let body = export::csv(&values, &asked).map_err(anyhow::Error::from)?;
        return ctx.download("dataValueSets.csv", "application/csv; charset=utf-8", body);
    }
    ctx.json(&export::json(&values, &asked))
}

/// `GET /api/v1/dhis2/metadata.json`: what a DHIS2 imports to read our data values.
#[utoipa::path(get, path = "/api/v1/dhis2/metadata.json", responses(
        (status = 200, description = "DHIS2's metadata: dataElements, organisationUnits, dataSets with stable uids"),
        (status = 409, description = "No unit of that name")),
    params(("as_of" = Option<String>, Query, description = "YYYY-MM-DD: the units in force on that day, today by default"),
        ("orgUnit" = Option<String>, Query, description = "Only the units under this one, itself included; code or uid")))]
async fn describe(ctx: Ctx, RawQuery(query): RawQuery) -> Outcome {
    let params = Params::of(query);
    let today = ctx.site.clock.today();
    let on = match day(params.one("as_of")) {
        Ok(on) => on.unwrap_or(today),
        Err(what) => return refuse(&ctx, StatusCode::CONFLICT, "", what),
    };
    let mut tx = ctx.read().await?;
    let under = match params.one("orgUnit") {
        "" => None,
        name => {
            let found = Found::load(&mut tx, &BTreeSet::from([name]), Scheme::Unsaid).await?;
            let Some(unit) = found.unit(name, on, on.year()) else {
                let what = Phrase::new("dhis2-no-unit-here").with("object", name);
                return refuse(&ctx, StatusCode::CONFLICT, "E7612", what);
            };
            Some(unit.id)
        }
    };
    ctx.json(&metadata(&mut tx, &law(&ctx), on, under).await?)
}
