//! Evidence that comes with the form of a criterion: without a script, in one press, at its place.

use crate::{COMMUNE, ROOMS, SET, criterion, opened, ready, site::Visitor, somebody};
use anyhow::{Context, Result, ensure};
use facts::evidence;
use kernel::{Actor, Role};
use reporting::{actions, model::Action};
use store::{Listing, Store};
use testkit::{CLOCK, each_engine};

const INCOME: &str = "income.per_person";

/// A PDF that is told from others.
fn pdf(look: u8) -> Vec<u8> {
    format!("%PDF-1.7\n<</Type /Page>>\n% {look}\n").into_bytes()
}

/// A form with files: names with texts, then names of fields with names of files and their bytes.
fn form(fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    for (field, name, bytes) in files {
        let head = format!("--x\r\ncontent-disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\r\n");
        body.extend(head.bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--x--\r\n");
    body
}

const KIND: &str = "multipart/form-data; boundary=x";

/// Names of what proves the income of 2024.
async fn proofs(store: &Store, income: i64) -> Result<Vec<String>> {
    let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
    let of = evidence::of_figures(&mut tx, COMMUNE, 2024).await?.remove(&income).unwrap_or_default();
    Ok(of.into_iter().map(|piece| piece.name).collect())
}

#[test]
fn a_photograph_comes_with_the_form_and_hangs_on_its_figure() {
    each_engine(ROOMS, |store| async move {
        let law = ready(&store).await?;
        let one = opened(&store, &law, "2024").await?;
        let folder = tempfile::tempdir()?;
        let visitor = Visitor::new(&store, &law, &folder)?;
        let officer = || somebody(Role::CommuneOfficer, 11, COMMUNE, None);
        let income = law.measure_id(INCOME).context("a measure")?;
        let here = format!("/bao-cao/{}/xa/{COMMUNE}/{SET}/10", one.id);
        let save = format!("{here}/luu");
        let page = visitor.get(officer(), &here).await?.text();
        for part in ["enctype=\"multipart/form-data\"", "name=\"t.income.per_person\""] {
            ensure!(page.contains(part), "{part}: {page}");
        }
        // The photograph first, the number later.
        let sent = form(
            &[("key", "k1"), ("s.income.per_person", "0"), ("v.income.per_person", ""), ("o", INCOME)],
            &[("t.income.per_person", "sổ hộ.pdf", &pdf(1))],
        );
        let told = format!("{here}?xong=1&tep=1&o={INCOME}#f-{INCOME}");
        for time in ["once", "and again, its answer lost"] {
            let answer = visitor.post(officer(), &save, KIND, sent.clone()).await?;
            ensure!((answer.status, &answer.location) == (303, &told), "{time}: {} {}", answer.status, answer.text());
        }
        ensure!(proofs(&store, income).await? == ["sổ hộ.pdf"]);
        let page = visitor.get(officer(), told.split('#').next().unwrap_or("")).await?.text();
        ensure!(page.contains("Đã đính kèm 1 tệp") && page.contains("sổ hộ.pdf</a>"), "{page}");
        // A value and a file in one press; a file that is none is said at its field, and the rest is taken all the same.
        let sent = form(
            &[
                ("key", "k2"),
                ("s.income.per_person", "0"),
                ("v.income.per_person", "45,5"),
                ("g.income.per_person", "theo sổ"),
            ],
            &[("t.income.per_person", "hai.pdf", &pdf(2)), ("t.income.per_person", "ve.svg", b"<svg></svg>")],
        );
        let answer = visitor.post(officer(), &save, KIND, sent).await?;
        let page = answer.text();
        ensure!(answer.status == 422 && page.contains("id=\"w-files-income.per_person\""), "{} {page}", answer.status);
        for part in ["ve.svg", "#files-income.per_person", "value=\"45,5\"", "theo sổ", "Đã đính kèm 1 tệp"] {
            ensure!(page.contains(part), "{part}: {page}");
        }
        ensure!(proofs(&store, income).await? == ["sổ hộ.pdf", "hai.pdf"]);
        // A value that is wrong keeps no file back, and stays in its field.
        let sent = form(
            &[("key", "k3"), ("s.income.per_person", "999999"), ("v.income.per_person", "bốn lăm")],
            &[("t.income.per_person", "ba.pdf", &pdf(3))],
        );
        let answer = visitor.post(officer(), &save, KIND, sent).await?;
        ensure!(answer.status == 422 && answer.text().contains("bốn lăm"), "{} {}", answer.status, answer.text());
        ensure!(proofs(&store, income).await?.len() == 3);
        // A piece that the unit has already, and one that it has not.
        let alone = form(&[("note", "")], &[("files", "bốn.pdf", &pdf(4))]);
        let sent = visitor.post(officer(), &format!("/xa/{COMMUNE}/minh-chung/gui"), KIND, alone).await?;
        ensure!(sent.status == 303, "{} {}", sent.status, sent.text());
        let mut tx = store.read(&Actor::SYSTEM.scope()).await?;
        let newest = Listing { per: 1, ..Listing::default() };
        let (newest, _) = evidence::list(&mut tx, COMMUNE, evidence::Wanted::default(), &newest).await?;
        drop(tx);
        let four = newest.first().context("it is kept")?.id;
        let page = visitor.get(officer(), &here).await?.text();
        ensure!(page.contains(&format!("<option value=\"{four}\">bốn.pdf")), "it is offered: {page}");
        for (id, status) in [(four.to_string(), 303), ("999".to_owned(), 422), ("x".to_owned(), 422)] {
            let sent = form(&[("key", id.as_str()), ("e.income.per_person", id.as_str())], &[]);
            let answer = visitor.post(officer(), &save, KIND, sent).await?;
            ensure!(answer.status == status, "{id}: {} {}", answer.status, answer.text());
        }
        ensure!(proofs(&store, income).await?.len() == 4);
        // What is not in somebody's charge, or was sent in, takes none: said at its place.
        let water = somebody(Role::CommuneOfficer, 13, COMMUNE, Some(&["17"]));
        let sent = |key: &str| form(&[("key", key)], &[("t.income.per_person", "năm.pdf", &pdf(5))]);
        let answer = visitor.post(water, &save, KIND, sent("k5")).await?;
        ensure!(
            answer.status == 422 && answer.text().contains("w-files-income"),
            "{} {}",
            answer.status,
            answer.text()
        );
        let leader = somebody(Role::CommuneLeader, 20, COMMUNE, None);
        let wanted = actions::Wanted { action: Action::Send, criteria: vec![criterion("10")], reason: String::new() };
        let mut tx = store.write(&leader, &CLOCK).await?;
        actions::act(&mut tx, &law, &one, COMMUNE, &wanted).await?.context("it is sent")?;
        tx.commit().await?;
        let answer = visitor.post(officer(), &save, KIND, sent("k6")).await?;
        ensure!(answer.status == 422 && answer.text().contains("đang được thẩm tra"), "{}", answer.text());
        ensure!(proofs(&store, income).await?.len() == 4);
        // Who reviews sees what proves it.
        let page = visitor.get(leader, &here).await?.text();
        ensure!(page.contains("sổ hộ.pdf</a>") && !page.contains("name=\"t."), "{page}");
        Ok(())
    });
}
