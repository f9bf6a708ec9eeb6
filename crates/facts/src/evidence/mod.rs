//! Evidence: pieces that prove figures. A piece belongs to a unit and is kept once there; it serves as many figures of that
//! unit (a measure in a year) as it proves, and is never removed: a use ends, with a reason where somebody relied on it.
//!
//! - [`keep`]: taken in, named as what it is, used, no longer used, made public.
//! - [`incoming`]: pieces that come in part by part (tus).
//! - [`look`]: what a job finds out afterwards: time, place, a small picture, pieces that look the same.
//! - [`scan`]: what a virus scanner says.
//!
//! Who sees a piece: whoever sees unpublished figures of its unit. Everybody else only where somebody who publishes figures
//! marked it public **and** a published figure uses it: photographs show faces, documents show names, so nothing of it
//! becomes public by itself ([`crate::published::GUARDS`]).

pub mod incoming;
pub mod keep;
pub mod look;
pub mod scan;

pub use keep::{Given, Kept, Unlinked, keep, link, may_prove, measured, show_to_all, unlink};
pub use look::Means;

use crate::Law;
use kernel::{EvidenceId, Moment, PersonId, UnitId};
use pictures::Kind;
use std::collections::{BTreeMap, HashMap};
use store::{Listing, Query, Result, Row, StoreError, Value, args, paged};

/// The kind under which a piece's file is attached, and its small picture.
pub const FILE: &str = EvidenceId::KIND;
pub const PREVIEW: &str = "evidence-preview";
/// Bytes of one piece.
pub const MOST_BYTES: u64 = 20 << 20;
/// Letters of a name, and of a note.
pub const MOST_NAME: usize = 120;
pub const MOST_NOTE: usize = 500;

/// What a virus scanner said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scan {
    /// It has not been asked yet.
    Waiting,
    Clean,
    /// The file is given to nobody.
    Infected,
    /// This site has no scanner.
    Unscanned,
}

impl Scan {
    pub const ALL: [Scan; 4] = [Scan::Waiting, Scan::Clean, Scan::Infected, Scan::Unscanned];

    pub fn name(self) -> &'static str {
        match self {
            Scan::Waiting => "waiting",
            Scan::Clean => "clean",
            Scan::Infected => "infected",
            Scan::Unscanned => "unscanned",
        }
    }

    fn from_name(name: &str) -> Result<Scan> {
        let found = Scan::ALL.into_iter().find(|scan| scan.name() == name);
        found.ok_or_else(|| StoreError::Corrupt(format!("scan {name:?}")))
    }
}

/// Who said when and where a photograph was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Teller {
    /// The file itself.
    Photo,
    /// Whoever sent it: the browser read it off the photograph before it was shrunk or covered.
    Sender,
}

/// Where a photograph was taken, beside its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ground {
    /// Metres to the unit's boundary from outside; 0 inside.
    pub away: i64,
    /// The boundary is a guess around a known point.
    pub approximate: bool,
}

/// A piece of evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    pub id: EvidenceId,
    pub unit: UnitId,
    /// Of the bytes as they came, in hexadecimal digits.
    pub sha256: String,
    /// The file's row among the attachments.
    pub attachment: i64,
    pub name: String,
    pub media_type: String,
    /// In bytes.
    pub size: i64,
    /// The role of whoever brought it, and who that was.
    pub actor: String,
    pub person: Option<PersonId>,
    pub at: Moment,
    pub note: String,
    /// Whether everybody may see it once a published figure uses it.
    pub public: bool,
    pub pixels: Option<(i64, i64)>,
    pub pages: Option<i64>,
    /// `YYYY-MM-DD HH:MM` by the clock of the camera.
    pub taken: Option<String>,
    /// Latitude and longitude, WGS 84.
    pub place: Option<(f64, f64)>,
    pub teller: Option<Teller>,
    pub ground: Option<Ground>,
    /// Whether the job looked at it.
    pub looked: bool,
    /// The attachment of the small picture.
    pub preview: Option<i64>,
    pub scan: Scan,
    pub scan_said: Option<String>,
    /// Parts that the sender covered before sending.
    pub covered: i64,
}

