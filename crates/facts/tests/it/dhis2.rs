//! The exchange with DHIS2 through the service: what goes out comes in unchanged, what is wrong is told by place, nothing
//! that is only being worked on goes out.

use crate::{
    figures::{COMMUNE, ROOMS, entry, prepared, save},
    visitor::Visitor,
};
use anyhow::{Context, Result};
use axum::http::StatusCode;
use facts::{Law, dhis2};
use kernel::{Actor, UnitId};
use rulebook::Value as Figure;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use store::{Query, Store, args};
use testkit::each_engine;

const IN: &str = "/api/v1/dhis2/dataValueSets?idScheme=CODE";

/// The codes of Xã Tân Mỹ and of its province at the end of 2024.
async fn codes(store: &Store) -> Result<(String, String)> {
    let mut tx = store.read(&Actor::READER.scope()).await?;
    let commune = units::store::get(&mut tx, COMMUNE).await?.context("the commune")?;
    let above = units::store::ancestors(&mut tx, COMMUNE).await?;
    Ok((commune.code, above.last().context("a province")?.code.clone()))
}

async fn lines(store: &Store) -> Result<i64> {
    let mut tx = store.read(&Actor::LOCAL_ADMIN.scope()).await?;
    Ok(tx.row("SELECT COUNT(*) FROM facts_history", args![]).await?.context("a count")?.i64(0)?)
}

fn counts(answer: &Value) -> [i64; 3] {
    ["imported", "updated", "ignored"].map(|name| answer["response"]["importCount"][name].as_i64().unwrap_or(-1))
}

/// Figures of every kind, published; and one change that is not.
async fn filled(store: &Store, law: &Law) -> Result<()> {
    let figures = [
        ("households", Figure::Number(1234.into())),
        ("sanitation.household_share", Figure::Fraction(2.into(), 3.into())),
        ("income.per_person", Figure::Number("41.123456789012345678901234567890".parse()?)),
        ("poverty.multidimensional_rate", Figure::Number("12.5".parse()?)),
    ];
    let figures: Vec<_> = figures.into_iter().map(|(m, v)| entry(law, COMMUNE, m, v)).collect();
    save(store, law, &figures, true).await?;
    save(store, law, &[entry(law, COMMUNE, "households", Figure::Number(777.into()))], false).await?;
    Ok(())
}

#[test]
fn what_goes_out_comes_in_unchanged() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        filled(&store, &law).await?;
        let visitor = Visitor::of(&store, &law);
        let (commune, province) = codes(&store).await?;
        let path =
            format!("/api/v1/dhis2/dataValueSets.json?orgUnit={province}&children=true&period=2024&idScheme=CODE");
        let out = visitor.ask(&path, &[]).await?;
        assert_eq!(out.code(), StatusCode::OK, "{}", out.text());
        let told = out.json()?;
        let values = told["dataValues"].as_array().context("values")?;
        assert_eq!(values.len(), 4);
        let of =
            |element: &str| values.iter().find(|v| v["dataElement"] == json!(element)).cloned().unwrap_or_default();
        assert_eq!(of("households")["value"], json!("1234"), "what is being worked on does not go out");
        assert!(!out.text().contains("777"));
        let share = of("sanitation.household_share");
        assert_eq!(
            (&share["value"], &share["comment"], &share["orgUnit"]),
            (&json!("66.666667"), &json!("2/3"), &json!(commune))
        );
        assert_eq!(of("income.per_person")["value"], json!("41.12345678901234567890123456789"));

        // In again: as JSON, as CSV, by uid; whatever the form, nothing is new.
        let before = lines(&store).await?;
        let csv = visitor.ask(&path.replace(".json", ".csv"), &[]).await?;
        assert!(csv.text().starts_with("dataelement,period,orgunit,categoryoptioncombo,attributeoptioncombo,value,storedby,lastupdated,comment,followup,deleted\n"));
        let by_uid = visitor.ask(&path.replace("&idScheme=CODE", ""), &[]).await?;
        assert_eq!(by_uid.json()?["dataValues"][0]["orgUnit"], json!(dhis2::units::uid_of(COMMUNE)));
        let accepted = visitor.ask(&path.replace(".json", ""), &[("accept", "application/csv")]).await?;
        assert_eq!(accepted.body, csv.body);
        for (kind, path, body) in [
            ("application/json", IN, &out.body),
            ("application/csv", IN, &csv.body),
            ("application/json", "/api/v1/dhis2/api/dataValueSets", &by_uid.body),
        ] {
            for publish in ["", "publish=true"] {
                let path = format!("{path}{}{publish}", if path.contains('?') { "&" } else { "?" });
                let back = visitor.give(&path, &[("content-type", kind)], body.clone()).await?;
                assert_eq!((back.code(), counts(&back.json()?)), (StatusCode::OK, [0, 0, 4]), "{}", back.text());
            }
        }
        assert_eq!(lines(&store).await?, before);
        Ok(())
    });
}

