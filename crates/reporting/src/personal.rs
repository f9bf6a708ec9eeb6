//! What reporting keeps of people: who entered, acted, commented, answers for a criterion.

use ::store::{
    self as store, Query, args,
    personal::{Column, actors, all_named},
};
use web::personal::{Kind, Part, Personal};

/// Work done in office stays under the person's number: a review says who stood for it. What somebody wrote in their own words
/// is erased with them.
pub const PERSONAL: Personal = Personal {
    room: "reporting",
    kinds: &[
        Kind {
            key: "reporting",
            tables: &[
                ("reporting_campaign", &["actor"]),
                ("reporting_return", &["actor"]),
                ("reporting_item", &["officer"]),
                ("reporting_action", &["actor", "person"]),
                ("reporting_entry", &["person"]),
                ("reporting_hand", &["person"]),
            ],
        },
        Kind { key: "comments", tables: &[("reporting_comment", &["person", "actor", "closed_by"])] },
    ],
    export: |tx, whom| {
        Box::pin(async move {
            let list = actors(whom.person);
            let sql = format!(
                "SELECT 'values entered', COUNT(*) FROM reporting_hand WHERE person = $1
                 UNION ALL SELECT 'actions', COUNT(*) FROM reporting_action WHERE person = $1
                 UNION ALL SELECT 'criteria to answer for', COUNT(*) FROM reporting_item WHERE officer = $1
                 UNION ALL SELECT 'campaigns', COUNT(*) FROM reporting_campaign WHERE actor IN ({list})
                 UNION ALL SELECT 'years closed', COUNT(*) FROM reporting_return WHERE actor IN ({list})"
            );
            let names = [("what", Column::Text), ("count", Column::Number)];
            let found = tx.rows(&sql, args![whom.person.0]).await?;
            let work = all_named(&found, &names)?;
            let rows = work.into_iter().filter(|row| row.get("count") != Some(&0.into())).collect();
            let sql = "SELECT id, at, unit, text, closed_at FROM reporting_comment WHERE person = $1 ORDER BY id";
            let names = [
                ("id", Column::Number),
                ("at", Column::At),
                ("unit", Column::Number),
                ("text", Column::Text),
                ("closed_at", Column::At),
            ];
            let found = tx.rows(sql, args![whom.person.0]).await?;
            let comments = all_named(&found, &names)?;
            Ok(vec![Part { kind: "reporting", rows }, Part { kind: "comments", rows: comments }])
        })
    },
    erase: |tx, whom, reason| {
        Box::pin(async move {
            // Programs of before wrote what a comment said into its line and into notices of others.
            let rows = tx.rows("SELECT id FROM reporting_comment WHERE person = $1", args![whom.person.0]).await?;
            let ids: Vec<String> = rows.iter().map(|row| Ok(row.i64(0)?.to_string())).collect::<store::Result<_>>()?;
            store::personal::erase_lines(tx, "comment", &ids, reason).await?;
            let keys: Vec<String> = ids.iter().map(|id| format!("reporting/%/comment/{id}/%")).collect();
            web::notices::personal::take_back(tx, &keys).await?;
            let sql = "UPDATE reporting_comment SET text = '', person = NULL WHERE person = $1";
            let erased = tx.execute(sql, args![whom.person.0]).await?;
            let sql = "UPDATE reporting_item SET officer = NULL WHERE officer = $1";
            Ok(erased + tx.execute(sql, args![whom.person.0]).await?)
        })
    },
    retain: |_, _| Box::pin(async { Ok(0) }),
};
