//! The pages of the law: what they show is what the rulebooks say.

use crate::{figures::ROOMS, visitor::Visitor};
use anyhow::{Result, ensure};
use testkit::each_engine;

/// Lines of a file that a list is taken away as, without its headings.
async fn taken(visitor: &Visitor, path: &str) -> Result<Vec<String>> {
    let answer = visitor.ask(path, &[]).await?;
    ensure!(answer.status == 200, "{path}: {}", answer.status);
    let text = answer.text();
    Ok(text.lines().skip(1).map(str::to_owned).collect())
}

#[test]
fn lists_of_the_law_are_searched_ordered_paged_and_taken_away() {
    each_engine(ROOMS, |store| async move {
        let visitor = Visitor::new(store).await?;
        let set = "/bo-tieu-chi/commune-2021-2025";
        for (query, shown, hidden) in [
            ("", ">1.1 ", ">19.2 "),
            ("?trang=2", ">19.2 ", ">1.1 "),
            ("?q=thu+nhap+binh+quan", ">10.1 ", ">1.1 "),
            ("?tc=19", ">19.2 ", ">10.1 "),
            ("?q=khong+co+gi+nhu+the", "Không có chỉ tiêu nào khớp", "<table"),
        ] {
            let page = visitor.ask(&format!("{set}{query}"), &[]).await?.text();
            ensure!(page.contains(shown) && !page.contains(hidden), "{query}: {shown} and not {hidden}");
        }
        let all = taken(&visitor, &format!("{set}/chi-tieu.csv")).await?.len();
        let some = taken(&visitor, &format!("{set}/chi-tieu.csv?tc=19")).await?;
        ensure!(!some.is_empty() && some.len() < all && some.iter().all(|l| l.starts_with("19.")), "{some:?}");
        // What nobody has seen comes first, what was seen last.
        let ordered = taken(&visitor, &format!("{set}/chi-tieu.csv?sap=confidence")).await?;
        let unclear = ordered.iter().rposition(|l| l.contains("chưa rõ"));
        let verified = ordered.iter().position(|l| l.contains("đã xác minh"));
        ensure!(unclear.is_some() && verified.is_some() && unclear < verified, "{unclear:?} {verified:?}");
        let measures = taken(&visitor, "/nguon-va-phuong-phap/so-lieu.csv?sap=id").await?;
        ensure!(measures.len() > 100 && measures.is_sorted(), "measures by id");
        for path in [
            "/bo-tieu-chi/commune-2021-2025/chi-tieu.xlsx?q=nuoc",
            "/nguon-va-phuong-phap/so-lieu.xlsx",
            "/co-quan.xlsx?q=nong+nghiep",
        ] {
            let file = visitor.ask(path, &[]).await?;
            ensure!(file.status == 200 && file.body.starts_with(b"PK"), "{path}");
        }
        let agencies = taken(&visitor, "/co-quan.csv?sap=code").await?;
        let found = taken(&visitor, "/co-quan.csv?q=nong+nghiep").await?;
        ensure!(!found.is_empty() && found.len() < agencies.len(), "{found:?}");
        Ok(())
    });
}
