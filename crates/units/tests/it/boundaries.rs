//! Boundaries: what is wrong with a file is said feature by feature; what is right replaces the cells.

use crate::pages::Visitor;
use anyhow::{Context, Result};
use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::{Connection, Executor};
use units::boundaries::{Format, read};

const MIGRATIONS: &[&[store::Migration]] = &[units::store::MIGRATIONS];
const PATH: &str = "/api/v1/boundaries?as_of=2025-12-31&source=S%E1%BB%9F%20NNMT";

/// A square of some kilometres around a point.
fn square(lon: f64, lat: f64) -> Value {
    let h = 0.02;
    json!([[[lon - h, lat - h], [lon + h, lat - h], [lon + h, lat + h], [lon - h, lat + h], [lon - h, lat - h]]])
}

fn feature(code: Value, coordinates: Value) -> Value {
    json!({"type": "Feature", "properties": {"MA_XA": code}, "geometry": {"type": "Polygon", "coordinates": coordinates}})
}

fn collection(features: Vec<Value>) -> String {
    json!({"type": "FeatureCollection", "features": features}).to_string()
}

#[test]
fn a_file_is_kept_whole_or_not_at_all() {
    testkit::each_engine(MIGRATIONS, |store| async move {
        let visitor = Visitor::new(store).await?;
        // 02608 Hồng Sơn at 21.5933 105.286; 00700 Ngọc Đường at 22.8101 105.094; 00691 Hà Giang 2 at 22.8605 104.963.
        let good = feature(json!("02608"), square(105.286, 21.5933));
        for (wrong, key) in [
            (feature(json!("99999"), square(105.0, 22.0)), "boundaries-unknown-code"),
            (feature(Value::Null, square(105.0, 22.0)), "boundaries-no-code"),
            (feature(json!("2608"), square(105.286, 21.5933)), "boundaries-duplicate"),
            (feature(json!("00700"), square(22.8101, 105.094)), "boundaries-outside-country"),
            (feature(json!("00700"), square(500_000.0, 2_400_000.0)), "boundaries-outside-country"),
            (
                feature(
                    json!("00700"),
                    json!([[[105.0, 22.0], [105.1, 22.1], [105.1, 22.0], [105.0, 22.1], [105.0, 22.0]]]),
                ),
                "boundaries-crossing-itself",
            ),
            (feature(json!("00700"), json!([[[105.0, 22.0], [105.1, 22.1]]])), "boundaries-no-polygon"),
            (feature(json!("00700"), square(105.290, 21.5933)), "boundaries-overlap"),
        ] {
            let answer = visitor.post(PATH, &[], collection(vec![good.clone(), wrong])).await?;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{key}: {}", answer.text());
            let errors = answer.json()?["errors"].clone();
            assert_eq!(errors.as_array().map(Vec::len), Some(1), "{key}: {errors}");
            assert_eq!(errors[0]["type"], json!(format!("/api/problems#{key}")));
            assert_eq!(errors[0]["place"]["field"], json!("features/1"));
        }
        for (file, key) in [
            ("[]".to_owned(), "boundaries-no-features"),
            ("\u{0}\u{1}".to_owned(), "boundaries-not-readable"),
            ("SQLite format 3\0 and then nothing".to_owned(), "boundaries-not-readable"),
            (
                collection(vec![json!({"type": "Feature", "properties": {"x": 1}, "geometry": null})]),
                "boundaries-no-code-field",
            ),
            (
                json!({"features": [], "crs": {"properties": {"name": "urn:ogc:def:crs:EPSG::3405"}}}).to_string(),
                "boundaries-other-system",
            ),
        ] {
            let answer = visitor.post(PATH, &[], file).await?;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{key}");
            assert_eq!(answer.json()?["problems"][0]["type"], json!(format!("/api/problems#{key}")));
        }
        let shown = async |approximate: bool| -> Result<usize> {
            let shapes = visitor.get("/api/v1/boundaries.geojson?as_of=2025-12-31").await?.json()?;
            let features = shapes["features"].as_array().context("features")?;
            Ok(features.iter().filter(|f| f["properties"]["approximate"] == json!(approximate)).count())
        };
        assert_eq!(shown(false).await?, 0, "nothing of a refused file is kept");
        // A code that lost its zeros is found; a point outside its boundary is a warning only.
        let file = collection(vec![good, feature(json!(700), square(105.2, 22.9))]);
        let dry = visitor.post(&format!("{PATH}&dry_run=true"), &[], file.clone()).await?.json()?;
        assert_eq!((&dry["good"], dry["warnings"].as_array().map(Vec::len)), (&json!(2), Some(1)));
        assert_eq!(dry["missing"].as_array().map(Vec::len), Some(122));
        assert_eq!(shown(false).await?, 0, "a dry run keeps nothing");
        for _ in 0..2 {
            let answer = visitor.post(PATH, &[], file.clone()).await?;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        }
        assert_eq!((shown(false).await?, shown(true).await?), (2, 122));
        assert_eq!(
            visitor.post("/api/v1/boundaries?as_of=2025-12-31", &[], file).await?.json()?["problems"][0]["place"]["field"],
            json!("source")
        );
        Ok(())
    });
}

