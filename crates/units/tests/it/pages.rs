//! Pages and API as a browser or a program sees them, in both languages.

use anyhow::{Context, Result};
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode},
};
use kernel::Actor;
use serde_json::{Value, json};
use std::{collections::HashMap, net::SocketAddr, sync::Arc};
use store::Store;
use testkit::CLOCK;
use tower::ServiceExt;
use units::reference::Reference;

/// A site of this room alone, as whoever sits at the machine sees it.
pub struct Visitor {
    store: Store,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).with_context(|| self.text())
    }
}

impl Visitor {
    pub async fn new(store: Store) -> Result<Visitor> {
        let mut tx = store.write(&Actor::SYSTEM, &CLOCK).await?;
        units::store::seed(&mut tx, &Reference::read()?).await?;
        tx.commit().await?;
        Ok(Visitor { store })
    }

    async fn send(&self, request: Request<Body>, local_admin: bool) -> Result<Answer> {
        let room = units::room();
        let routes = (room.routes)();
        let site = web::Site(Arc::new(web::SiteParts {
            store: self.store.clone(),
            clock: Arc::new(CLOCK),
            templates: web::Templates::new((room.templates)())?,
            people: Arc::new(web::Everybody(if local_admin {
                kernel::Actor::LOCAL_ADMIN
            } else {
                kernel::Actor::READER
            })),
            place: "Tỉnh Tuyên Quang".into(),
            illustrative: false,
            permissions: routes.table.clone(),
            things: HashMap::new(),
            openapi: "{}".into(),
            origin: "https://lang.example".into(),
            limit: None,
            search: web::search::Search::default(),
        }));
        let answer = web::app(site, routes).oneshot(request).await?;
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), 10_000_000).await?.to_vec();
        Ok(Answer { status, body })
    }

    fn request(method: &str, path: &str) -> axum::http::request::Builder {
        let peer: SocketAddr = ([127, 0, 0, 1], 5000).into();
        Request::builder().method(method).uri(path).header("host", "127.0.0.1:8080").extension(ConnectInfo(peer))
    }

    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(Self::request("GET", path).body(Body::empty())?, false).await
    }

    pub async fn post(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Result<Answer> {
        let mut request = Self::request("POST", path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body.into()))?, true).await
    }
}

const MIGRATIONS: &[&[store::Migration]] = &[web::notices::MIGRATIONS, units::store::MIGRATIONS];

#[test]
fn pages_show_units_as_of_a_day_in_both_languages() {
    testkit::each_engine(MIGRATIONS, |store| async move {
        let visitor = Visitor::new(store).await?;
        for (path, wants, refuses) in [
            (
                "/don-vi?ngay=2025-06-30",
                &["Tỉnh Hà Giang", "Huyện Sơn Dương", "30/06/2025", "121 xã"][..],
                &["Phường Mỹ Lâm </a>"][..],
            ),
            ("/don-vi", &["Tỉnh Tuyên Quang", "117 xã, 7 phường", "24/11/2026"], &["Huyện Sơn Dương"]),
            ("/don-vi?q=hong+son", &["Xã Hồng Sơn", "/don-vi/1122"], &["/don-vi/343"]),
            ("/don-vi?q=hong+son&ngay=2025-06-30", &["/don-vi/343", "cần xác nhận"], &["/don-vi/1122"]),
            ("/don-vi?q=%3Cscript%3E", &["&lt;script&gt;", "Không có đơn vị nào phù hợp"], &["<script>"]),
            ("/don-vi/343", &["Xã Hồng Lạc", "Xã Vân Sơn", "Sau khi sắp xếp", "TDMNPB", "/id/unit/343"], &[]),
            ("/don-vi/352", &["Hiện nay thuộc", "/don-vi/1122", "01/12/2024"], &[]),
            ("/don-vi/206", &["Huyện Sơn Dương", "Đơn vị trực thuộc"], &[]),
            ("/en/don-vi/111", &["larger part"], &["phần lớn"]),
            ("/en/don-vi?ngay=2025-06-30", &["As of 24/11/2026", "30 units below"], &["[units-"]),
            ("/co-quan", &["Sở Nông nghiệp và Môi trường", "Đến hết ngày 30/06/2025"], &[]),
            ("/en/co-quan", &["Department of Agriculture and Environment", "Succeeded by"], &[]),
        ] {
            let page = visitor.get(path).await?;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            let text = page.text().replace("&#x2f;", "/");
            for want in wants {
                assert!(text.contains(want), "{path} lacks {want:?}");
            }
            assert!(!text.contains("[units-"), "{path} shows a key");
            for refused in refuses {
                assert!(!text.contains(refused), "{path} has {refused:?}");
            }
        }
        for (path, status) in [("/don-vi/5000", 404), ("/don-vi/x", 404), ("/don-vi?ngay=30.6.2025", 422)] {
            assert_eq!(visitor.get(path).await?.status.as_u16(), status, "{path}");
        }
        Ok(())
    });
}

