//! Where this installation stands: the one place that names a province and a region.

use crate::Unit;
use serde::Deserialize;
use std::sync::LazyLock;

/// The variable that names another province by its code.
pub const PROVINCE: &str = "LANGSO_PROVINCE";

/// The province and region of an installation (`reference/installation.toml`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Home {
    /// Code of the province that is shown where none is named.
    pub province_code: String,
    /// The region whose thresholds the law's pages show.
    pub region: String,
}

/// This installation's; read once.
pub fn home() -> &'static Home {
    static HOME: LazyLock<Home> = LazyLock::new(|| {
        let shipped = toml::from_str(include_str!("../../../reference/installation.toml"));
        let mut home: Home = shipped.expect("the shipped file has all its lines");
        if let Some(code) = std::env::var(PROVINCE).ok().filter(|code| !code.trim().is_empty()) {
            home.province_code = code.trim().to_owned();
        }
        home
    });
    &HOME
}

impl Home {
    /// The province among these: the one asked for, else this installation's, else the first.
    pub fn province<'a>(&self, provinces: &'a [Unit], wanted: Option<kernel::UnitId>) -> Option<&'a Unit> {
        let asked = provinces.iter().find(|p| Some(p.id) == wanted);
        asked.or_else(|| provinces.iter().find(|p| p.code == self.province_code)).or(provinces.first())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_home_is_a_province_of_the_reference() -> anyhow::Result<()> {
        let reference = crate::reference::Reference::read()?;
        let mut provinces = reference.units.iter().filter(|u| u.level == rulebook::Level::Province);
        assert!(provinces.any(|p| p.code == home().province_code));
        Ok(())
    }
}
