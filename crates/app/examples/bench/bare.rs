//! The bare contestant of pages: an axum handler that asks the store what the page asks, and answers with as many bytes,
//! made beforehand. No templates, no words, no headers of ours, no compression.

use crate::nation;
use anyhow::{Context, Result};
use axum::{
    Router,
    extract::{Path, State},
    http::header,
    routing::get,
};
use bytes::Bytes;
use facts::{
    Edition, published,
    totals::{self, Listing, Slice},
};
use kernel::{Actor, UnitId};
use rulebook::values::year_end;
use std::sync::Arc;
use store::{Store, StoreOptions};

struct Bare {
    store: Store,
    home: Bytes,
    commune: Bytes,
}

/// `bare ADDRESS DATABASE HOME_BYTES COMMUNE_BYTES`
pub async fn serve(args: &[String]) -> Result<()> {
    let [address, database, home, commune] = args else { anyhow::bail!("four arguments") };
    let page = |size: &str| anyhow::Ok(Bytes::from(vec![b'x'; size.parse()?]));
    let store = Store::open(&format!("sqlite:{database}"), StoreOptions::default()).await?;
    let bare = Bare { store, home: page(home)?, commune: page(commune)? };
    let router =
        Router::new().route("/", get(home_page)).route("/xa/{id}", get(commune_page)).with_state(Arc::new(bare));
    let listener = tokio::net::TcpListener::bind(address.as_str()).await?;
    Ok(axum::serve(listener, router).await?)
}

type Page = ([(header::HeaderName, &'static str); 1], Bytes);

fn html(body: &Bytes) -> Page {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], body.clone())
}

/// What home asks of the store by default: the provinces of the last old day, totals, the trend, the five nearest.
async fn ask_home(bare: &Bare) -> Result<()> {
    let mut tx = bare.store.read(&Actor::READER.scope()).await?;
    let day = "2025-06-30".parse().map_err(|e| anyhow::anyhow!("{e}"))?;
    let provinces = units::store::provinces(&mut tx, day).await?;
    let province = provinces.iter().find(|p| p.code == "08").context("the province")?.id;
    let slice = Slice { ancestor: province, set: nation::SET.into(), year: 2025, day };
    std::hint::black_box(totals::totals(&mut tx, &slice).await?);
    std::hint::black_box(totals::by_year(&mut tx, &slice).await?);
    let nearest = Listing { sort: "nearest".into(), per: 5, ..Listing::default() };
    std::hint::black_box(totals::communes(&mut tx, &slice, &nearest).await?);
    Ok(())
}

/// What a commune's page asks: the unit, its verdicts, traits, figures of all years, neighbours in time, ancestors.
async fn ask_commune(bare: &Bare, id: UnitId) -> Result<()> {
    let mut tx = bare.store.read(&Actor::READER.scope()).await?;
    std::hint::black_box(units::store::get(&mut tx, id).await?);
    std::hint::black_box(totals::of_unit(&mut tx, id).await?);
    std::hint::black_box(units::store::traits(&mut tx, &[id], year_end(2025)).await?);
    std::hint::black_box(published::figures(&mut tx, id, None, Edition::Published).await?);
    std::hint::black_box(units::store::neighbours(&mut tx, id).await?);
    std::hint::black_box(units::store::ancestors(&mut tx, id).await?);
    Ok(())
}

async fn home_page(State(bare): State<Arc<Bare>>) -> Page {
    ask_home(&bare).await.expect("home's queries");
    html(&bare.home)
}

async fn commune_page(State(bare): State<Arc<Bare>>, Path(id): Path<i64>) -> Page {
    ask_commune(&bare, UnitId(id)).await.expect("the commune's queries");
    html(&bare.commune)
}