#[test]
fn csv_says_what_json_says() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        let visitor = Visitor::of(&store, &law);
        let (commune, _) = codes(&store).await?;
        let sent = json!({"period": "2024", "orgUnit": commune, "dataValues": [
            {"dataElement": "households", "value": 900},
            {"dataElement": "sanitation.household_share", "value": "75", "comment": "3/4"},
            {"dataElement": "poverty.multidimensional_rate", "value": 120.5},
            {"dataElement": "no.such", "value": "1"},
        ]});
        let csv = format!(
            "dataelement,period,orgunit,catoptcombo,attroptcombo,value,strby,lstupd,cmt\n\
             households,2024,{commune},default,,900,x,2024-01-01,\n\
             sanitation.household_share,2024,{commune},,,75,,,3/4\n\
             poverty.multidimensional_rate,2024,{commune},,HllvX50cXC0,120.5,,,\n\
             no.such,2024,{commune},,,1,,,\n"
        );
        let dry = format!("{IN}&dryRun=true");
        let json = visitor.give(&dry, &[], sent.to_string()).await?;
        let csv_answer = visitor.give(&dry, &[("content-type", "text/csv")], csv).await?;
        assert_eq!(json.json()?, csv_answer.json()?);
        assert_eq!(lines(&store).await?, 0, "a dry run writes nothing");
        // The same with the words that the payload itself says.
        let mut own = sent.clone();
        own["idScheme"] = json!("CODE");
        own["dryRun"] = json!(true);
        assert_eq!(visitor.give("/api/v1/dhis2/dataValueSets", &[], own.to_string()).await?.json()?, json.json()?);

        let wet = visitor.give(&format!("{IN}&publish=true"), &[], sent.to_string()).await?.json()?;
        assert_eq!((counts(&wet), &wet["response"]["rejectedIndexes"]), ([2, 0, 2], &json!([2, 3])));
        let out = format!(
            "/api/v1/dhis2/dataValueSets?orgUnit={commune}&period=2024&idScheme=CODE&dataElement=sanitation.household_share"
        );
        let value = visitor.ask(&out, &[]).await?.json()?["dataValues"][0].clone();
        assert_eq!((&value["value"], &value["comment"]), (&json!("75"), &json!("3/4")), "the exact fraction is kept");
        Ok(())
    });
}

