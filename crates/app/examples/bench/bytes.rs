//! The bytes of a cold visit to home as a browser asks for them (brotli), fonts apart.

use crate::{Bench, Line, client, pages};
use anyhow::Result;

/// What stands in quotes behind each of these words.
fn quoted(text: &str, before: &str) -> Vec<String> {
    text.split(before).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

pub async fn run(bench: &Bench) -> Result<Vec<Line>> {
    let address = pages::address();
    let _server = pages::serve(bench, address).await?;
    let packed = client::get(address, "/", "br").await?.body.len();
    let html = String::from_utf8(client::get(address, "/", "identity").await?.body)?;
    let html = html.replace("&#x2f;", "/").replace("&amp;", "&");
    let mut wanted = quoted(&html, "rel=\"stylesheet\" href=\"");
    wanted.extend(quoted(&html, " src=\""));
    let (mut others, mut fonts, mut count) = (0, 0, 0);
    for path in &wanted {
        others += client::get(address, path, "br").await?.body.len();
        let text = String::from_utf8_lossy(&client::get(address, path, "identity").await?.body).into_owned();
        // All that the style names: a page with Vietnamese text loads them.
        let names = text.split("url(").skip(1).filter_map(|rest| rest.split(')').next());
        let mut names: Vec<&str> =
            names.map(|n| n.trim_matches(['"', '\''])).filter(|n| n.contains(".woff2")).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let name = name.rsplit('/').next().unwrap_or(name);
            fonts += client::get(address, &format!("/assets/{name}"), "identity").await?.body.len();
            count += 1;
        }
    }
    let all = packed + others;
    let what = format!("cold visit to home: page {packed} B, {} other files {others} B", wanted.len());
    Ok(vec![
        Line::fixed(&what, format!("{all} B"), "60 KB", all <= 60_000),
        Line::fixed(&format!("{count} fonts"), format!("{fonts} B"), "60 KB", fonts <= 60_000),
    ])
}
