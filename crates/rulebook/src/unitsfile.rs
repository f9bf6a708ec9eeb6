//! The units file of `evaluate`: `unit_code,region,group` and any further columns as attributes.

use crate::{
    Traits,
    values::{Fault, Found, Units, csv},
};
use kernel::{Day, Phrase};
use std::{collections::HashMap, sync::Arc};

/// Exactly the units of a file, of any form, on every day.
#[derive(Debug, Default)]
pub struct UnitsFile(HashMap<String, Arc<Traits>>);

impl Units for UnitsFile {
    fn find(&self, code: &str, _: Day) -> Found {
        self.0.get(code).cloned().map_or(Found::Nothing, Found::Unit)
    }

    fn dated(&self) -> bool {
        false
    }
}

impl UnitsFile {
    /// Reads the file by the same rules as a table of values; all its problems.
    pub fn read(text: &str) -> Result<UnitsFile, Vec<Fault>> {
        let at = |line, what| Fault::new(line, None, what);
        let separator = csv::separator(csv::first_line(text));
        let Some(&piece) = csv::pieces(text, separator, usize::MAX).first() else {
            return Err(vec![at(1, Phrase::new("values-no-header"))]);
        };
        let mut records = csv::Records::new(piece, separator);
        let (mut cells, mut faults) = (Vec::new(), Vec::new());
        if let Some((_, Some(broken))) = records.next(&mut cells) {
            return Err(vec![at(1, broken_phrase(broken))]);
        }
        let headings: Vec<String> = cells.iter().map(|c| c.to_lowercase()).collect();
        for (n, heading) in headings.iter().enumerate().filter(|(_, h)| !h.is_empty()) {
            if headings[..n].contains(heading) {
                faults.push(at(1, Phrase::new("values-heading-twice").with("heading", heading.as_str())));
            }
        }
        let Some(code_at) = headings.iter().position(|h| h == "unit_code") else {
            faults.push(at(1, Phrase::new("values-heading-missing").with("heading", "unit_code")));
            return Err(faults);
        };
        let mut units = UnitsFile::default();
        while let Some((line, broken)) = records.next(&mut cells) {
            if let Some(broken) = broken {
                faults.push(at(line, broken_phrase(broken)));
                continue;
            }
            if cells.iter().all(|c| c.is_empty()) {
                continue;
            }
            if cells.len() > headings.len() {
                let what =
                    Phrase::new("values-too-many-cells").with("found", cells.len()).with("wanted", headings.len());
                faults.push(at(line, what));
                continue;
            }
            let code = cells.get(code_at).map_or("", |c| c.as_ref());
            if code.is_empty() {
                faults.push(at(line, Phrase::new("units-code-missing")));
                continue;
            }
            let mut traits = Traits::default();
            for (heading, cell) in headings.iter().zip(&cells).filter(|(h, c)| !h.is_empty() && !c.is_empty()) {
                match heading.as_str() {
                    "unit_code" => {}
                    "region" => traits.region = Some(cell.to_string()),
                    "group" => traits.group = Some(cell.to_string()),
                    attribute => {
                        traits.attributes.insert(attribute.to_owned(), cell.to_lowercase());
                    }
                }
            }
            if units.0.insert(code.to_owned(), Arc::new(traits)).is_some() {
                faults.push(at(line, Phrase::new("units-code-twice").with("code", code)));
            }
        }
        if faults.is_empty() { Ok(units) } else { Err(faults) }
    }
}

fn broken_phrase(broken: csv::Broken) -> Phrase {
    Phrase::new(match broken {
        csv::Broken::NotUtf8 => "values-not-utf8",
        csv::Broken::OpenQuote => "values-open-quote",
        csv::Broken::AfterQuote => "values-after-quote",
    })
}