#[test]
fn conflicts_name_code_and_places_and_the_rest_is_taken() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        let visitor = Visitor::of(&store, &law);
        let (commune, province) = codes(&store).await?;
        let value = |element: &str, period: &str, unit: &str, value: Value| json!({"dataElement": element, "period": period, "orgUnit": unit, "value": value});
        let mut deleted = value("population", "2024", &commune, json!("1"));
        deleted["deleted"] = json!(true);
        let mut optioned = value("population", "2024", &commune, json!("1"));
        optioned["categoryOptionCombo"] = json!("male");
        let values = json!([
            value("households", "2024", &commune, json!("900")),
            value("no.such", "2024", &commune, json!("1")),
            value("households", "2024Q1", &commune, json!("1")),
            value("households", "x", &commune, json!("1")),
            value("households", "2031", &commune, json!("1")),
            value("households", "2024", "99999", json!("1")),
            value("no.such", "2023", &commune, json!("1")),
            value("households", "2023", &commune, json!("1.5")),
            value("households", "2022", &commune, json!("")),
            optioned,
            deleted,
            value("income.per_person", "2024", &province, json!("1")),
            value("households", "2024", &commune, json!("901")),
            value("income.per_person", "2024", &commune, json!(50)),
        ]);
        let answer = visitor.give(IN, &[("accept-language", "en")], json!({"dataValues": values}).to_string()).await?;
        assert_eq!(answer.code(), StatusCode::CONFLICT, "{}", answer.text());
        let told = answer.json()?;
        assert_eq!(
            (&told["status"], &told["httpStatusCode"], &told["httpStatus"]),
            (&json!("WARNING"), &json!(409), &json!("Conflict"))
        );
        let response = &told["response"];
        assert_eq!((&response["responseType"], &response["status"]), (&json!("ImportSummary"), &json!("WARNING")));
        assert_eq!(counts(&told), [2, 0, 12]);
        assert_eq!(response["rejectedIndexes"], json!([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]));
        let conflicts: Vec<Value> = response["conflicts"].as_array().context("conflicts")?.clone();
        let brief: Vec<Value> =
            conflicts.iter().map(|c| json!([c["errorCode"], c["property"], c["object"], c["indexes"]])).collect();
        assert_eq!(
            json!(brief),
            json!([
                ["E7610", "dataElement", "no.such", [1, 6]],
                ["E7632", "period", "2024Q1", [2]],
                ["E7611", "period", "x", [3]],
                ["E7641", "period", "2031", [4]],
                ["E7612", "orgUnit", "99999", [5]],
                ["E7619", "value", "households", [7]],
                ["E7618", "value", "households", [8]],
                ["E7613", "categoryOptionCombo", "male", [9]],
                [null, "deleted", "population", [10]],
                ["E7636", "orgUnit", province, [11]],
                [null, "dataElement", "households", [12]],
            ])
        );
        assert!(conflicts.iter().all(|c| c["value"].as_str().is_some_and(|v| !v.contains("dhis2-"))), "{conflicts:?}");
        assert_eq!(lines(&store).await?, 2);
        let out = format!("/api/v1/dhis2/dataValueSets?orgUnit={commune}&period=2024&idScheme=CODE");
        assert_eq!(visitor.ask(&out, &[]).await?.json()?["dataValues"], json!([]), "nothing is published unasked");

        // What follows: a strategy, a whole set refused, requests that cannot be read.
        let one = |v: &str| json!({"dataValues": [value("households", "2024", &commune, json!(v))]}).to_string();
        for (query, body, want) in [
            ("&importStrategy=CREATE", one("902"), [0, 0, 1]),
            ("&importStrategy=UPDATE", one("902"), [0, 1, 0]),
            ("", one("902"), [0, 0, 1]),
            ("&publish=true", one("902"), [0, 1, 0]),
            ("&publish=true", one("902"), [0, 0, 1]),
        ] {
            let answer = visitor.give(&format!("{IN}{query}"), &[], body).await?;
            assert_eq!((answer.code(), counts(&answer.json()?)), (StatusCode::OK, want), "{query} {}", answer.text());
        }
        for (query, property) in [("&importStrategy=DELETE", "importStrategy"), ("", "dataSet")] {
            let body = json!({"dataSet": "no-set", "dataValues": [value("households", "2024", &commune, json!("1"))]});
            let answer = visitor.give(&format!("{IN}{query}"), &[], body.to_string()).await?;
            let told = answer.json()?;
            assert_eq!(
                (answer.code(), &told["status"], counts(&told)),
                (StatusCode::CONFLICT, &json!("ERROR"), [0, 0, 1])
            );
            assert_eq!(told["response"]["conflicts"][0]["property"], json!(property));
        }
        for (query, kind, body, status) in [
            ("", "application/json", "{", 400),
            ("", "application/csv", "a,b\n", 400),
            ("", "application/xml", "<x/>", 415),
            ("&dataElementIdScheme=NAME", "application/json", "{}", 409),
            ("&importStrategy=X", "application/json", "{}", 409),
            ("&async=true", "application/json", "{}", 409),
            ("", "application/json", "{}", 200),
        ] {
            let answer = visitor.give(&format!("{IN}{query}"), &[("content-type", kind)], body).await?;
            assert_eq!(
                (answer.code().as_u16(), answer.json()?["httpStatusCode"].as_u64()),
                (status, Some(u64::from(status))),
                "{query} {body}"
            );
        }
        assert_eq!(visitor.give_as_reader(IN, one("1")).await?.code(), StatusCode::UNAUTHORIZED);
        Ok(())
    });
}

