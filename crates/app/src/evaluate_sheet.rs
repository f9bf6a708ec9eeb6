//! The .xlsx way into `langso evaluate`: the first sheet with the headings in its first row.

use kernel::{Phrase, Problem};
use rulebook::values::{self, Columns, Context, Fault, Places, Reader, Table};

/// Reads a workbook; problems name sheet and cell.
pub fn read(context: &Context, bytes: &[u8], large: bool) -> Result<Table, Vec<Problem>> {
    let mut workbook = documents::sheet_in::open(bytes, documents::sheet_in::Limits { large })?;
    for sheet in workbook.sheets() {
        let rows = workbook.rows(&sheet)?;
        let header: Vec<_> = rows.first_row().iter().map(|c| values::csv::tidy(c.text.as_str().into())).collect();
        if !Columns::looks_like_header(&header) {
            continue;
        }
        let places = |columns: Columns| Places::Cells { sheet: sheet.clone(), columns };
        let columns = Columns::find(&header).map_err(|problems| {
            let fault = |p| Fault::new(1, None, p).problem(&places(Columns::default()));
            problems.into_iter().map(fault).collect::<Vec<_>>()
        })?;
        let mut reader = Reader::new(context, &columns, false);
        let mut faults = rows.problems().to_vec();
        for row in rows.after_first() {
            let typed: Vec<_> = row.cells.iter().map(|c| values::csv::tidy(c.text.as_str().into())).collect();
            reader.typed_record(row.number, &typed, &row.cells.iter().map(|c| c.number).collect::<Vec<_>>());
        }
        return match values::finish(context, vec![reader], large) {
            Ok(table) if faults.is_empty() => Ok(table),
            Ok(_) => Err(faults),
            Err(found) => {
                faults.extend(found.iter().map(|f| f.problem(&places(columns.clone()))));
                Err(faults)
            }
        };
    }
    Err(vec![Problem::input(Phrase::new("evaluate-no-sheet"))])
}
