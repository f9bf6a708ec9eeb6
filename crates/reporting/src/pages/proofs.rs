//! What proves the values of a criterion, on the page where they are entered: files that come with its form, pieces that the
//! unit has already, and what each value uses now. The rules are those of `facts::evidence`.

use super::Fields;
use crate::form::Form;
use ::store::{Listing, Query, WriteTx};
use facts::{
    Law,
    evidence::{self, Means, Piece, Wanted},
    pages::attach::{self, Taken},
};
use kernel::{EvidenceId, Phrase, UnitId};
use minijinja::{Value, context};
use std::collections::BTreeMap;
use web::{Ctx, Failure, Multipart};

/// Pieces of the unit that are offered at each value, the newest; all of them stand on the unit's page of evidence.
const OFFERED: i64 = 12;

/// What came with a form beside its fields.
#[derive(Default)]
pub(super) struct Sent {
    pub fields: Fields,
    /// By measure.
    pub files: Vec<(String, Taken)>,
    /// What is wrong with a file, by measure.
    pub wrong: Vec<(String, Phrase)>,
}

/// Reads a form with files (`t.` and a measure); they are kept as they come, before any transaction. Cost: each file twice.
pub(super) async fn read(ctx: &Ctx, mut parts: Multipart) -> Result<Sent, Failure> {
    let broken = || ctx.failure(kernel::Problem::input(Phrase::new("intake-upload-broken")));
    let mut sent = Sent::default();
    while let Some(field) = parts.next_field().await.map_err(|_| broken())? {
        let name = field.name().unwrap_or("").to_owned();
        let Some(measure) = name.strip_prefix("t.") else {
            sent.fields.insert(name, field.text().await.map_err(|_| broken())?);
            continue;
        };
        match attach::take(ctx, field, sent.files.len()).await? {
            Some(Ok(file)) => sent.files.push((measure.to_owned(), file)),
            Some(Err(why)) => sent.wrong.push((measure.to_owned(), why)),
            None => {}
        }
    }
    Ok(sent)
}

/// Hangs files, and pieces that the unit has (fields `e.` and a measure), on values of a unit: how many, and by measure what
/// was not taken. A value needs not be there yet: the photograph often comes first. Cost: as [`evidence::keep`] a file and
/// [`evidence::link`] a piece, the unit's pieces of a day.
pub(super) async fn hang(
    ctx: &Ctx,
    tx: &mut WriteTx,
    law: &Law,
    form: &Form,
    files: Vec<(String, Taken)>,
    fields: &Fields,
) -> Result<(usize, Vec<(String, Phrase)>), Failure> {
    let picked = super::after(fields, "e.").filter(|(_, id)| !id.is_empty());
    let picked: Vec<(&str, Option<i64>)> = picked.map(|(code, id)| (code, id.parse().ok())).collect();
    if files.is_empty() && picked.is_empty() {
        return Ok((0, Vec::new()));
    }
    if !ctx.may("attach", "evidence") {
        return Err(ctx.failure(kernel::Problem::forbidden(Phrase::new("problem-forbidden"))));
    }
    let (unit, year) = (form.unit.id, form.year);
    let (mut done, mut wrong) = (0, Vec::new());
    let codes = files.iter().map(|(code, _)| code.as_str()).chain(picked.iter().map(|(code, _)| *code));
    let asked = |code: &str| law.measure_id(code).filter(|measure| form.field(*measure).is_some());
    let mut uses: Vec<(i64, i16)> = codes.filter_map(|code| Some((asked(code)?, year))).collect();
    uses.sort_unstable();
    uses.dedup();
    let why = evidence::keep::why_not(tx, law, unit, &uses).await?;
    let why: BTreeMap<i64, Phrase> =
        uses.iter().zip(why).filter_map(|((measure, _), why)| Some((*measure, why?.phrase))).collect();
    let takes = |code: &str| match asked(code) {
        None => Err(Phrase::new("reporting-not-asked")),
        Some(measure) => why.get(&measure).map_or(Ok(measure), |why| Err(why.clone())),
    };
    let bounds = ctx.site.thing::<Means>().bounds;
    let full = !files.is_empty() && evidence::incoming::is_full(tx, &bounds, unit, tx.now()).await?;
    for (code, file) in files {
        match takes(&code) {
            _ if full => wrong.push((code, Phrase::new("evidence-too-many-pieces").with("most", bounds.pieces))),
            Err(why) => wrong.push((code, why)),
            Ok(measure) => {
                evidence::keep(tx, law, &file.given(unit, vec![(measure, year)])).await?;
                done += 1;
            }
        }
    }
    for (code, id) in picked {
        let piece = match id {
            Some(id) => evidence::find(tx, EvidenceId(id)).await?.filter(|piece| piece.unit == unit),
            None => None,
        };
        match (takes(code), piece) {
            (Err(why), _) => wrong.push((code.to_owned(), why)),
            (_, None) => wrong.push((code.to_owned(), Phrase::new("reporting-no-piece"))),
            (Ok(measure), Some(piece)) => {
                evidence::link(tx, law, &piece, measure, year).await?;
                done += 1;
            }
        }
    }
    Ok((done, wrong))
}

/// What a page knows of the evidence of its values.
#[derive(Default)]
pub(super) struct Proofs {
    of: BTreeMap<i64, Vec<Piece>>,
    recent: Vec<Piece>,
}

/// Cost: the pieces that the unit's figures of the year use, its newest ones; two queries.
pub(super) async fn load(ctx: &Ctx, tx: &mut impl Query, unit: UnitId, year: i16) -> ::store::Result<Proofs> {
    let of = evidence::of_figures(tx, unit, year).await?;
    let mut recent = Vec::new();
    if ctx.may("attach", "evidence") {
        let newest = Listing { per: OFFERED, ..Listing::default() };
        recent = evidence::list(tx, unit, Wanted::default(), &newest).await?.0;
    }
    Ok(Proofs { of, recent })
}

impl Proofs {
    /// At a value: the pieces that it uses, those of the unit that it could use.
    pub fn at(&self, ctx: &Ctx, measure: i64) -> Value {
        let used = self.of.get(&measure).map_or(&[][..], Vec::as_slice);
        let free = self.recent.iter().filter(|piece| !used.iter().any(|one| one.id == piece.id));
        let tell = |piece: &Piece| attach::brief(ctx, piece);
        context! { used => used.iter().map(tell).collect::<Vec<_>>(), free => free.map(tell).collect::<Vec<_>>() }
    }
}
