//! What every form needs that takes evidence: a file of it kept and measured, pieces told in short. For the rooms, too.

use super::told;
use crate::evidence::{self, Given, Means, Piece, Said, visible};
use axum::extract::multipart::Field;
use kernel::{Phrase, UnitId};
use minijinja::{Value, context};
use pictures::Measured;
use store::{StoreError, attachments::Blob};
use web::{Ctx, Failure};

/// Files of one form.
pub const MOST_FILES: usize = 10;
/// What a field for files takes, as browsers ask.
pub const ACCEPT: &str = "image/jpeg,image/png,image/webp,image/heic,application/pdf,.jpg,.jpeg,.png,.webp,.heic,.pdf";

/// A file of a form that is evidence: kept already, hung on nothing yet.
#[derive(Clone, Debug)]
pub struct Taken {
    pub blob: Blob,
    pub measured: Measured,
    /// As its sender named it.
    pub name: String,
}

impl Taken {
    /// As a piece of a unit that proves these figures (measure and year), as whoever sent it says nothing more of it.
    pub fn given(self, unit: UnitId, uses: Vec<(i64, i16)>) -> Given {
        let Taken { blob, measured, name } = self;
        Given { unit, blob, measured, name, note: String::new(), uses, said: Said::default(), covered: 0 }
    }
}

/// Keeps a file of a form as it comes, before any transaction; `None` where the field holds none, a phrase where it is no
/// evidence, or one too many beside the `taken` files of the form. Cost: the file twice.
pub async fn take(ctx: &Ctx, field: Field<'_>, taken: usize) -> Result<Option<Result<Taken, Phrase>>, Failure> {
    let name = field.file_name().unwrap_or("").to_owned();
    if name.is_empty() {
        return Ok(None);
    }
    let means = ctx.site.thing::<Means>();
    let named = |phrase: Phrase| Ok(Some(Err(phrase.with("name", visible(&name)))));
    if taken >= MOST_FILES {
        return named(Phrase::new("evidence-too-many-files").with("most", MOST_FILES));
    }
    let blob = match means.files.put(field, means.bounds.bytes).await {
        Ok(blob) => blob,
        Err(StoreError::TooLarge { most }) => {
            let most = i64::try_from(most >> 20).unwrap_or(i64::MAX);
            return named(Phrase::new("evidence-file-too-large").with("most", most));
        }
        Err(error) => return Err(error.into()),
    };
    match evidence::measured(&means.files, &blob).await? {
        Ok(measured) => Ok(Some(Ok(Taken { blob, measured, name }))),
        Err(why) => named(Phrase::new("evidence-file-refused").with("why", why)),
    }
}

/// The megabytes that one file may have.
pub fn megabytes(ctx: &Ctx) -> u64 {
    ctx.site.thing::<Means>().bounds.bytes >> 20
}

/// A piece in short: its name, its little picture, when it was taken.
pub fn brief(ctx: &Ctx, piece: &Piece) -> Value {
    let here = format!("/tep-minh-chung/{}", piece.id);
    let preview = piece.preview.filter(|_| told::is_given(piece)).map(|_| ctx.link(&format!("{here}/anh")));
    context! {
        id => piece.id.0, name => piece.name, href => ctx.link(&here), preview => preview, at => locale::date(piece.at.day()),
        taken => piece.taken.is_some().then(|| told::taken(ctx, piece)), infected => !told::is_given(piece),
    }
}
