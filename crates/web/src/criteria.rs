//! The law's criteria, for rooms that know no law: what a role is bounded by is chosen among them and said in words.

use kernel::CriterionRef;
use locale::Lang;

/// A criteria set, as far as naming its criteria takes.
#[derive(Clone, Debug)]
pub struct CriteriaSet {
    pub id: String,
    /// Vietnamese, English.
    pub name: (String, String),
    /// By number, in the set's own order.
    pub criteria: Vec<(String, (String, String))>,
}

/// Gives the criteria of the law in use; put in by the room that keeps the law.
pub struct NamedLaw(pub Box<dyn Fn() -> Criteria + Send + Sync>);

/// The sets of the law as somebody last read it: one that was approved a moment ago in another process may be missing.
#[derive(Clone, Debug, Default)]
pub struct Criteria(pub Vec<CriteriaSet>);

impl Criteria {
    /// The first of these that the law does not know.
    pub fn unknown<'a>(&self, named: &'a [CriterionRef]) -> Option<&'a CriterionRef> {
        let knows = |one: &CriterionRef| {
            self.0.iter().any(|set| set.id == one.set && set.criteria.iter().any(|(no, _)| *no == one.no))
        };
        named.iter().find(|one| !knows(one))
    }

    /// Criteria in words, those of a set behind its name; what the law does not know by what it was named.
    pub fn said(&self, lang: Lang, named: &[CriterionRef]) -> Vec<String> {
        let pick = |(vi, en): &(String, String)| lang.pick(vi, en).to_owned();
        let mut lines: Vec<(&str, String)> = Vec::new();
        for one in named {
            let set = self.0.iter().find(|set| set.id == one.set);
            let known = set.and_then(|set| set.criteria.iter().find(|(no, _)| *no == one.no));
            let word = known.map_or_else(|| one.no.clone(), |(no, name)| format!("{no} {}", pick(name)));
            match lines.last_mut().filter(|(id, _)| *id == one.set) {
                Some((_, line)) => *line = format!("{line}; {word}"),
                None => {
                    let name = set.map_or_else(|| one.set.clone(), |set| pick(&set.name));
                    lines.push((&one.set, format!("{name}: {word}")));
                }
            }
        }
        lines.into_iter().map(|(_, line)| line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn criteria_are_said_behind_their_set_and_what_the_law_does_not_know_is_found() {
        let pair = |vi: &str, en: &str| (vi.to_owned(), en.to_owned());
        let criteria = vec![("1".to_owned(), pair("Quy hoạch", "Planning")), ("17".to_owned(), pair("Nước", "Water"))];
        let set = CriteriaSet { id: "xa".into(), name: pair("Xã", "Commune"), criteria };
        let law = Criteria(vec![set]);
        let named = |set: &str, no: &str| CriterionRef { set: set.into(), no: no.into() };
        let all = [named("xa", "17"), named("xa", "1"), named("huyen", "3")];
        assert_eq!(law.said(Lang::Vi, &all), ["Xã: 17 Nước; 1 Quy hoạch", "huyen: 3"]);
        assert_eq!(law.said(Lang::En, &all[..1]), ["Commune: 17 Water"]);
        assert_eq!(law.unknown(&all), Some(&all[2]));
        assert_eq!(law.unknown(&all[..2]), None);
        let none = named("xa", "170");
        assert_eq!(law.unknown(std::slice::from_ref(&none)), Some(&none));
        assert_eq!(Criteria::default().unknown(&all[..1]), Some(&all[0]), "without a law none is known");
    }
}