#[test]
fn the_api_follows_units_and_says_where_they_lie() {
    testkit::each_engine(MIGRATIONS, |store| async move {
        let visitor = Visitor::new(store).await?;
        let page = visitor.get("/api/v1/units/search?as_of=2022-11-01&group=plan-2022&per=10&page=12").await?.json()?;
        assert_eq!((&page["count"], page["units"].as_array().map(Vec::len)), (&json!(122), Some(2)));
        let after = visitor.get("/api/v1/units/352/successors?as_of=2025-07-01").await?.json()?;
        assert_eq!(after["successors"][0]["unit"]["id"], json!(1122));
        let before = visitor.get("/api/v1/units/1043/predecessors").await?.json()?;
        assert_eq!(before["as_of"], json!("2025-06-30"));
        let shares: Vec<&Value> =
            before["predecessors"].as_array().context("a list")?.iter().map(|p| &p["share"]).collect();
        assert!(shares.contains(&&json!("part")), "{before}");
        assert!(visitor.get("/api/v1/agencies").await?.json()?["agencies"].as_array().context("a list")?.len() > 15);
        for (query, count) in [
            ("as_of=2025-12-31", 124),
            ("as_of=2025-06-30&under=206", 137),
            ("as_of=2025-06-30&under=206&level=district", 7),
            ("as_of=2025-12-31&level=province", 1),
        ] {
            let answer = visitor.get(&format!("/api/v1/boundaries.geojson?{query}")).await?;
            assert!(answer.body.len() <= 150_000, "{query}: {} bytes", answer.body.len());
            let features = answer.json()?["features"].as_array().context("features")?.clone();
            assert_eq!(features.len(), count, "{query}");
            assert!(features.iter().all(|f| f["properties"]["approximate"] == json!(true)));
        }
        assert_eq!(visitor.get("/api/v1/units/5000/successors").await?.status, StatusCode::NOT_FOUND);
        assert_eq!(visitor.get("/api/v1/units/search?as_of=x").await?.status, StatusCode::UNPROCESSABLE_ENTITY);
        Ok(())
    });
}