impl Piece {
    pub fn kind(&self) -> Option<Kind> {
        Kind::of_media_type(&self.media_type)
    }
}

/// What a sender says of a photograph's taking.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    /// `YYYY-MM-DD HH:MM`.
    pub taken: Option<String>,
    /// Latitude and longitude, WGS 84.
    pub place: Option<(f64, f64)>,
}

impl Said {
    pub fn is_empty(&self) -> bool {
        self.taken.is_none() && self.place.is_none()
    }

    /// What fields of a form or of an upload say; what is none is left out.
    pub fn read(taken: &str, lat: &str, lon: &str) -> Said {
        let number =
            |text: &str, most: f64| text.trim().parse().ok().filter(|n: &f64| n.is_finite() && n.abs() <= most);
        let place = number(lat, 90.0).zip(number(lon, 180.0));
        Said { taken: pictures::moment(taken.trim()), place }
    }
}

/// A figure that a piece proves: a measure of the piece's unit in a year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    pub evidence: EvidenceId,
    pub year: i16,
    /// Id of the measure in `facts_measure`.
    pub measure: i64,
    pub at: Moment,
    pub actor: String,
    /// When it stopped being one, and why.
    pub ended: Option<(Moment, String)>,
}

const ROW: &str = "e.id, e.unit, e.sha256, e.attachment, e.name, e.media_type, e.size, e.actor, e.person, e.at, e.note,
    e.is_public, e.width, e.height, e.pages, e.taken, e.lat, e.lon, e.teller, e.away, e.approximate, e.looked_at,
    e.preview, e.scan, e.scan_said, e.covered";

fn piece(row: &Row) -> Result<Piece> {
    let teller = match row.opt_text(18)?.as_deref() {
        Some("photo") => Some(Teller::Photo),
        Some("sender") => Some(Teller::Sender),
        _ => None,
    };
    let (lat, lon) = (row.opt_f64(16)?, row.opt_f64(17)?);
    let approximate = row.opt_i64(20)? == Some(1);
    Ok(Piece {
        id: EvidenceId(row.i64(0)?),
        unit: UnitId(row.i64(1)?),
        sha256: row.text(2)?,
        attachment: row.i64(3)?,
        name: row.text(4)?,
        media_type: row.text(5)?,
        size: row.i64(6)?,
        actor: row.text(7)?,
        person: row.opt_i64(8)?.map(PersonId),
        at: Moment(row.i64(9)?),
        note: row.text(10)?,
        public: row.flag(11)?,
        pixels: row.opt_i64(12)?.zip(row.opt_i64(13)?),
        pages: row.opt_i64(14)?,
        taken: row.opt_text(15)?,
        place: lat.zip(lon),
        teller,
        ground: row.opt_i64(19)?.map(|away| Ground { away, approximate }),
        looked: row.opt_i64(21)?.is_some(),
        preview: row.opt_i64(22)?,
        scan: Scan::from_name(&row.text(23)?)?,
        scan_said: row.opt_text(24)?,
        covered: row.i64(25)?,
    })
}

/// A piece, where this scope sees it. Cost: one row.
pub async fn find(tx: &mut impl Query, id: EvidenceId) -> Result<Option<Piece>> {
    let row = tx.row(&format!("SELECT {ROW} FROM facts_evidence e WHERE e.id = $1"), args![id.0]).await?;
    row.as_ref().map(piece).transpose()
}

const USE: &str = "u.evidence, u.period, u.measure, u.at, u.actor, u.ended_at, u.ended_why";

fn used(row: &Row) -> Result<Use> {
    let why = row.opt_text(6)?.unwrap_or_default();
    Ok(Use {
        evidence: EvidenceId(row.i64(0)?),
        year: row.text(1)?.parse().unwrap_or(0),
        measure: row.i64(2)?,
        at: Moment(row.i64(3)?),
        actor: row.text(4)?,
        ended: row.opt_i64(5)?.map(|at| (Moment(at), why)),
    })
}

