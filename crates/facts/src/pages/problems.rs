//! Where the `type` of a problem leads: every problem that an answer may name, in words.

use axum::routing::get;
use minijinja::{Value, context};
use web::{Ctx, Outcome, Routes};

pub(super) fn routes() -> Routes {
    Routes::new().read("/api/problems", "api", get(page))
}

/// Families of problems; each is also the `type` of an answer that lists several.
const FAMILIES: [(&str, &[&str]); 21] = [
    ("plan", &["changed", "no-code", "second-person", "why-missing"]),
    ("law", &["changed-meanwhile"]),
    (
        "overlay",
        &[
            "both",
            "confirmed-already",
            "day-missing",
            "ended-already",
            "ends-before",
            "issuer-missing",
            "negative",
            "no-group",
            "no-indicator",
            "no-number",
            "no-set",
            "not-open",
            "nothing",
            "number-missing",
            "op-missing",
            "outside-set",
            "over-hundred",
            "signed-later",
            "takes-no-number",
            "twice",
            "unread",
            "value-missing",
            "why-missing",
        ],
    ),
    ("draft", &["changed", "no-decision", "second-person"]),
    (
        "setsheet",
        &[
            "amends-composite",
            "amends-order",
            "composite",
            "field-missing",
            "id",
            "measure-kind",
            "missing",
            "no-above",
            "no-composite",
            "no-criterion",
            "no-field",
            "no-measure",
            "no-parts",
            "no-sheet",
            "not-a-word",
            "op-kind",
            "region-form",
            "twice",
            "wrong-join",
            "wrong-limits",
        ],
    ),
    ("api", &["bad-cursor", "no-field"]),
    ("unit", &["not-judged"]),
    ("publish", &["changed"]),
    ("boundaries", &["unit-changed"]),
    (
        "problem",
        &[
            "broken-off",
            "field-missing",
            "field-unread",
            "first",
            "forbidden",
            "internal",
            "key-reused",
            "method",
            "no-form",
            "no-version",
            "not-found",
            "not-logged-in",
            "other-site",
            "timeout",
            "token",
            "too-large",
            "too-large-kilobytes",
            "too-many",
        ],
    ),
    (
        "store",
        &["backup-broken", "backup-not-empty", "busy", "duplicate", "failed", "nul", "out-of-reach", "too-large"],
    ),
    ("record", &["no-publishing", "not-in-charge", "wrong-origin"]),
    (
        "units",
        &[
            "attribute-unknown",
            "bad-json",
            "changed",
            "children-left",
            "code-empty",
            "code-missing",
            "code-taken",
            "code-twice",
            "confidence-unknown",
            "ended-already",
            "ends-before-it-begins",
            "from-nothing",
            "kind-unknown",
            "name-empty",
            "no-day",
            "no-such-new",
            "nothing-moves",
            "other-level",
            "parent-level",
            "parent-not-in-force",
            "point-outside",
            "shares-incomplete",
            "source-empty",
            "unknown",
            "value-empty",
            "whole-twice",
        ],
    ),
    (
        "boundaries",
        &[
            "crossing-itself",
            "duplicate",
            "layers",
            "no-code",
            "no-code-field",
            "no-features",
            "no-polygon",
            "not-readable",
            "other-system",
            "outside-country",
            "overlap",
            "point-outside",
            "unknown-code",
            "upload-broken",
        ],
    ),
    ("intake", &["forgotten", "origin", "other-set", "upload-broken"]),
    (
        "figure",
        &["changed", "file-kind", "not-asked", "not-in-force", "origin-unknown", "source-missing", "too-many-files"],
    ),
    ("evaluate", &["day", "no-sheet", "set-unknown"]),
    ("template", &["nothing"]),
    ("report", &["contact-long", "leave-empty", "text-long", "text-short", "too-many"]),
    (
        "sheet",
        &[
            "bomb",
            "broken",
            "encrypted",
            "formula",
            "merged",
            "not-a-workbook",
            "ods",
            "old-format",
            "too-large",
            "too-many-rows",
        ],
    ),
    ("json", &["broken", "field-twice", "no-figures", "no-object", "not-plain", "unknown-field"]),
];

/// Everything that a table of values can be wrong in.
const VALUES: [&str; 40] = [
    "after-quote",
    "ambiguous",
    "as-of",
    "as-of-differs",
    "both",
    "composite",
    "denominator",
    "duplicate",
    "duplicate-item",
    "evidence-long",
    "evidence-text",
    "fraction-kind",
    "half-fraction",
    "heading-missing",
    "heading-twice",
    "held",
    "held-self",
    "indicator-missing",
    "indicator-unknown",
    "negative",
    "no-header",
    "no-value-column",
    "not-applicable",
    "not-number",
    "not-utf8",
    "not-whole",
    "not-yes-no",
    "nothing",
    "numerator",
    "open-quote",
    "percent",
    "period",
    "region",
    "separator",
    "too-many-cells",
    "too-many-rows",
    "unit-level",
    "unit-missing",
    "unit-unknown",
    "too-large",
];

/// `GET /api/problems`: what each problem says, its parts in braces. Cost: no row.
async fn page(ctx: Ctx) -> Outcome {
    let line = |family: &str, name: &str| {
        let key = format!("{family}-{name}");
        context! { said => locale::say_key(ctx.lang, &key, &[]), key => key }
    };
    let families: Vec<Value> = FAMILIES
        .into_iter()
        .chain([("values", &VALUES[..])])
        .map(|(family, names)| {
            context! { id => family, problems => names.iter().map(|name| line(family, name)).collect::<Vec<_>>() }
        })
        .collect();
    ctx.page("problems.html", context! { title => locale::word(ctx.lang, "problems-title"), families => families })
}
