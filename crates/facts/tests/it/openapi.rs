//! The API as it is described: every example is asked, every answer held against its schema; lists walk by cursor.

use crate::{
    figures::{ROOMS, judged},
    visitor::{OK, Visitor},
};
use anyhow::{Context, Result, ensure};
use kernel::{Actor, UnitId};
use serde_json::{Value, json};
use testkit::CLOCK;

/// The description with its schemas where a validator looks for them.
fn described() -> Result<Value> {
    Ok(serde_json::from_str(&facts::pages::description())?)
}

/// The address that the examples of an operation's parameters make; `None` where a part of the path has none.
fn example(path: &str, operation: &Value) -> Option<String> {
    let (mut address, mut query) = (path.to_owned(), form_urlencoded::Serializer::new(String::new()));
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let said = match &parameter["example"] {
            Value::Null => continue,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let name = parameter["name"].as_str()?;
        match parameter["in"].as_str()? {
            "path" => address = address.replace(&format!("{{{name}}}"), &said),
            _ => drop(query.append_pair(name, &said)),
        }
    }
    (!address.contains('{')).then(|| format!("{address}?{}", query.finish()))
}

#[test]
fn every_example_is_answered_as_its_schema_says() {
    testkit::each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        judged(&store, &visitor.law, true).await?;
        let description = described()?;
        let mut tried = 0;
        for (path, methods) in description["paths"].as_object().context("paths")? {
            let operation = &methods["get"];
            let Some(content) = operation["responses"]["200"]["content"]["application/json"].as_object() else {
                continue;
            };
            let address = example(path, operation).with_context(|| format!("{path} has no example"))?;
            let answer = visitor.get(&address, false).await?;
            ensure!(answer.status == OK, "{address}: {}", answer.text());
            let reference = content["schema"]["$ref"].as_str().context("a reference")?;
            let mut schema = json!({"$ref": reference.replace("#/components/schemas/", "#/$defs/")});
            let texts = description["components"]["schemas"].to_string().replace("#/components/schemas/", "#/$defs/");
            schema["$defs"] = serde_json::from_str(&texts)?;
            let validator = jsonschema::validator_for(&schema)?;
            let body = answer.json()?;
            let wrong: Vec<String> =
                validator.iter_errors(&body).map(|e| format!("{} at {}", e, e.instance_path())).collect();
            ensure!(wrong.is_empty(), "{address}: {}", wrong.join("\n"));
            // An example shows something.
            let longest = body.as_object().into_iter().flatten().filter_map(|(_, v)| v.as_array().map(Vec::len)).max();
            ensure!(longest != Some(0), "{address} shows nothing: {body}");
            tried += 1;
        }
        ensure!(tried >= 16, "{tried} examples");
        // A schema that takes anything checks nothing: what no list has is refused.
        let schema = json!({"$ref": "#/$defs/Commune", "$defs": description["components"]["schemas"]});
        ensure!(!jsonschema::validator_for(&schema)?.is_valid(&json!({"id": "x"})));
        Ok(())
    });
}

/// Lists with a cursor: the address without `per`, the member that holds the rows, what names a row.
const LISTS: [(&str, &str, &str); 5] = [
    ("/api/v1/communes?nam=2024&dv=cu&q=tan", "communes", "id"),
    ("/api/v1/units?as_of=2024-12-31", "units", "id"),
    ("/api/v1/units/search?as_of=2024-12-31&q=a&level=commune", "units", "id"),
    ("/api/v1/measures?", "measures", "id"),
    ("/api/v1/agencies?", "agencies", "id"),
];

/// The rows of a list, walked by `next`.
async fn walked(visitor: &Visitor, first: &str, rows: &str) -> Result<Vec<Value>> {
    let (mut all, mut next) = (Vec::new(), Some(first.to_owned()));
    while let Some(address) = next {
        let answer = visitor.get(&address, false).await?;
        ensure!(answer.status == OK, "{address}: {}", answer.text());
        let body = answer.json()?;
        all.extend(body[rows].as_array().context("rows")?.iter().cloned());
        next = body["next"].as_str().map(String::from);
        ensure!(all.len() < 5_000, "{address} never ends");
    }
    Ok(all)
}

