//! The description of the API (made from the code; examples and schemas of answers stand in `openapi/answers.json`, which
//! tests ask and check), its page where requests can be tried, and recipes for other programs.

use super::api::Description;
use axum::routing::get;
use minijinja::context;
use serde_json::{Map, Value, json};
use utoipa::OpenApi;
use web::{Ctx, Meta, Outcome, Routes};

const ANSWERS: &str = include_str!("../../openapi/answers.json");

/// Recipes as they stand in `docs/api.md`; tests run those that can run here.
const RECIPES: [(&str, &str); 4] = [
    ("curl", include_str!("../../openapi/recipes/communes.sh")),
    ("python", include_str!("../../openapi/recipes/communes.py")),
    ("r", include_str!("../../openapi/recipes/communes.R")),
    ("excel", include_str!("../../openapi/recipes/communes.pq")),
];

pub fn routes() -> Routes {
    Routes::new().read("/api", "api", get(page)).read("/api/cach-dung", "api", get(recipes)).read(
        "/api/openapi.json",
        "api",
        get(openapi),
    )
}

/// The OpenAPI 3.1 description, made from the code.
pub fn description() -> String {
    description_with([])
}

/// The same, with what rooms beside this one have.
pub fn description_with(also: impl IntoIterator<Item = utoipa::openapi::OpenApi>) -> String {
    let mut all = Description::openapi();
    all.merge(web::description());
    all.merge(ledger::description());
    all.merge(units::api::Description::openapi());
    all.merge(units::pages::plans::Description::openapi());
    all.merge(units::pages::edit::Description::openapi());
    all.merge(units::pages::calendar::Description::openapi());
    all.merge(super::carried::Description::openapi());
    all.merge(super::figure::Description::openapi());
    all.merge(super::evidence::Description::openapi());
    all.merge(super::publish::Description::openapi());
    all.merge(super::overlays::Description::openapi());
    all.merge(super::overlays::FilesDescription::openapi());
    all.merge(super::drafts::Description::openapi());
    all.merge(super::rejudged::Description::openapi());
    all.merge(super::dhis2::Description::openapi());
    all.merge(super::address::Description::openapi());
    also.into_iter().for_each(|one| all.merge(one));
    let mut all = serde_json::to_value(all).unwrap_or_default();
    enrich(&mut all, serde_json::from_str(ANSWERS).unwrap_or_default());
    all.to_string()
}

/// Lays examples, schemas and what every answer may be on the description.
fn enrich(all: &mut Value, mut answers: Value) {
    let schema = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    for (path, methods) in all["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in methods.as_object_mut().into_iter().flatten() {
            let problem = json!({"application/problem+json": {"schema": schema("Problem")}});
            operation["responses"]["default"] = json!({"description": "Any problem (RFC 9457)", "content": problem});
            let Some(answer) = answers["paths"].get(path.as_str()).filter(|_| method == "get") else { continue };
            let mut fields = false;
            for parameter in operation["parameters"].as_array_mut().into_iter().flatten() {
                let name = parameter["name"].as_str().unwrap_or("").to_owned();
                fields |= name == "fields";
                if let Some(example) = answer["example"].get(&name) {
                    parameter["example"] = example.clone();
                }
            }
            if let Some(name) = answer["schema"].as_str() {
                let mut content = json!({"application/json": {"schema": schema(name)}});
                if fields {
                    content["text/csv"] = json!({"schema": {"type": "string"}});
                }
                operation["responses"]["200"]["content"] = content;
            }
        }
    }
    all["components"]["schemas"] = answers["schemas"].take();
}

/// `GET /api/openapi.json`. Cost: no row.
async fn openapi(ctx: Ctx) -> Outcome {
    let description: Value = serde_json::from_str(&ctx.site.openapi)?;
    ctx.json(&description)
}

/// The address of an operation with its examples; of its path alone, and with the query.
fn example(path: &str, parameters: &[Value]) -> (String, String) {
    let (mut plain, mut query) = (path.to_owned(), form_urlencoded::Serializer::new(String::new()));
    for parameter in parameters {
        let said = match &parameter["example"] {
            Value::Null => continue,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let name = parameter["name"].as_str().unwrap_or("");
        if parameter["in"] == "path" {
            plain = plain.replace(&format!("{{{name}}}"), &said);
        } else {
            query.append_pair(name, &said);
        }
    }
    let query = query.finish();
    let whole = if query.is_empty() { plain.clone() } else { format!("{plain}?{query}") };
    (plain, whole)
}

/// `GET /api`: the description, to be read and tried. Cost: no row.
async fn page(ctx: Ctx) -> Outcome {
    let description: Value = serde_json::from_str(&ctx.site.openapi)?;
    let (mut reads, mut writes) = (Vec::new(), Vec::new());
    let none = Map::new();
    for (path, methods) in description["paths"].as_object().unwrap_or(&none) {
        for (method, operation) in methods.as_object().unwrap_or(&none) {
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let (plain, whole) = example(path, &parameters);
            let told = context! {
                path => path, method => method.to_uppercase(), plain => plain,
                example => (!plain.contains('{')).then_some(whole),
                summary => operation["responses"]["200"]["description"].as_str().unwrap_or(""),
                parameters => minijinja::Value::from_serialize(parameters),
            };
            if method == "get" { reads.push(told) } else { writes.push(told) }
        }
    }
    let meta = Meta::new(locale::word(ctx.lang, "api-description"));
    ctx.page("api.html", context! { title => "API", meta => meta, reads => reads, writes => writes })
}

/// `GET /api/cach-dung`: how other programs read the API. Cost: no row.
async fn recipes(ctx: Ctx) -> Outcome {
    let origin = if ctx.site.origin.is_empty() { "http://127.0.0.1:8080" } else { &ctx.site.origin };
    let recipes: Vec<_> = RECIPES
        .into_iter()
        .map(|(name, text)| {
            let title = locale::say_key(ctx.lang, &format!("api-recipe-{name}"), &[]);
            let told = locale::say_key(ctx.lang, &format!("api-recipe-{name}-told"), &[]);
            context! { name => name, title => title, told => told, text => text.replace(ADDRESS, origin) }
        })
        .collect();
    let title = locale::word(ctx.lang, "api-recipes-title");
    let meta = Meta::new(locale::word(ctx.lang, "api-recipes-lead")).crumb("API", ctx.link("/api"));
    ctx.page("recipes.html", context! { title => title, meta => meta, recipes => recipes })
}

/// How recipes name the site.
const ADDRESS: &str = "https://langso.example.vn";
