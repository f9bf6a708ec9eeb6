//! What units keep of people: who drafted and decided a reorganisation.

use store::{
    Query, args,
    personal::{Column, actors, all_named},
};
use web::personal::{Kind, Part, Personal};

/// Work done in office: exported, and kept under the person's number when their name is erased.
pub const PERSONAL: Personal = Personal {
    room: "units",
    kinds: &[Kind { key: "plans", tables: &[("units_plan", &["drafted_by", "drafter", "decided_by", "decider"])] }],
    export: |tx, whom| {
        Box::pin(async move {
            let sql = format!(
                "SELECT title, state, drafted_at, decided_at FROM units_plan
                 WHERE drafter = $1 OR decider = $1 OR drafted_by IN ({0}) OR decided_by IN ({0}) ORDER BY id",
                actors(whom.person)
            );
            let names = [
                ("title", Column::Text),
                ("state", Column::Text),
                ("drafted_at", Column::At),
                ("decided_at", Column::At),
            ];
            let found = tx.rows(&sql, args![whom.person.0]).await?;
            let rows = all_named(&found, &names)?;
            Ok(vec![Part { kind: "plans", rows }])
        })
    },
    erase: |_, _, _| Box::pin(async { Ok(0) }),
    retain: |_, _| Box::pin(async { Ok(0) }),
};
