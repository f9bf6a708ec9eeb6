//! Templates to be downloaded: of one unit or of a province.

use super::{intake, law};
use crate::template::{self, Wanted};
use kernel::{Day, Phrase, Problem, UnitId};
use serde::Deserialize;
use store::Query;
use units::Unit;
use web::{Asking, Ctx, Failure, Outcome};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    bo: String,
    nam: String,
    /// Id of a unit; without it the whole province.
    xa: String,
    tinh: String,
    /// The day on which the province's units are read; by default the last of the year.
    ngay: String,
    nguon: String,
}

const KIND: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// `GET /nhap-so-lieu/mau.xlsx`. Cost: the units and their figures of two years.
pub async fn download(ctx: Ctx, Asking(asked): Asking<Asked>) -> Outcome {
    let law = law(&ctx);
    let year: i16 = match asked.nam.as_str() {
        "" => ctx.site.clock.today().year(),
        text => kernel::year(text).ok_or_else(|| ctx.not_found())?,
    };
    let main = || law.main_set(rulebook::Level::Commune, year).map_or_else(String::new, |s| s.set.clone());
    let set = if asked.bo.is_empty() { main() } else { asked.bo.clone() };
    if law.library().set(&set).is_none() {
        return Err(ctx.not_found());
    }
    let origin = intake::origin(&ctx, &asked.nguon)?;
    let mut tx = ctx.read().await?;
    let units = units_of(&ctx, &mut tx, &set, year, &asked).await?;
    let wanted = Wanted { set: set.clone(), year, origin, lang: ctx.lang, today: ctx.site.clock.today() };
    let Some(bytes) = template::make(&mut tx, &law, &units, &wanted).await? else {
        return Err(ctx.failure(Problem::not_found(Phrase::new("template-nothing"))));
    };
    let whom = if asked.xa.is_empty() { String::new() } else { format!("-{}", units[0].code) };
    ctx.download(&format!("{}-{set}-{year}{whom}.xlsx", locale::word(ctx.lang, "template-file")), KIND, bytes)
}

async fn units_of(ctx: &Ctx, tx: &mut impl Query, set: &str, year: i16, asked: &Asked) -> Result<Vec<Unit>, Failure> {
    if !asked.xa.is_empty() {
        let id = asked.xa.parse().map_err(|_| ctx.not_found())?;
        let unit = units::store::get(tx, UnitId(id)).await?.ok_or_else(|| ctx.not_found())?;
        return Ok(vec![unit]);
    }
    let bad_day = |day: &str| Problem::input(Phrase::new("evaluate-day").with("day", day)).at_field("ngay");
    let day = match asked.ngay.as_str() {
        "" => template::default_day(year),
        text => text.parse::<Day>().map_err(|_| ctx.failure(bad_day(text)))?,
    };
    let provinces = units::store::provinces(tx, day).await?;
    let wanted = asked.tinh.parse().ok().map(UnitId);
    let province = units::home().province(&provinces, wanted).ok_or_else(|| ctx.not_found())?;
    Ok(template::of_province(tx, &super::law(ctx), set, province.id, day).await?)
}
