//! Pieces in words: what, when and where taken, what for, what looks the same.

use super::super::law;
use crate::evidence::{self, Alike, Piece, Scan, Teller, Use};
use kernel::{Decimal, UnitId};
use locale::Lang;
use minijinja::{Value, context};
use std::collections::{BTreeMap, HashMap};
use store::Query;
use units::Unit;
use web::Ctx;

pub(super) fn scan_word(ctx: &Ctx, scan: Scan) -> String {
    locale::say_key(ctx.lang, &format!("evidence-scan-{}", scan.name()), &[])
}

/// "Chụp 12/10/2025 08:31", or that nothing says when.
pub(super) fn taken(ctx: &Ctx, piece: &Piece) -> String {
    let Some(taken) = &piece.taken else { return locale::word(ctx.lang, "evidence-taken-unknown") };
    let day = taken.get(..10).and_then(|day| day.parse().ok()).map_or(taken.clone(), locale::date);
    let clock = taken.get(11..).unwrap_or("").to_owned();
    let key = match piece.teller {
        Some(Teller::Sender) => "evidence-taken-sender",
        _ => "evidence-taken",
    };
    locale::say_key(ctx.lang, key, &[("day", day.into()), ("clock", clock.into())])
}

/// "Trong xã", "ngoài xã 3,2 km", or that nothing says where.
pub(super) fn place(ctx: &Ctx, piece: &Piece, unit: &Unit) -> String {
    let told = piece.ground.map(|ground| {
        let name = ("unit", unit.name.as_str().into());
        let (key, away) = match ground.away {
            0 => ("evidence-inside", String::new()),
            metres => ("evidence-outside", far(ctx.lang, metres)),
        };
        let said = locale::say_key(ctx.lang, key, &[name, ("away", away.into())]);
        let unsure = ground.approximate.then(|| locale::word(ctx.lang, "evidence-ground-approximate"));
        [Some(said), unsure].into_iter().flatten().collect::<Vec<_>>().join(" ")
    });
    let known = piece.place.is_some() || piece.ground.is_some();
    let key = if known { "evidence-place-unmapped" } else { "evidence-place-unknown" };
    told.unwrap_or_else(|| locale::word(ctx.lang, key))
}

/// Metres as people say them.
fn far(lang: Lang, metres: i64) -> String {
    if metres < 1_000 {
        return locale::say_key(lang, "evidence-metres", &[("metres", metres.into())]);
    }
    let thousand = Decimal::from(1_000);
    let kilometres = Decimal::from(metres).checked_div_rounded(&thousand, 1).unwrap_or_else(|| 0.into());
    let said = locale::rounded(lang, &kilometres, if metres < 100_000 { 1 } else { 0 });
    locale::say_key(lang, "evidence-kilometres", &[("kilometres", said.into())])
}

fn use_of(ctx: &Ctx, unit: UnitId, used: &Use) -> Value {
    let law = law(ctx);
    let code = law.measure_code(used.measure);
    let name = law.library().measure(code).map(|m| ctx.lang.pick(&m.name_vi, &m.name_en).clone());
    context! {
        measure => code, name => name.unwrap_or_else(|| code.to_owned()), year => used.year.to_string(),
        href => ctx.link(&format!("/so-lieu/{unit}/{code}/{}", used.year)), at => locale::moment(used.at),
        ended => used.ended.as_ref().map(|(at, why)| context! { at => locale::moment(*at), why => why }),
    }
}

/// Whether this reader gets the bytes of a piece: never of one that is infected.
pub(super) fn is_given(piece: &Piece) -> bool {
    piece.scan != Scan::Infected
}