/// Well-known binary of a square, with heights, in a GeoPackage's envelope.
fn blob(lon: f64, lat: f64) -> Vec<u8> {
    let mut out = b"GP\0\x01".to_vec();
    out.extend(4326i32.to_le_bytes());
    out.push(1);
    out.extend(1006u32.to_le_bytes());
    out.extend(1u32.to_le_bytes());
    out.push(1);
    out.extend(1003u32.to_le_bytes());
    out.extend(1u32.to_le_bytes());
    out.extend(5u32.to_le_bytes());
    for (x, y) in [(-0.02, -0.02), (0.02, -0.02), (0.02, 0.02), (-0.02, 0.02), (-0.02, -0.02)] {
        for number in [lon + x, lat + y, 100.0f64] {
            out.extend(number.to_le_bytes());
        }
    }
    out
}

async fn geopackage(system: i64, blobs: &[(&str, Vec<u8>)]) -> Result<Vec<u8>> {
    let file = tempfile::NamedTempFile::new()?;
    let mut database = sqlx::SqliteConnection::connect(&format!("sqlite:{}", file.path().display())).await?;
    let tables = "CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT, srs_id INTEGER);
         CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INTEGER);
         CREATE TABLE \"các xã\" (fid INTEGER PRIMARY KEY, ma TEXT, geom BLOB);
         INSERT INTO gpkg_contents VALUES ('các xã', 'features', 4326);";
    database.execute(tables).await?;
    sqlx::query("INSERT INTO gpkg_geometry_columns VALUES ('các xã', 'geom', $1)")
        .bind(system)
        .execute(&mut database)
        .await?;
    for (code, blob) in blobs {
        sqlx::query("INSERT INTO \"các xã\" (ma, geom) VALUES ($1, $2)")
            .bind(code)
            .bind(blob)
            .execute(&mut database)
            .await?;
    }
    database.close().await?;
    Ok(std::fs::read(file.path())?)
}

#[test]
fn a_geopackage_is_read_by_code() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut cut = blob(105.0, 22.0);
        cut.truncate(60);
        // A count of four thousand million corners that are not there.
        let mut vast = blob(105.0, 22.0);
        vast[26..30].copy_from_slice(&u32::MAX.to_le_bytes());
        let file =
            geopackage(4326, &[("02608", blob(105.286, 21.5933)), ("00700", cut), ("00691", vast)]).await.unwrap();
        assert_eq!(Format::of(&file), Format::GeoPackage);
        let features = read(file.clone(), None).await.unwrap();
        assert_eq!(
            features.iter().map(|f| (f.code.as_deref().unwrap(), f.ground.is_some())).collect::<Vec<_>>(),
            [("02608", true), ("00700", false), ("00691", false)]
        );
        let ring = &features[0].ground.as_ref().unwrap().0[0].exterior().0;
        assert_eq!((ring.len(), ring[0].x, ring[0].y), (5, 105.286 - 0.02, 21.5933 - 0.02));
        let other = geopackage(3405, &[]).await.unwrap();
        assert_eq!(read(other, None).await.unwrap_err().phrase.key, "boundaries-other-system");
        assert_eq!(read(file, Some("nope".into())).await.unwrap_err().phrase.key, "boundaries-no-code-field");
    });
}

