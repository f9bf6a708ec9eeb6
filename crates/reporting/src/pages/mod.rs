//! The pages of reporting and its API.

mod act;
mod api;
mod board;
mod campaigns;
mod criterion;
mod doubts;
mod forms;
mod grid;
mod proofs;
mod push;
mod receive;
mod returns;
mod say;
mod settings;
mod unit;
mod waiting;

use crate::{
    model::{Campaign, Reporting},
    store as kept,
};
use ::store::Query;
use axum::routing::{get, post};
use facts::Law;
use kernel::UnitId;
use std::collections::BTreeMap;
use web::{Ctx, Failure, Room, Routes};

#[derive(rust_embed::RustEmbed)]
#[folder = "templates"]
#[include = "*.html"]
struct Templates;

/// What this room offers the house.
pub fn room() -> Room {
    Room {
        name: "reporting",
        migrations: crate::MIGRATIONS,
        routes,
        templates: web::embedded::<Templates>,
        jobs: register,
        search: &[],
        guards: kept::GUARDS,
        personal: &[crate::personal::PERSONAL],
    }
}

/// The functions of this room's jobs.
fn register(registry: &mut ::store::jobs::Registry, site: &web::Site) {
    crate::remind::register(registry);
    crate::returns::close::register(registry, site.thing(), site.people.clone(), site.thing());
    crate::returns::receive_job::register(registry, site.thing(), site.people.clone());
    let (law, people, files) = (site.thing(), site.people.clone(), site.thing());
    let means = crate::returns::push::Means { law, people, files, caller: site.thing(), key: site.thing() };
    crate::returns::push::register(registry, means);
}

