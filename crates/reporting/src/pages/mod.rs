//! The pages of reporting and its API.

use facts::Law;
use web::{Ctx, Room, Routes};

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
        jobs: |registry, _| crate::remind::register(registry),
        search: &[],
        guards: crate::store::GUARDS,
        personal: &[crate::personal::PERSONAL],
    }
}

/// The law in use, as it was read before this request.
pub(crate) fn law(ctx: &Ctx) -> Law {
    ctx.site.thing::<Law>().latest()
}

fn routes() -> Routes {
    Routes::new()
}
