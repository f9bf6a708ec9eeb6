//! Permanent addresses lead to the page or the JSON of a thing, and the text that judged is there byte for byte.

use crate::{
    figures::{COMMUNE, ROOMS, entry, prepared, save},
    visitor::Visitor,
};
use anyhow::Context;
use axum::http::StatusCode;
use kernel::Actor;
use rulebook::Value;
use serde_json::json;
use sha2::{Digest, Sha256};
use store::{Query, args};
use testkit::each_engine;

#[test]
fn every_kind_answers_as_a_page_and_as_json() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        save(&store, &law, &[entry(&law, COMMUNE, "households", Value::Number(9.into()))], true).await?;
        let visitor = Visitor::of(&store, &law);
        let sent = |publish: &str| {
            let path = format!("/api/v1/figures?set=commune-2021-2025&source=t.csv{publish}");
            (path, "unit_code,period,indicator,value\n02608,2023,8.1,đạt\n02608,2024,8.1,đạt\n")
        };
        let (path, table) = sent("&publish=true");
        assert_eq!(visitor.give(&path, &[], table).await?.code(), StatusCode::OK);
        let (path, table) = sent("");
        let table = table.replace("02608,2024,8.1,đạt", "02608,2024,8.1,không đạt");
        assert_eq!(visitor.give(&path, &[], table).await?.code(), StatusCode::OK);
        let mut tx = store.read(&Actor::READER.scope()).await?;
        let row = tx.row("SELECT sha256 FROM facts_ruletext WHERE set_id = 'commune-2021-2025'", args![]).await?;
        let hash = row.context("a text that judged")?.text(0)?;
        let rows = tx.rows("SELECT id FROM facts_import ORDER BY id", args![]).await?;
        let (public, hidden) = (rows[0].i64(0)?, rows[1].i64(0)?);
        drop(tx);
        for (address, page, api) in [
            ("unit/250".to_owned(), "/xa/250".to_owned(), "/api/v1/units/250".to_owned()),
            ("unit/206".into(), "/don-vi/206".into(), "/api/v1/units/206".into()),
            ("agency/1".into(), "/co-quan#a1".into(), "/api/v1/agencies".into()),
            (
                "set/commune-2021-2025".into(),
                "/bo-tieu-chi/commune-2021-2025".into(),
                "/api/v1/sets/commune-2021-2025".into(),
            ),
            (
                "measure/households".into(),
                "/tu-dien-so-lieu?q=households#households".into(),
                "/api/v1/measures/households".into(),
            ),
            (format!("import/{public}"), format!("/nhap-so-lieu/{public}"), format!("/api/v1/imports/{public}")),
            (format!("ruletext/{hash}"), format!("/api/v1/ruletexts/{hash}"), format!("/api/v1/ruletexts/{hash}")),
        ] {
            for (headers, to) in [(&[][..], &page), (&[("accept", "application/json")][..], &api)] {
                let answer = visitor.ask(&format!("/id/{address}"), headers).await?;
                assert_eq!((answer.code(), answer.leads_to()), (StatusCode::SEE_OTHER, Some(to.as_str())), "{address}");
                let there = visitor.ask(to.split('#').next().unwrap_or(to), headers).await?;
                assert_eq!(there.code(), StatusCode::OK, "{to}");
                assert!(!there.text().contains("[import-"), "{to} shows a key");
            }
        }
        for address in
            ["unit/x", "set/x", "measure/x", "import/999", "import/x", "ruletext/x", "x/1", &format!("import/{hidden}")]
        {
            assert_eq!(visitor.ask(&format!("/id/{address}"), &[]).await?.code(), StatusCode::NOT_FOUND, "{address}");
        }
        assert_eq!(visitor.ask(&format!("/api/v1/imports/{hidden}"), &[]).await?.code(), StatusCode::NOT_FOUND);
        let import = visitor.ask(&format!("/api/v1/imports/{public}"), &[]).await?.json()?;
        assert_eq!(
            (&import["source"], &import["new"], &import["published"]),
            (&json!("t.csv"), &json!(2), &json!(true))
        );

        // Whoever holds a verdict can check the text behind its hash; the commune's page leads there.
        let text = visitor.ask(&format!("/api/v1/ruletexts/{hash}"), &[]).await?;
        assert_eq!(hex::encode(Sha256::digest(&text.body)), hash);
        assert_eq!(text.json()?["set"], json!("commune-2021-2025"));
        let page = visitor.ask("/xa/343?nam=2024", &[]).await?.text().replace("&#x2f;", "/");
        let link = page
            .split("/id/ruletext/")
            .nth(1)
            .and_then(|rest| rest.get(..64))
            .with_context(|| format!("no link to the text in {page}"))?;
        assert_eq!(visitor.ask(&format!("/api/v1/ruletexts/{link}"), &[]).await?.code(), StatusCode::OK);
        // A set that judged nothing yet is told as it is in use.
        let page = visitor.ask("/bo-tieu-chi/district-2021-2025", &[]).await?.text();
        let link = page
            .split("/id/ruletext/")
            .nth(1)
            .and_then(|rest| rest.get(..64))
            .with_context(|| format!("no link to the text in {page}"))?;
        let text = visitor.ask(&format!("/api/v1/ruletexts/{link}"), &[]).await?;
        assert_eq!((text.code(), hex::encode(Sha256::digest(&text.body)).as_str()), (StatusCode::OK, link));
        Ok(())
    });
}

/// The description is made from the code, and neither says more than the other.
#[test]
fn every_address_of_the_api_is_described_and_every_description_has_its_address() {
    let described: serde_json::Value = serde_json::from_str(&facts::pages::description()).expect("JSON");
    assert!(described["openapi"].as_str().is_some_and(|v| v.starts_with("3.1")), "{}", described["openapi"]);
    let mut said = Vec::new();
    for (path, methods) in described["paths"].as_object().expect("paths") {
        said.extend(methods.as_object().expect("methods").keys().map(|m| format!("{} {path}", m.to_uppercase())));
    }
    let rooms = [web::room(), units::room(), ledger::room(), facts::pages::room()];
    let mut there: Vec<String> = rooms
        .iter()
        .flat_map(|room| (room.routes)().table)
        .filter(|row| row.path.starts_with("/api/v1/"))
        .map(|row| format!("{} {}", row.method, row.path))
        .collect();
    // What a DHIS2 client also asks for by other names is one thing.
    let one_name = |line: &String| match line.contains("/dhis2/") {
        true => line.replace("/dhis2/api/", "/dhis2/").trim_end_matches(".csv").trim_end_matches(".json").to_owned(),
        false => line.clone(),
    };
    // Words of the tus protocol itself: what the server can, and PATCH by another name.
    there.retain(|line| line != "OPTIONS /api/v1/uploads" && line != "POST /api/v1/uploads/{upload}");
    for list in [&mut said, &mut there] {
        *list = list.iter().map(one_name).collect();
        list.sort();
        list.dedup();
    }
    assert_eq!(said, there);
}
