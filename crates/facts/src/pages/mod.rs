//! The public pages of figures and verdicts, and their API.

mod about;
mod address;
mod api;
mod beside;
mod carried;
mod checks;
mod choice;
mod commune;
mod communes;
mod dhis2;
mod drafts;
mod evidence;
mod explore;
mod figure;
mod found;
mod home;
mod import;
mod intake;
mod jobs;
mod law;
mod map;
mod openapi;
mod overlays;
pub mod paper;
mod problems;
mod publish;
mod rejudged;
mod reports;
mod say;
mod sheet;
mod telling;
mod template;
mod whatif;
mod why;

use crate::Law;
use std::sync::Arc;
use web::{Ctx, Room, Routes};

#[derive(rust_embed::RustEmbed)]
#[folder = "templates"]
#[include = "*.html"]
struct Templates;

/// The law in use, as [`refresh`] read it before this request.
fn law(ctx: &Ctx) -> Arc<Law> {
    Arc::new(ctx.site.thing::<Law>().latest())
}

/// Before every request: the law is read again where somebody changed it, in this process or another. Cost: one row.
pub fn refresh() -> web::Before {
    web::Before::new(|site| {
        Box::pin(async move {
            let mut tx = site.store.read(&kernel::Actor::SYSTEM.scope()).await?;
            site.thing::<Law>().current(&mut tx).await.map(|law| law.step().to_string())
        })
    })
}

pub use evidence::{attach, pieces};
pub use openapi::{description, description_with};
pub use say::{exactly, key as verdict_key, state as verdict};

/// What this room offers the house.
pub fn room() -> Room {
    Room {
        name: "facts",
        migrations: crate::MIGRATIONS,
        routes,
        templates: web::embedded::<Templates>,
        jobs: register,
        search: &[&found::Law],
        guards: crate::published::GUARDS,
        personal: &[crate::personal::PERSONAL],
    }
}

/// The functions of this room's jobs.
fn register(registry: &mut store::jobs::Registry, site: &web::Site) {
    crate::jobs::register(registry, site.thing::<Law>(), site.people.clone());
    crate::jobs::register_evidence(registry, site.thing::<crate::evidence::look::Means>());
}

fn routes() -> Routes {
    use axum::routing::{get, post};
    Routes::new()
        .read("/", "verdicts", get(home::page))
        .read("/xa", "verdicts", get(communes::page))
        .read("/xa.csv", "verdicts", get(communes::csv))
        .read("/xa.xlsx", "verdicts", get(communes::xlsx))
        .read("/xa/{id}", "verdicts", get(commune::page))
        .read("/xa/{id}/phieu.pdf", "verdicts", get(paper::pdf))
        .read("/og/tinh.png", "verdicts", get(paper::picture::province))
        .read("/og/xa/{file}", "verdicts", get(paper::picture::commune))
        .read("/xa/{id}/chi-tieu/{no}", "verdicts", get(why::page))
        .read("/xa/{id}/neu-xet", "verdicts", get(whatif::page))
        .read("/xa/{id}/so-lieu.csv", "verdicts", get(sheet::csv))
        .read("/xa/{id}/so-lieu.xlsx", "verdicts", get(sheet::xlsx))
        .read("/xa/{id}/so-sanh", "verdicts", get(beside::page))
        .read_inside("/quan-tri/kiem-tra", "checks", get(checks::page))
        .read_inside("/quan-tri/kiem-tra.csv", "checks", get(checks::csv))
        .read_inside("/quan-tri/kiem-tra.xlsx", "checks", get(checks::xlsx))
        .read("/bo-tieu-chi", "law", get(law::sets))
        .read("/bo-tieu-chi/so-sanh", "law", get(law::compare::page))
        .read("/bo-tieu-chi/so-sanh.csv", "law", get(law::compare::csv))
        .read("/bo-tieu-chi/so-sanh.xlsx", "law", get(law::compare::xlsx))
        .read("/bo-tieu-chi/{set}", "law", get(law::set::page))
        .read("/kham-pha", "figures", get(explore::page))
        .read("/kham-pha.csv", "figures", get(explore::csv))
        .read("/kham-pha.xlsx", "figures", get(explore::xlsx))
        .read("/kham-pha.json", "figures", get(explore::json))
        .read("/ban-do", "verdicts", get(map::page))
        .read("/nguon-va-phuong-phap", "law", get(law::sources::page))
        .read("/nguon-va-phuong-phap/can-xac-nhan", "law", get(law::unsure::page))
        .read("/nguon-va-phuong-phap/can-xac-nhan.csv", "law", get(law::unsure::csv))
        .read("/nguon-va-phuong-phap/can-xac-nhan.xlsx", "law", get(law::unsure::xlsx))
        .read("/bo-tieu-chi/{set}/chi-tieu.csv", "law", get(law::set::csv))
        .read("/bo-tieu-chi/{set}/chi-tieu.xlsx", "law", get(law::set::xlsx))
        .read("/bo-tieu-chi/{set}/{no}", "verdicts", get(law::indicator::page))
        .read("/bo-tieu-chi/{set}/{no}/don-vi.csv", "verdicts", get(law::indicator::csv))
        .read("/bo-tieu-chi/{set}/{no}/don-vi.xlsx", "verdicts", get(law::indicator::xlsx))
        .read("/tu-dien-so-lieu", "law", get(law::dictionary::page))
        .read("/tu-dien-so-lieu.csv", "law", get(law::dictionary::csv))
        .read("/datapackage.json", "law", get(law::package::json))
        .read("/tu-dien-so-lieu.xlsx", "law", get(law::dictionary::xlsx))
        .read("/nhap-so-lieu", "intake", get(intake::page))
        .read("/nhap-so-lieu/mau.xlsx", "templates", get(template::download))
        .read_inside("/viec/{id}", "jobs", get(jobs::page))
        .read_inside("/api/v1/jobs/{id}", "jobs", get(jobs::api))
        .write("/nhap-so-lieu/kiem-tra", "check", "figures", post(intake::check))
        .write("/nhap-so-lieu/ghi", "import", "figures", post(intake::commit))
        .merge(carried::routes())
        .merge(figure::routes())
        .merge(evidence::routes())
        .merge(publish::routes())
        .merge(overlays::routes())
        .merge(drafts::routes())
        .merge(problems::routes())
        .merge(rejudged::routes())
        .merge(reports::routes())
        .merge(dhis2::routes())
        .merge(address::routes())
        .merge(api::routes())
        .merge(openapi::routes())
}
