//! What figures keep of people: whom to reach about a mistake that was told, and what was done in office.

use store::{
    Query, args,
    personal::{Column, actors, all_named},
};
use web::personal::{Kind, Part, Personal, before};

/// Work done in office stays under the person's number: figures, publications and decisions keep who answers for them.
pub const PERSONAL: Personal = Personal {
    room: "facts",
    kinds: &[
        Kind { key: "reports", tables: &[("facts_report", &["contact", "answered_by"])] },
        Kind {
            key: "figures",
            tables: &[
                ("facts_history", &["actor", "person"]),
                ("facts_import", &["actor"]),
                ("facts_publication", &["actor"]),
                ("facts_closed", &["closed_by", "reopened_by"]),
                ("facts_check_hit", &["answered_by", "reviewed_by"]),
                ("facts_check_run", &["actor"]),
                ("facts_law_step", &["actor"]),
                ("facts_overlay", &["actor", "ended_by"]),
                ("facts_draft", &["drafted_by", "drafter", "decided_by"]),
            ],
        },
        Kind {
            key: "evidence",
            tables: &[
                ("facts_evidence", &["actor", "person", "lat", "lon"]),
                ("facts_evidence_use", &["actor", "ended_actor"]),
                ("facts_incoming", &["actor", "person"]),
            ],
        },
    ],
    export: |tx, whom| {
        Box::pin(async move {
            let list = actors(whom.person);
            let email = whom.email.as_deref().unwrap_or("");
            let sql = format!(
                "SELECT id, at, page, text, contact, answered_at FROM facts_report
                 WHERE (contact <> '' AND LOWER(contact) = LOWER($1)) OR answered_by IN ({list}) ORDER BY id"
            );
            let names = [
                ("id", Column::Number),
                ("at", Column::At),
                ("page", Column::Text),
                ("text", Column::Text),
                ("contact", Column::Text),
                ("answered_at", Column::At),
            ];
            let found = tx.rows(&sql, args![email]).await?;
            let reports = all_named(&found, &names)?;
            // How much of which kind was done in office; line by line it stands in the trail.
            let sql = format!(
                "SELECT 'figures', COUNT(*) FROM facts_history WHERE actor IN ({list})
                 UNION ALL SELECT 'imports', COUNT(*) FROM facts_import WHERE actor IN ({list})
                 UNION ALL SELECT 'publications', COUNT(*) FROM facts_publication WHERE actor IN ({list})
                 UNION ALL SELECT 'years closed', COUNT(*) FROM facts_closed WHERE closed_by IN ({list}) OR reopened_by IN ({list})
                 UNION ALL SELECT 'changes of the law in use', COUNT(*) FROM facts_law_step WHERE actor IN ({list})
                 UNION ALL SELECT 'thresholds', COUNT(*) FROM facts_overlay WHERE actor IN ({list}) OR ended_by IN ({list})
                 UNION ALL SELECT 'sets', COUNT(*) FROM facts_draft
                   WHERE drafter = $1 OR drafted_by IN ({list}) OR decided_by IN ({list})"
            );
            let names = [("what", Column::Text), ("count", Column::Number)];
            let found = tx.rows(&sql, args![whom.person.0]).await?;
            let work = all_named(&found, &names)?;
            let rows = work.into_iter().filter(|row| row.get("count") != Some(&0.into())).collect();
            let sql = "SELECT id, name, note, at, taken, lat, lon FROM facts_evidence WHERE person = $1 ORDER BY id";
            let names = [
                ("id", Column::Number),
                ("name", Column::Text),
                ("note", Column::Text),
                ("at", Column::At),
                ("taken", Column::Text),
                ("lat", Column::Real),
                ("lon", Column::Real),
            ];
            let found = tx.rows(sql, args![whom.person.0]).await?;
            let evidence = all_named(&found, &names)?;
            Ok(vec![
                Part { kind: "reports", rows: reports },
                Part { kind: "figures", rows },
                Part { kind: "evidence", rows: evidence },
            ])
        })
    },
    erase: |tx, whom, _| {
        Box::pin(async move {
            // What proves a figure stays with it; who brought it, and what has not come in whole, does not.
            let person = args![whom.person.0];
            let sql = "UPDATE facts_evidence SET person = NULL WHERE person = $1";
            let mut erased = tx.execute(sql, person.clone()).await?;
            // Their bytes are swept away with them.
            let sql = "UPDATE facts_incoming SET person = NULL, until = 0 WHERE person = $1";
            erased += tx.execute(sql, person).await?;
            let Some(email) = &whom.email else { return Ok(erased) };
            let sql = "UPDATE facts_report SET contact = '' WHERE contact <> '' AND LOWER(contact) = LOWER($1)";
            Ok(erased + tx.execute(sql, args![email.as_str()]).await?)
        })
    },
    retain: |tx, retention| {
        Box::pin(async move {
            let Some(before) = before(tx.now(), retention.contacts) else { return Ok(0) };
            // What nobody answers is not kept for ever.
            let sql = "UPDATE facts_report SET contact = '' WHERE contact <> '' AND COALESCE(answered_at, at) < $1";
            tx.execute(sql, args![before]).await
        })
    },
};