/// What these pieces are and were used for, by piece: the newest year first. Cost: one query a thousand pieces, those rows.
pub async fn uses(tx: &mut impl Query, pieces: &[EvidenceId]) -> Result<HashMap<EvidenceId, Vec<Use>>> {
    let mut found: HashMap<EvidenceId, Vec<Use>> = HashMap::new();
    for some in pieces.chunks(1000) {
        let sql = format!(
            "SELECT {USE} FROM facts_evidence_use u WHERE u.evidence IN ({}) ORDER BY u.period DESC, u.measure",
            store::places(1, some.len())
        );
        for row in tx.rows(&sql, some.iter().map(|id| Value::from(id.0)).collect()).await? {
            let used = used(&row)?;
            found.entry(used.evidence).or_default().push(used);
        }
    }
    Ok(found)
}

/// What proves the figures of a unit in a year: by measure (its id in `facts_measure`), the oldest first, as far as this
/// scope sees it; uses that ended are left out. Cost: one query, those pieces.
pub async fn of_figures(tx: &mut impl Query, unit: UnitId, year: i16) -> Result<BTreeMap<i64, Vec<Piece>>> {
    let sql = format!(
        "SELECT {ROW}, u.measure FROM facts_evidence_use u JOIN facts_evidence e ON e.id = u.evidence
         WHERE u.unit = $1 AND u.period = $2 AND u.ended_at IS NULL ORDER BY u.measure, e.id"
    );
    let mut found: BTreeMap<i64, Vec<Piece>> = BTreeMap::new();
    for row in tx.rows(&sql, args![unit, format!("{year:04}")]).await? {
        found.entry(row.i64(26)?).or_default().push(piece(&row)?);
    }
    Ok(found)
}

/// Which of a unit's pieces are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Used for figures of this year.
    pub year: Option<i16>,
    /// Used for this measure.
    pub measure: Option<i64>,
    /// Used for nothing.
    pub unused: bool,
}

/// What a list of pieces can be ordered by; the newest come first where none is named.
pub const ORDERS: [&str; 4] = ["name", "taken", "size", "oldest"];

/// A unit's pieces, as far as this scope sees them, and how many there are. Cost: as [`store::paged`].
pub async fn list(tx: &mut impl Query, unit: UnitId, wanted: Wanted, list: &Listing) -> Result<(Vec<Piece>, i64)> {
    let (mut from, mut given) = ("facts_evidence e WHERE e.unit = $1".to_owned(), args![unit]);
    let key = list.key();
    if !key.is_empty() {
        given.push(format!("%{key}%").into());
        from += &format!(" AND e.search LIKE ${}", given.len());
    }
    let mut use_of = String::new();
    if let Some(year) = wanted.year {
        given.push(format!("{year:04}").into());
        use_of += &format!(" AND u.period = ${}", given.len());
    }
    if let Some(measure) = wanted.measure {
        given.push(measure.into());
        use_of += &format!(" AND u.measure = ${}", given.len());
    }
    if !use_of.is_empty() || wanted.unused {
        let not = if wanted.unused { "NOT " } else { "" };
        from += &format!(
            " AND {not}EXISTS (SELECT 1 FROM facts_evidence_use u WHERE u.evidence = e.id AND u.ended_at IS NULL{use_of})"
        );
    }
    if let Some(scan) = Scan::ALL.into_iter().find(|scan| scan.name() == list.state) {
        given.push(scan.name().into());
        from += &format!(" AND e.scan = ${}", given.len());
    }
    let order = match list.sort.as_str() {
        "name" => "e.search, e.id",
        "taken" => "COALESCE(e.taken, '') DESC, e.id DESC",
        "size" => "e.size DESC, e.id DESC",
        "oldest" => "e.id",
        _ => "e.id DESC",
    };
    paged(tx, ROW, &from, order, given, list.span(), piece).await
}

/// A piece of another unit or year that looks nearly the same, as whoever sees this piece is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alike {
    pub other: EvidenceId,
    pub unit: UnitId,
    pub unit_name: String,
    /// In how many of 64 bits they differ; `None`: the very same file.
    pub distance: Option<i64>,
    pub at: Moment,
    /// Years of the figures that it proves, joined; empty where it proves none.
    pub years: Vec<i16>,
}