#[test]
fn a_code_is_read_with_a_day_and_a_key_gets_its_first_answer() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        let visitor = Visitor::of(&store, &law);
        // 02608 is Hồng Lạc until 30/11/2024, Hồng Sơn after, and the merged Hồng Sơn since 01/07/2025.
        let body = |year: &str| {
            json!({"dataSet": "commune-2021-2025", "completeDate": "2025-01-01", "period": year, "orgUnit": "02608",
                   "dataValues": [{"dataElement": "income.per_person", "value": "45"}]})
            .to_string()
        };
        for (query, year) in [("", "2023"), ("", "2024"), ("&as_of=2025-06-30", "2025"), ("", "2025")] {
            let answer = visitor.give(&format!("{IN}{query}"), &[], body(year)).await?;
            assert_eq!(counts(&answer.json()?), [1, 0, 0], "{year} {}", answer.text());
        }
        let mut tx = store.read(&Actor::LOCAL_ADMIN.scope()).await?;
        let rows = tx.rows("SELECT unit, period FROM facts_figure ORDER BY period, unit", args![]).await?;
        let units = rows.iter().map(|r| r.i64(0)).collect::<store::Result<Vec<_>>>()?;
        assert_eq!(units.iter().collect::<BTreeSet<_>>().len(), 3, "{units:?}");
        assert_eq!(units[1], units[2], "the commune of 2024 is the old one of 2025");
        drop(tx);
        // By uid no day is needed: the unit itself is named.
        let uid = dhis2::units::uid_of(UnitId(units[1]));
        let out = format!("/api/v1/dhis2/dataValueSets?orgUnit={uid}&period=2025");
        assert_eq!(visitor.ask(&out, &[]).await?.code(), StatusCode::OK);
        assert_eq!(visitor.ask(&out.replace("2025", "2021"), &[]).await?.code(), StatusCode::CONFLICT);

        let keyed = [("idempotency-key", "k1")];
        let first = visitor.give(IN, &keyed, body("2022")).await?;
        let again = visitor.give(IN, &keyed, body("2022")).await?;
        assert_eq!((first.body.clone(), counts(&first.json()?)), (again.body, [1, 0, 0]));
        assert_eq!(visitor.give(IN, &keyed, body("2021")).await?.code(), StatusCode::CONFLICT);
        let bad = body("2021").replace("income.per_person", "households");
        let refused = visitor.give(IN, &[("idempotency-key", "k2")], bad.clone()).await?;
        assert_eq!(refused.json()?["response"]["conflicts"][0]["errorCode"], json!("E7633"));
        assert_eq!(visitor.give(IN, &[("idempotency-key", "k2")], bad).await?.code(), StatusCode::CONFLICT);
        Ok(())
    });
}