#[test]
fn writes_can_be_repeated_and_name_the_version_they_edit() {
    testkit::each_engine(MIGRATIONS, |store| async move {
        let visitor = Visitor::new(store.clone()).await?;
        let path = "/api/v1/units/343/corrections";
        let body = json!({"note": "Theo NQ 1", "source": "NQ 1"}).to_string();
        assert_eq!(visitor.post(path, &[], body.clone()).await?.status.as_u16(), 428);
        assert_eq!(visitor.post(path, &[("if-match", "\"7\"")], body.clone()).await?.status.as_u16(), 412);
        let headers = [("if-match", "\"1\""), ("idempotency-key", "k1")];
        for _ in 0..2 {
            let answer = visitor.post(path, &headers, body.clone()).await?;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
            assert_eq!((&answer.json()?["version"], &answer.json()?["unit"]["note"]), (&json!(2), &json!("Theo NQ 1")));
        }
        let late = visitor.post(path, &[("if-match", "\"1\"")], body.clone()).await?;
        assert_eq!(late.status.as_u16(), 412);
        let late = late.json()?;
        assert_eq!((&late["now"], &late["yours"], &late["version"]), (&late["yours"], &late["now"], &json!(2)));
        assert_eq!(late["fields"][0], json!("Ghi chú: hiện nay là “Theo NQ 1”, bạn gửi “Theo NQ 1”."));
        let attribute = json!({"attribute": "special_difficulty", "value": "true", "source": "QĐ 2"}).to_string();
        let attributes = "/api/v1/units/343/attributes";
        assert_eq!(visitor.post(attributes, &[], attribute.clone()).await?.status.as_u16(), 428);
        let headers_of = [("if-match", "\"2\""), ("idempotency-key", "k3")];
        for _ in 0..2 {
            let answer = visitor.post(attributes, &headers_of, attribute.clone()).await?;
            assert_eq!((answer.status, &answer.json()?["version"]), (StatusCode::OK, &json!(3)), "{}", answer.text());
        }
        // The same by the form of the unit's page: what is wrong stands at its field, what was typed stays.
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let sent = "attribute=former_base_area&from=2025-01-01&key=f1&source=Q%C4%90+5";
        let address = "/don-vi/343/thuoc-tinh";
        let wrong = visitor.post(address, &form, format!("{sent}&seen=3&value=maybe")).await?;
        assert_eq!(wrong.status.as_u16(), 422);
        for want in ["id=\"w-value\"", "value=\"maybe\"", "value=\"QĐ 5\"", "name=\"seen\" value=\"3\""] {
            assert!(wrong.text().contains(want), "{want} is not in {}", wrong.text());
        }
        let late = visitor.post(address, &form, format!("{sent}&seen=2&value=yes")).await?;
        assert_eq!(late.status.as_u16(), 412);
        assert!(late.text().contains("hiện nay là “(trống)”, bạn gửi “true”"), "{}", late.text());
        for _ in 0..2 {
            let saved = visitor.post(address, &form, format!("{sent}&seen=3&value=C%C3%B3")).await?;
            assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
        }
        let page = visitor.get("/don-vi/343").await?.text();
        assert!(page.contains("QĐ 5") && page.contains("QĐ 2") && !page.contains("thuoc-tinh"), "{page}");
        let other = json!({"code": "1", "source": "NQ 1"}).to_string();
        assert_eq!(visitor.post(path, &headers, other).await?.status, StatusCode::CONFLICT);
        assert_eq!(visitor.post(path, &headers, "{").await?.status, StatusCode::UNPROCESSABLE_ENTITY);
        let plan = json!({
            "day": "2027-01-01", "source": "NQ 2", "confidence": "verified",
            "units": [{"name": "Xã Mới", "code": "02608", "level": "commune", "kind": "commune", "parent": 1001}],
            "moves": [{"from": 1122, "to": 0, "whole": true, "main": true}],
        });
        // Nobody reorganises alone: there are plans, and no other way.
        assert_eq!(visitor.post("/api/v1/reorganisations", &[], plan.to_string()).await?.status, StatusCode::NOT_FOUND);
        let (plans, sent) = ("/api/v1/reorganisation-plans", json!({"title": "Xã Mới", "plan": plan}).to_string());
        for _ in 0..2 {
            let answer = visitor.post(plans, &[("idempotency-key", "k2")], sent.clone()).await?;
            assert_eq!((answer.status, &answer.json()?["id"]), (StatusCode::OK, &json!(1)), "{}", answer.text());
            assert_eq!(answer.json()?["ended"], json!([1122]));
        }
        let mut ended = plan.clone();
        ended["moves"][0]["from"] = json!(343);
        let refused = visitor.post(plans, &[], json!({"plan": ended}).to_string()).await?;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(refused.json()?["problems"][0]["place"]["field"], json!("moves/0/from"));
        // Whoever only reads cannot write.
        let request = Visitor::request("POST", path).body(Body::from(body))?;
        assert_eq!(visitor.send(request, false).await?.status, StatusCode::UNAUTHORIZED);
        Ok(())
    });
}
