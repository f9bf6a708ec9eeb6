//! `/design`: every component of the pages in each of its states. The browser tests photograph it; whoever makes a page
//! looks here first for what there is.

use crate::{Ctx, Outcome, Routes, share};
use axum::routing::get;
use minijinja::{Value, context};

pub(crate) fn routes() -> Routes {
    Routes::new().read("/design", "design", get(page))
}

/// States by their class: the word's key, the class of the ground, and how many communes the examples have of each.
const STATES: [(&str, &str, &str, i64); 7] = [
    ("passed", "status-passed", "k-passed", 47),
    ("unconfirmed", "status-passed-unconfirmed", "k-unconfirmed", 9),
    ("failed", "status-failed", "k-failed", 38),
    ("incomplete", "status-incomplete", "k-incomplete", 12),
    ("to-be-confirmed", "status-to-be-confirmed", "k-confirm", 8),
    ("not-applicable", "status-not-applicable", "k-not-applicable", 0),
    ("without", "status-without", "k-without", 7),
];

/// `GET /design`. Cost: no row.
async fn page(ctx: Ctx) -> Outcome {
    let all: i64 = STATES.iter().map(|(.., count)| count).sum();
    let mut before = 0;
    let states: Vec<Value> = STATES
        .into_iter()
        .map(|(class, key, ground, count)| {
            let (from, share) = (share(before, all), share(count, all));
            before += count;
            let word = locale::word(ctx.lang, key);
            context! { class => class, word => word, ground => ground, count => count, from => from, share => share }
        })
        .collect();
    let bar: Vec<Value> = STATES
        .iter()
        .zip(&states)
        .filter(|((.., count), _)| *count > 0)
        .map(|((.., ground, count), state)| {
            context! { class => *ground, count => *count, href => "#states", ..state.clone() }
        })
        .collect();
    ctx.page("design.html", context! { title => locale::word(ctx.lang, "design-title"), states => states, bar => bar })
}
