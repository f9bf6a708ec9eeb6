//! The edge: who asks, in which language, what they may do, and how pages, answers and problems look.
//!
//! A room adds a page in three steps: a handler that takes [`Ctx`], a template in its `templates/`, and a line in its
//! `routes()` that names action, resource and roles. There is no way to add a route without that line.

mod asked;
mod assets;
pub mod behalf;
mod context;
mod criteria;
mod design;
mod guard;
mod kept;
mod limit;
pub mod meta;
pub mod notices;
mod offline;
pub mod people;
pub mod permissions;
pub mod personal;
mod press;
mod problems;
mod proxies;
mod render;
mod repeatable;
mod routes;
pub mod search;
mod serve;
mod taken;

pub use asked::{Asked, kept};
pub use assets::asset;
pub use context::{Before, Ctx, Site, SiteParts, link};
pub use criteria::{Criteria, CriteriaSet, NamedLaw};
pub use meta::Meta;
pub use people::{Everybody, People, Who};
pub use problems::{Failure, Outcome, json_problem};
pub use proxies::{Network, Proxies};
pub use render::{Templates, embedded, page_links, page_of, share};
pub use repeatable::Repeatable;
pub use routes::{Permission, Routes};
pub use serve::app;
pub use taken::{Asking, Form, Multipart, Path, page, page_from_one};

/// What a room offers the house; `app` lists the rooms once.
pub struct Room {
    pub name: &'static str,
    pub migrations: &'static [store::Migration],
    pub routes: fn() -> Routes,
    /// Templates by name.
    pub templates: fn() -> Vec<(String, String)>,
    /// Adds the functions of the room's jobs; they work with what the site holds.
    pub jobs: fn(&mut store::jobs::Registry, &Site),
    /// What of it can be found.
    pub search: &'static [&'static dyn search::Source],
    /// Its tables of which a scope sees a part.
    pub guards: &'static [store::Guarded],
    /// What it keeps of people; a test finds a table with a column of people that nobody registered.
    pub personal: &'static [personal::Personal],
}

/// What the edge itself offers: search, the page of the design system. Its templates come with [`Templates`].
pub fn room() -> Room {
    let routes = || search::routes().merge(design::routes()).merge(meta::routes()).merge(offline::routes());
    Room {
        name: "web",
        migrations: notices::MIGRATIONS,
        routes,
        templates: Vec::new,
        jobs: personal::jobs,
        search: &[],
        guards: &[],
        personal: &[personal::STORE, notices::personal::NOTICES],
    }
}

/// The description of the edge's own API, to be merged into the site's.
pub fn description() -> utoipa::openapi::OpenApi {
    <search::Description as utoipa::OpenApi>::openapi()
}