/// A piece as lists and its page tell it.
pub(super) fn one(ctx: &Ctx, unit: &Unit, piece: &Piece, uses: &[Use], alike: &[Alike]) -> Value {
    let uses: Vec<Value> = uses.iter().map(|used| use_of(ctx, piece.unit, used)).collect();
    let here = format!("/tep-minh-chung/{}", piece.id);
    let given = is_given(piece);
    let alike: Vec<Value> = alike
        .iter()
        .map(|other| {
            let years: Vec<String> = other.years.iter().map(i16::to_string).collect();
            let key = match (other.distance, other.unit == piece.unit) {
                (None, _) => "evidence-alike-same",
                (Some(_), true) => "evidence-alike-own",
                (Some(_), false) => "evidence-alike-near",
            };
            let args = [
                ("unit", other.unit_name.as_str().into()),
                ("day", locale::date(other.at.day()).into()),
                ("years", years.join(", ").into()),
                ("used", i64::from(!years.is_empty()).into()),
            ];
            context! { said => locale::say_key(ctx.lang, key, &args), href => ctx.link(&format!("/tep-minh-chung/{}", other.other)) }
        })
        .collect();
    context! {
        id => piece.id.0, name => piece.name, href => ctx.link(&here), file => given.then(|| ctx.link(&format!("{here}/tep"))),
        preview => piece.preview.filter(|_| given).map(|_| ctx.link(&format!("{here}/anh"))), media_type => piece.media_type,
        kind => locale::say_key(ctx.lang, &format!("evidence-kind-{}", piece.media_type.rsplit('/').next().unwrap_or("")), &[]),
        size => said_size(ctx.lang, piece.size), at => locale::moment(piece.at), note => piece.note, taken => taken(ctx, piece),
        place => place(ctx, piece, unit), outside => piece.ground.is_some_and(|g| g.away > 0), uses => uses, alike => alike,
        scan => scan_word(ctx, piece.scan), scan_id => piece.scan.name(), scan_said => piece.scan_said, public => piece.public,
        looked => piece.looked, covered => piece.covered,
    }
}

/// Bytes as people say them.
pub(super) fn said_size(lang: Lang, bytes: i64) -> String {
    let (key, count) = match bytes {
        0..1_048_576 => ("evidence-kilobytes", (bytes + 1023) / 1024),
        _ => ("evidence-megabytes", (bytes + 524_288) / 1_048_576),
    };
    locale::say_key(lang, key, &[("count", count.into())])
}

/// Pieces of a unit. Cost: two queries, what they are used for, what looks the same.
pub(super) async fn several(
    ctx: &Ctx,
    tx: &mut impl Query,
    unit: &Unit,
    pieces: &[Piece],
) -> store::Result<Vec<Value>> {
    let ids: Vec<_> = pieces.iter().map(|piece| piece.id).collect();
    let uses = evidence::uses(tx, &ids).await?;
    let alike = if ctx.actor.scope.working.is_none() { HashMap::new() } else { evidence::alike(tx, &ids).await? };
    let of = |piece: &Piece| {
        let uses = uses.get(&piece.id).map_or(&[][..], Vec::as_slice);
        one(ctx, unit, piece, uses, alike.get(&piece.id).map_or(&[][..], Vec::as_slice))
    };
    Ok(pieces.iter().map(of).collect())
}

/// What proves figures of a unit and year, by measure, as lists of pieces tell it: when and where taken, what looks the same
/// elsewhere; for pages of the rooms that review. Cost: as [`evidence::of_figures`] and [`several`].
pub async fn pieces(
    ctx: &Ctx,
    tx: &mut impl Query,
    unit: &Unit,
    year: i16,
    measures: &[i64],
) -> store::Result<BTreeMap<i64, Vec<Value>>> {
    let found = evidence::of_figures(tx, unit.id, year).await?;
    let (mut of, mut all) = (Vec::new(), Vec::new());
    for (measure, pieces) in found.into_iter().filter(|(measure, _)| measures.contains(measure)) {
        of.extend(pieces.iter().map(|_| measure));
        all.extend(pieces);
    }
    let mut told = BTreeMap::new();
    for (measure, piece) in of.into_iter().zip(several(ctx, tx, unit, &all).await?) {
        told.entry(measure).or_insert_with(Vec::new).push(piece);
    }
    Ok(told)
}

/// What proves one figure, for its own page. Cost: as [`evidence::of_figures`] and [`several`].
pub(in super::super) async fn of_measure(
    ctx: &Ctx,
    tx: &mut impl Query,
    unit: &Unit,
    measure: i64,
    year: i16,
) -> store::Result<Vec<Value>> {
    Ok(pieces(ctx, tx, unit, year, &[measure]).await?.remove(&measure).unwrap_or_default())
}