/// What a browser sends of a form with a file.
fn multipart(fields: &[(&str, &str)], file: &str) -> String {
    let mut body = String::new();
    for (name, value) in fields {
        body += &format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body + &format!(
        "--x\r\nContent-Disposition: form-data; name=\"tep\"; filename=\"xa.geojson\"\r\n\r\n{file}\r\n--x--\r\n"
    )
}

/// The value of a hidden field.
fn hidden(page: &str, name: &str) -> Result<String> {
    let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).with_context(|| format!("no {name}: {page}"))?;
    Ok(rest.split('"').next().unwrap_or("").to_owned())
}

#[test]
fn an_administrator_checks_a_file_on_a_page_and_keeps_it_once() {
    each_engine_page(|visitor| async move {
        let kind = [("content-type", "multipart/form-data; boundary=x")];
        let fields = [("ngay", "2025-12-31"), ("cap", "commune"), ("nguon", "Sở NNMT <giấy phép>"), ("cot", "")];
        let good = feature(json!("02608"), square(105.286, 21.5933));
        let wrong = collection(vec![good.clone(), feature(json!("99999"), square(105.0, 22.0))]);
        let page = visitor.post("/don-vi/ranh-gioi/kiem-tra", &kind, multipart(&fields, &wrong)).await?;
        let text = page.text();
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{text}");
        assert!(text.contains("99999") && text.contains("1 lỗi.") && !text.contains("name=\"hash\""), "{text}");
        let nothing = visitor.post("/en/don-vi/ranh-gioi/kiem-tra", &kind, multipart(&fields, "[]")).await?;
        assert!(nothing.text().contains("1 errors."), "{}", nothing.text());
        let no_source = [("ngay", "2025-12-31"), ("nguon", " ")];
        let file = collection(vec![good, feature(json!(700), square(105.2, 22.9))]);
        let page = visitor.post("/don-vi/ranh-gioi/kiem-tra", &kind, multipart(&no_source, &file)).await?;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);

        let page = visitor.post("/don-vi/ranh-gioi/kiem-tra", &kind, multipart(&fields, &file)).await?;
        let text = page.text();
        assert_eq!(page.status, StatusCode::OK, "{text}");
        assert!(
            text.contains("2 ranh giới dùng được") && text.contains("122 đơn vị") && text.contains("1 điểm"),
            "{text}"
        );
        assert!(!text.contains("[boundaries-") && !text.contains("<giấy phép>"), "{text}");
        assert_eq!(shown(&visitor).await?, 0, "a check keeps nothing");
        let (hash, key) = (hidden(&text, "hash")?, hidden(&text, "key")?);
        let sent = |key: &str| format!("hash={hash}&key={key}&ngay=2025-12-31&cap=commune&nguon=S%E1%BB%9F+NNMT&cot=");
        let kind = [("content-type", "application/x-www-form-urlencoded")];
        for _ in 0..2 {
            let page = visitor.post("/don-vi/ranh-gioi/ghi", &kind, sent(&key)).await?;
            assert_eq!(page.status, StatusCode::OK, "{}", page.text());
            assert!(page.text().contains("Đã ghi 2 ranh giới"), "{}", page.text());
            assert_eq!(shown(&visitor).await?, 2);
        }
        let late = visitor.post("/don-vi/ranh-gioi/ghi", &kind, sent("another")).await?;
        assert_eq!(late.status, StatusCode::NOT_FOUND, "the file is gone with its commit");
        // Who may not write sees no form.
        let page = visitor.get("/don-vi/ranh-gioi").await?.text();
        assert!(!page.contains("multipart/form-data") && page.contains("người quản trị"), "{page}");
        Ok(())
    });
}

async fn shown(visitor: &Visitor) -> Result<usize> {
    let shapes = visitor.get("/api/v1/boundaries.geojson?as_of=2025-12-31").await?.json()?;
    let features = shapes["features"].as_array().context("features")?;
    Ok(features.iter().filter(|f| f["properties"]["approximate"] == json!(false)).count())
}

fn each_engine_page<F, Fut>(test: F)
where
    F: Fn(Visitor) -> Fut + Clone,
    Fut: Future<Output = Result<()>>,
{
    testkit::each_engine(MIGRATIONS, |store| {
        let test = test.clone();
        async move { test(Visitor::new(store).await?).await }
    });
}
