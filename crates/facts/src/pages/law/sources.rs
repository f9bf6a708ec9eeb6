//! Sources and method: every set with its hash and how sure it is, every file of reference data, every illustration, every
//! formula, what is not confirmed, and under which licence all this stands.

use super::{describe, dictionary, unsure};
use crate::{
    Law,
    pages::{about, law},
};
use kernel::Phrase;
use minijinja::{Value, context};
use rulebook::{Confidence, Rulebook, values::year_end};
use sha2::{Digest, Sha256};
use web::{Ctx, Outcome};

/// A set with the hash of its text and how many of its indicators are how sure.
fn set(ctx: &Ctx, law: &Law, set: &Rulebook) -> Value {
    let mut counts = [0; 3];
    set.walk(|_, i| counts[i.confidence as usize] += 1);
    let [unknown, recalled, verified] = counts;
    let year = set.applies.to.unwrap_or(ctx.site.clock.today()).year();
    let hash = law.plan(&set.set, year_end(year)).map(|plan| plan.book.hash.clone());
    context! {
        hash => hash, unknown => unknown, recalled => recalled, seen => verified,
        from => locale::date(set.applies.from), to => set.applies.to.map(locale::date), source => set.decision.source,
        ..describe(ctx, set)
    }
}

/// The numbers that an overlay lays on, each with its place.
fn overlay(ctx: &Ctx, overlay: &rulebook::Overlay) -> Value {
    let place =
        |set: &str, no: &str| context! { set => set, no => no, href => ctx.link(&format!("/bo-tieu-chi/{set}/{no}")) };
    let laid = overlay.set_requirement.iter().map(|r| place(&r.set, &r.no));
    let confirmed = overlay.confirm.iter().map(|c| place(&c.set, &c.no));
    let places: Vec<Value> = laid.chain(confirmed).collect();
    context! {
        title => ctx.lang.pick(&overlay.title_vi, &overlay.title_en), issuer => overlay.citation.issuer,
        number => overlay.citation.number, illustrative => overlay.illustrative, places => places,
    }
}

/// A file of reference data: its lines, how sure they are, and its hash.
fn file(ctx: &Ctx, name: &str, bytes: &[u8]) -> Value {
    let mut reader = csv::Reader::from_reader(bytes);
    let column = |reader: &mut csv::Reader<&[u8]>, wanted: &str| {
        reader.headers().ok().and_then(|headings| headings.iter().position(|heading| heading == wanted))
    };
    let at = column(&mut reader, "confidence");
    let (mut lines, mut seen) = (0, 0);
    for record in reader.records().flatten() {
        lines += 1;
        seen += usize::from(at.and_then(|at| record.get(at)) == Some(Confidence::Verified.name()));
    }
    let what = locale::say_key(ctx.lang, &format!("reference-{}", name.trim_end_matches(".csv")), &[]);
    context! {
        name => name, what => what, lines => lines, seen => at.map(|_| seen),
        unsure => at.map(|_| lines - seen), hash => hex::encode(Sha256::digest(bytes)),
    }
}

/// `GET /nguon-va-phuong-phap`. Cost: no row.
pub async fn page(ctx: Ctx) -> Outcome {
    let law = law(&ctx);
    let library = law.library();
    let formulas: Vec<Value> = library
        .measures()
        .filter_map(|m| {
            let formula = dictionary::formula(&ctx, &law, m)?;
            let name = ctx.lang.pick(&m.name_vi, &m.name_en);
            Some(context! { name => name, formula => formula, href => ctx.link(&dictionary::address(&m.id)) })
        })
        .collect();
    ctx.page(
        "sources.html",
        context! {
            title => locale::word(ctx.lang, "sources-title"), meta => about::plain(&ctx, Phrase::new("meta-sources")),
            sets => library.sets().map(|s| set(&ctx, &law, s)).collect::<Vec<_>>(),
            overlays => library.overlays().iter().map(|o| overlay(&ctx, o)).collect::<Vec<_>>(),
            files => units::reference::files().iter().map(|(name, bytes)| file(&ctx, name, bytes)).collect::<Vec<_>>(),
            formulas => formulas, measures => library.measures().count(), unsure => unsure::all(&ctx, &law).len(),
            licence => env!("CARGO_PKG_LICENSE"), fingerprint => library.fingerprint(),
        },
    )
}