/// Pieces that look nearly the same as these, by piece, the nearest first. Of pieces that this scope does not see no more is
/// told than unit, day and years: whoever reviews must know that a photograph was used elsewhere, not what it shows. Cost: one
/// query a thousand pieces, those rows.
pub async fn alike(tx: &mut impl Query, pieces: &[EvidenceId]) -> Result<HashMap<EvidenceId, Vec<Alike>>> {
    let mut found: HashMap<EvidenceId, Vec<Alike>> = HashMap::new();
    for some in pieces.chunks(1000) {
        let sql = format!(
            "SELECT a.evidence, a.other, a.other_unit, n.name, a.distance, a.other_at, u.period FROM facts_evidence_alike a
             JOIN units_unit n ON n.id = a.other_unit
             LEFT JOIN facts_evidence_use u ON u.evidence = a.other AND u.ended_at IS NULL
             WHERE a.evidence IN ({}) ORDER BY a.distance, a.other, u.period",
            store::places(1, some.len())
        );
        for row in tx.rows(&sql, some.iter().map(|id| Value::from(id.0)).collect()).await? {
            let (of, other) = (EvidenceId(row.i64(0)?), EvidenceId(row.i64(1)?));
            let year = row.opt_text(6)?.and_then(|period| period.parse().ok());
            let list = found.entry(of).or_default();
            match list.iter_mut().find(|alike| alike.other == other) {
                Some(alike) => alike.years.extend(year.filter(|year| !alike.years.contains(year))),
                None => list.push(Alike {
                    other,
                    unit: UnitId(row.i64(2)?),
                    unit_name: row.text(3)?,
                    distance: Some(row.i64(4)?).filter(|distance| *distance >= 0),
                    at: Moment(row.i64(5)?),
                    years: year.into_iter().collect(),
                }),
            }
        }
    }
    Ok(found)
}

/// The measures of these uses by their codes, for whoever writes them down.
pub fn codes<'l>(law: &'l Law, uses: &[Use]) -> Vec<(&'l str, i16)> {
    uses.iter().filter(|u| u.ended.is_none()).map(|u| (law.measure_code(u.measure), u.year)).collect()
}

/// A name as it is kept: the last part of a path, without signs that cannot be seen or turn the rest around, of at most
/// [`MOST_NAME`] letters, with an ending that says what the file is.
pub fn clean_name(name: &str, kind: Kind) -> String {
    let clean = visible(name);
    let ending = clean.rsplit_once('.').map_or(String::new(), |(_, ending)| ending.to_lowercase());
    let fits = kind.endings().contains(&ending.as_str());
    let stem = if fits { &clean[..clean.len() - ending.len() - 1] } else { clean.as_str() };
    let ending = if fits { ending } else { kind.endings()[0].to_owned() };
    let stem: String = stem.chars().take(MOST_NAME - ending.len() - 1).collect();
    let stem = stem.trim().trim_end_matches('.');
    format!("{}.{ending}", if stem.is_empty() { "tep" } else { stem })
}

/// The last part of a path, without signs that cannot be seen or turn the rest around.
pub fn visible(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let clean: String = last.chars().filter(|c| !hidden(*c)).take(300).collect();
    clean.trim().trim_start_matches('.').trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path_and_says_what_the_file_is() {
        let long = "ả".repeat(300);
        for (name, kind, wanted) in [
            ("ảnh đường.JPG", Kind::Jpeg, "ảnh đường.jpg"),
            ("../../etc/passwd", Kind::Pdf, "passwd.pdf"),
            ("C:\\anh\\1.png", Kind::Png, "1.png"),
            ("hoa-don\u{202e}gpj.exe", Kind::Jpeg, "hoa-dongpj.exe.jpg"),
            ("a\0b\r\n.jpg", Kind::Jpeg, "ab.jpg"),
            ("trang.html", Kind::Pdf, "trang.html.pdf"),
            ("..", Kind::Pdf, "tep.pdf"),
            ("", Kind::WebP, "tep.webp"),
            (".htaccess", Kind::Png, "htaccess.png"),
            ("x.jpeg", Kind::Jpeg, "x.jpeg"),
        ] {
            assert_eq!(clean_name(name, kind), wanted, "{name:?}");
        }
        assert_eq!(clean_name(&long, Kind::Heic).chars().count(), MOST_NAME);
    }
}
