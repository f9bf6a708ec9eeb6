//! The law shipped inside the binary.

use rulebook::{Library, Overlay, parse::ParseError};

#[derive(rust_embed::RustEmbed)]
#[folder = "../../rulebooks"]
#[include = "*.toml"]
struct Files;

fn texts() -> Vec<(String, String)> {
    let mut names: Vec<_> = Files::iter().collect();
    names.sort();
    let text = |name: &str| Files::get(name).map(|f| String::from_utf8_lossy(&f.data).into_owned());
    names.into_iter().filter_map(|name| Some((format!("rulebooks/{name}"), text(&name)?))).collect()
}

/// All shipped sets and measures; every problem with its file and line.
pub fn shipped() -> Result<Library, Vec<ParseError>> {
    let texts = texts();
    let files = texts.iter().filter(|(name, _)| !name.contains("/overlays/"));
    Library::from_files(files.map(|(name, text)| (name.as_str(), text.as_str())))
}

/// A shipped overlay by its id (its file's name without the ending).
pub fn overlay(id: &str) -> Result<Option<Overlay>, ParseError> {
    let name = format!("rulebooks/overlays/{id}.toml");
    match texts().into_iter().find(|(file, _)| *file == name) {
        Some((file, text)) => rulebook::parse::overlay(&file, &text).map(Some),
        None => Ok(None),
    }
}

/// The text of a shipped overlay.
pub fn overlay_text(id: &str) -> Option<String> {
    let name = format!("rulebooks/overlays/{id}.toml");
    texts().into_iter().find(|(file, _)| *file == name).map(|(_, text)| text)
}