fn routes() -> Routes {
    forms::routes()
        .merge(returns::routes())
        .merge(receive::routes())
        .merge(push::routes())
        .read_inside("/bao-cao", "reporting", get(campaigns::page))
        .read_inside("/bao-cao.csv", "reporting", get(campaigns::csv))
        .read_inside("/bao-cao.xlsx", "reporting", get(campaigns::xlsx))
        .read_inside("/bao-cao/moi", "campaigns", get(settings::begin))
        .write("/bao-cao/moi", "keep", "campaigns", post(settings::add))
        .read_inside("/bao-cao/{campaign}", "reporting", get(board::page))
        .read_inside("/bao-cao/{campaign}/bang.csv", "reporting", get(board::csv))
        .read_inside("/bao-cao/{campaign}/bang.xlsx", "reporting", get(board::xlsx))
        .read_inside("/bao-cao/{campaign}/cai-dat", "campaigns", get(settings::page))
        .write("/bao-cao/{campaign}/cai-dat", "keep", "campaigns", post(settings::change))
        .write("/bao-cao/{campaign}/phan-cong", "keep", "campaigns", post(settings::assign))
        .write("/bao-cao/{campaign}/chuyen", "keep", "campaigns", post(settings::turn))
        .read_inside("/bao-cao/{campaign}/cho-duyet", "reporting", get(waiting::page))
        .read_inside("/bao-cao/{campaign}/cho-duyet.csv", "reporting", get(waiting::csv))
        .read_inside("/bao-cao/{campaign}/cho-duyet.xlsx", "reporting", get(waiting::xlsx))
        .write("/bao-cao/{campaign}/duyet", "review", "reporting", post(act::many))
        .read_inside("/bao-cao/{campaign}/sua-sau-duyet", "reporting", get(waiting::changed))
        .read_inside("/bao-cao/{campaign}/sua-sau-duyet.csv", "reporting", get(waiting::changed_csv))
        .read_inside("/bao-cao/{campaign}/sua-sau-duyet.xlsx", "reporting", get(waiting::changed_xlsx))
        .read_inside("/bao-cao/{campaign}/xa/{unit}", "reporting", get(unit::page))
        .write("/bao-cao/{campaign}/xa/{unit}/gui", "send", "reporting", post(act::send))
        .write("/bao-cao/{campaign}/xa/{unit}/duyet", "review", "reporting", post(act::review))
        .write("/bao-cao/{campaign}/xa/{unit}/chot", "lock", "reporting", post(act::lock))
        .write("/bao-cao/{campaign}/xa/{unit}/phan-cong", "assign", "reporting", post(unit::assign))
        .write("/bao-cao/{campaign}/xa/{unit}/nghi-van", "comment", "reporting", post(doubts::answer))
        .write("/bao-cao/{campaign}/xa/{unit}/trao-doi", "comment", "reporting", post(act::comment))
        .write("/bao-cao/{campaign}/xa/{unit}/trao-doi/{id}", "comment", "reporting", post(act::turn_comment))
        .read_inside("/bao-cao/{campaign}/xa/{unit}/bang", "reporting", get(grid::page))
        .write("/bao-cao/{campaign}/xa/{unit}/bang", "enter", "reporting", post(grid::save))
        .read_inside("/bao-cao/{campaign}/xa/{unit}/{set}/{no}", "reporting", get(criterion::page))
        .write("/bao-cao/{campaign}/xa/{unit}/{set}/{no}/luu", "enter", "reporting", post(criterion::save))
        .write("/bao-cao/{campaign}/xa/{unit}/{set}/{no}/sua", "review", "reporting", post(criterion::correct))
        .read_inside("/api/v1/campaigns", "reporting", get(api::list))
        .read_inside("/api/v1/campaigns/{campaign}/units", "reporting", get(api::units))
        .read_inside("/api/v1/campaigns/{campaign}/units/{unit}", "reporting", get(api::unit))
        .write("/api/v1/campaigns/{campaign}/units/{unit}/entries", "enter", "reporting", post(api::save))
        .write("/api/v1/campaigns/{campaign}/units/{unit}/doubts", "comment", "reporting", post(api::doubts))
        .write("/api/v1/campaigns/{campaign}/units/{unit}/send", "send", "reporting", post(api::send))
        .write("/api/v1/campaigns/{campaign}/units/{unit}/review", "review", "reporting", post(api::review))
        .write("/api/v1/campaigns/{campaign}/units/{unit}/lock", "lock", "reporting", post(api::lock))
}

/// The description of this room's API, to be merged into the site's.
pub fn description() -> utoipa::openapi::OpenApi {
    let mut all = <api::Description as utoipa::OpenApi>::openapi();
    all.merge(<receive::Description as utoipa::OpenApi>::openapi());
    all
}

/// Lines on a page, and of one file.
const PER: i64 = 50;
const MOST: i64 = 20_000;

/// The law in use, as it was read before this request.
pub(crate) fn law(ctx: &Ctx) -> Law {
    ctx.site.thing::<Law>().latest()
}

/// The fields of a form whose names are made while it is shown.
pub(crate) type Fields = BTreeMap<String, String>;

/// Fields with their place: those whose name begins so, by what follows it.
pub(crate) fn after<'f>(fields: &'f Fields, start: &'f str) -> impl Iterator<Item = (&'f str, &'f str)> {
    fields.iter().filter_map(move |(name, value)| Some((name.strip_prefix(start)?, value.as_str())))
}

/// A campaign, or 404.
async fn campaign(ctx: &Ctx, tx: &mut impl Query, id: i64) -> Result<Campaign, Failure> {
    kept::get(tx, id).await?.ok_or_else(|| ctx.not_found())
}

/// A unit of a campaign that this reader sees, or 404.
async fn reporting(ctx: &Ctx, tx: &mut impl Query, id: i64, unit: i64) -> Result<(Campaign, Reporting), Failure> {
    let campaign = campaign(ctx, tx, id).await?;
    let found = kept::unit(tx, id, UnitId(unit)).await?.ok_or_else(|| ctx.not_found())?;
    Ok((campaign, found))
}