#[test]
fn a_peer_gets_metadata_it_can_import() {
    each_engine(ROOMS, |store| async move {
        let law = prepared(&store, true).await?;
        let visitor = Visitor::of(&store, &law);
        let told = visitor.ask("/api/v1/dhis2/metadata.json?as_of=2024-12-31", &[]).await?.json()?;
        let list = |name: &str| told[name].as_array().cloned().unwrap_or_default();
        for (name, longest) in [("dataElements", 230), ("organisationUnits", 230), ("dataSets", 230)] {
            let things = list(name);
            assert!(!things.is_empty());
            for property in ["id", "code"].iter().chain(if name == "organisationUnits" { &[][..] } else { &["name"] }) {
                let texts: BTreeSet<&str> = things.iter().filter_map(|t| t[*property].as_str()).collect();
                assert_eq!(texts.len(), things.len(), "{name}: {property} is unique");
            }
            for thing in &things {
                assert!(dhis2::looks_like_uid(thing["id"].as_str().unwrap_or("")), "{thing}");
                let length = |property: &str| thing[property].as_str().map_or(999, |t| t.chars().count());
                assert!(length("code") <= 50 && length("shortName") <= 50 && length("name") <= longest, "{thing}");
            }
        }
        let elements = list("dataElements");
        let element = |code: &str| elements.iter().find(|e| e["code"] == json!(code)).cloned().unwrap_or_default();
        for (code, kind, joined) in [
            ("households", "INTEGER_ZERO_OR_POSITIVE", "SUM"),
            ("sanitation.household_share", "PERCENTAGE", "NONE"),
            ("income.per_person", "NUMBER", "NONE"),
        ] {
            assert_eq!(
                (&element(code)["valueType"], &element(code)["aggregationType"]),
                (&json!(kind), &json!(joined)),
                "{code}"
            );
        }
        // A parent stands before its children; a set names elements and units that are there.
        let units = list("organisationUnits");
        let mut seen = BTreeSet::new();
        for unit in &units {
            if let Some(parent) = unit["parent"]["id"].as_str() {
                assert!(seen.contains(parent), "{unit}");
            }
            seen.insert(unit["id"].as_str().unwrap_or("").to_owned());
        }
        let ended = units.iter().find(|u| u["id"] == json!(dhis2::units::uid_of(COMMUNE))).context("the commune")?;
        assert_eq!(ended["closedDate"], json!("2025-06-30"));
        let known: BTreeSet<&str> = elements.iter().filter_map(|e| e["id"].as_str()).collect();
        for set in list("dataSets") {
            assert_eq!(set["periodType"], json!("Yearly"));
            let members = set["dataSetElements"].as_array().cloned().unwrap_or_default();
            assert!(members.iter().all(|m| known.contains(m["dataElement"]["id"].as_str().unwrap_or(""))), "{set}");
            assert!(
                set["organisationUnits"]
                    .as_array()
                    .is_some_and(|u| u.iter().all(|u| seen.contains(u["id"].as_str().unwrap_or(""))))
            );
        }
        let again = visitor.ask("/api/v1/dhis2/api/metadata?as_of=2024-12-31", &[]).await?;
        assert_eq!(again.json()?, told);
        assert_eq!(visitor.ask("/api/v1/dhis2/metadata.json?orgUnit=x", &[]).await?.code(), StatusCode::CONFLICT);
        for query in [
            "",
            "?period=2024",
            "?orgUnit=08",
            "?orgUnit=08&period=2024&period=2023",
            "?orgUnit=xx&period=2024",
            "?orgUnit=08&period=2024&dataElement=x",
            "?orgUnit=08&orgUnit=02&children=true&period=2024",
        ] {
            let answer = visitor.ask(&format!("/api/v1/dhis2/dataValueSets{query}"), &[]).await?;
            assert_eq!((answer.code(), &answer.json()?["status"]), (StatusCode::CONFLICT, &json!("ERROR")), "{query}");
        }
        let year = "?orgUnit=08&startDate=2024-01-01&endDate=2024-12-31";
        assert_eq!(visitor.ask(&format!("/api/v1/dhis2/dataValueSets{year}"), &[]).await?.code(), StatusCode::OK);
        Ok(())
    });
}
