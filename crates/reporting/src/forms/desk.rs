//! What a site has of forms: those of the program, those of its data folder (`forms/*.toml`), and the template of reports that the province
//! put there (`mau/bao-cao.docx`). Read once, when the program starts.

use super::{
    model::{BadForm, Form, Origin},
    parse::{Forms, Source},
    shipped,
};
use facts::Law;
use kernel::Phrase;
use std::{
    fs, io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

/// The most bytes of a form's file.
const MOST: u64 = 1_000_000;

#[derive(Default)]
pub struct Desk {
    sources: Vec<Source>,
    /// Files that could not be read at all.
    unread: Vec<BadForm>,
    /// The province's template of reports.
    pub report: Option<Vec<u8>>,
    /// The forms as they were read under a law: by its library.
    read: Mutex<Option<(String, Arc<Forms>)>>,
}

impl Desk {
    /// The shipped forms alone.
    pub fn shipped() -> Desk {
        Desk { sources: shipped(), ..Desk::default() }
    }

    /// The shipped forms and what a data folder lays over or beside them.
    pub fn of(data: &Path) -> io::Result<Desk> {
        let mut desk = Desk::shipped();
        let mut files: Vec<_> = match fs::read_dir(data.join("forms")) {
            Ok(entries) => entries.collect::<io::Result<Vec<_>>>()?.into_iter().map(|entry| entry.path()).collect(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        files.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
        files.sort();
        for path in files {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let file = format!("forms/{name}");
            let fits = fs::metadata(&path)?.len() <= MOST;
            match fs::read_to_string(&path) {
                Ok(text) if fits => desk.sources.push(Source { file, text, origin: Origin::Province }),
                told => {
                    let message = told.err().map_or_else(|| format!("> {MOST} B"), |error| error.to_string());
                    let why = Phrase::new("forms-bad-toml").with("message", message);
                    desk.unread.push(BadForm { file, line: 1, why });
                }
            }
        }
        desk.report = match fs::read(data.join("mau").join("bao-cao.docx")) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        Ok(desk)
    }

    /// The forms under a law, which names their sets and measures. Read anew where another law is in use.
    pub fn forms(&self, law: &Law) -> Arc<Forms> {
        let name = law.library().fingerprint();
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, forms)) = read.as_ref().filter(|(of, _)| *of == name) {
            return forms.clone();
        }
        let mut forms = Forms::read(self.sources.iter().cloned(), law.library());
        forms.refused.extend(self.unread.iter().cloned());
        let forms = Arc::new(forms);
        *read = Some((name, forms.clone()));
        forms
    }
}

/// The forms of a level that are for a year.
pub fn of_level(forms: &Forms, level: rulebook::model::Level, year: i16) -> Vec<&Form> {
    forms.all().filter(|form| form.level == level && form.is_for(year)).collect()
}