#[test]
fn lists_are_walked_by_cursor_whatever_the_size_of_a_page() {
    testkit::each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        for (path, rows, id) in LISTS {
            let whole = walked(&visitor, &format!("{path}&per=500"), rows).await?;
            let pieces = walked(&visitor, &format!("{path}&per=40"), rows).await?;
            ensure!(whole.len() > 1 && whole == pieces, "{path}: {} and {}", whole.len(), pieces.len());
            let chosen = walked(&visitor, &format!("{path}&per=100&fields={id}"), rows).await?;
            let ids: Vec<Value> = whole.iter().map(|row| json!({id: row[id]})).collect();
            ensure!(chosen == ids, "{path}");
            for (bad, field) in
                [("cursor=abc", "cursor"), ("cursor=00ff", "cursor"), ("fields=id,none", "fields"), ("per=x", "per")]
            {
                let answer = visitor.get(&format!("{path}&{bad}"), false).await?;
                let problem = answer.json()?;
                ensure!(answer.status == 422 && problem["place"]["field"] == field, "{path}&{bad}: {problem}");
            }
        }
        // Of another list.
        let communes = visitor.get("/api/v1/communes?per=1&nam=2024&dv=cu", false).await?.json()?;
        let cursor = communes["next"].as_str().and_then(|n| n.split_once("cursor=")).context("a cursor")?.1.to_owned();
        ensure!(visitor.get(&format!("/api/v1/agencies?cursor={cursor}"), false).await?.status == 422);
        Ok(())
    });
}

/// What is written before the cursor moves nothing behind it: no row comes twice, none is left out.
#[test]
fn a_cursor_stays_where_it_is_while_others_write() {
    testkit::each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        let path = "/api/v1/units?as_of=2025-07-01&level=commune&per=10";
        let before = walked(&visitor, path, "units").await?;
        let first = visitor.get(path, false).await?.json()?;
        // A commune that comes first of all in the order of names.
        let mut new =
            units::store::get(&mut store.read(&Actor::SYSTEM.scope()).await?, UnitId(1117)).await?.context("it")?;
        (new.id, new.code, new.name) = (UnitId(1_000_001), "99999".into(), "Xã A".into());
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        units::store::insert_units(&mut tx, &[new]).await?;
        tx.commit().await?;
        let rest = walked(&visitor, first["next"].as_str().context("more")?, "units").await?;
        let seen: Vec<Value> = first["units"].as_array().into_iter().flatten().cloned().chain(rest).collect();
        ensure!(seen == before);
        ensure!(walked(&visitor, path, "units").await?.len() == before.len() + 1);
        Ok(())
    });
}

#[test]
fn a_list_comes_as_csv_and_only_when_it_changed() {
    testkit::each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        for (path, columns) in [
            ("/api/v1/units?as_of=2025-07-01&per=3&fields=code,name", "code,name"),
            ("/api/v1/agencies?per=3", "id,code,kind,name_vi,name_en,valid_from,valid_to,successor,confidence,units"),
            ("/api/v1/measures?per=3&fields=id,reads", "id,reads"),
            ("/api/v1/communes?nam=2024&dv=cu&per=3&fields=unit,verdict", "unit,verdict"),
        ] {
            let answer = visitor.ask(path, &[("accept", "text/csv")]).await?;
            let text = answer.text();
            let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
            ensure!(lines.len() == 4 && lines[0] == columns, "{path}: {text}");
            ensure!(
                answer.header("link").contains("rel=\"next\"") && answer.header("vary").contains("accept"),
                "{path}"
            );
            ensure!(answer.header("content-type").starts_with("text/csv"), "{path}");
            let tag = answer.header("etag").to_owned();
            ensure!(
                visitor.ask(path, &[("accept", "text/csv"), ("if-none-match", &tag)]).await?.status == 304,
                "{path}"
            );
            // The same as JSON is something else.
            ensure!(visitor.ask(path, &[("if-none-match", &tag)]).await?.status == OK, "{path}");
        }
        Ok(())
    });
}

#[test]
fn the_page_of_the_api_tries_every_example_and_recipes_name_this_site() {
    testkit::each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        let page = visitor.get("/api", false).await?.text();
        for (path, methods) in described()?["paths"].as_object().context("paths")? {
            ensure!(page.contains(path), "{path}");
            if let Some(address) =
                example(path, &methods["get"]).filter(|_| methods["get"]["responses"]["200"]["content"].is_object())
            {
                let href = address.trim_end_matches('?').replace('&', "&amp;");
                ensure!(page.contains(&format!("href=\"{href}\"")), "{href}");
            }
        }
        for (path, wanted) in
            [("/api/cach-dung", "Excel (Power Query)"), ("/en/api/cach-dung", "standard library only")]
        {
            let page = visitor.get(path, false).await?.text();
            ensure!(page.contains(wanted) && page.contains("https://lang.example"), "{path}");
            ensure!(!page.contains("langso.example.vn"), "{path}");
        }
        Ok(())
    });
}
