//! The index: names and words of everything that can be found, in memory, and how well each answers a question.

use super::{
    Entry,
    words::{asked, distance, edits, words},
};
use kernel::text::search_key;
use std::collections::{HashMap, HashSet};

/// How well an entry answers, the best first.
mod rank {
    /// A name is exactly what was asked.
    pub const EXACT: u8 = 0;
    /// A name begins with it.
    pub const PREFIX: u8 = 1;
    /// All words stand in the title, in any order.
    pub const WORDS: u8 = 2;
    /// Some of the words stand beside the title only.
    pub const PLACE: u8 = 3;
    /// A name is an edit away; two edits are one more.
    pub const TYPO: u8 = 4;
    /// All words stand in the title, with slips in some.
    pub const TYPO_WORDS: u8 = 6;
    /// Most of what was asked is there, not all.
    pub const PART: u8 = 7;
    /// Slips, and some of the words beside the title only.
    pub const TYPO_PLACE: u8 = 8;
    /// Slips forgiven in all words together; with more, any long sentence would answer.
    pub const SLIPS: u8 = 2;
}

/// Letters below which a word of a sentence must be written as it is.
const SHORT: usize = 4;

/// An entry that answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    rank: u8,
    /// Asked with diacritics that the title does not have.
    other_marks: bool,
    /// Entries stand in the order of equals.
    entry: u32,
}

/// What a question finds.
#[derive(Debug, Default)]
pub struct Found {
    /// The best first.
    pub hits: Vec<Hit>,
    /// Nothing was found as it was written: these are guesses.
    pub guessed: bool,
}

/// How many entries of a kind were found; kinds stand in the order of their best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    pub name: &'static str,
    pub count: usize,
}

/// An entry where a word stands, and whether in its title.
#[derive(Clone, Copy)]
struct At(u32);

impl At {
    fn new(entry: usize, title: bool) -> At {
        At((entry as u32) << 1 | u32::from(title))
    }

    fn entry(self) -> usize {
        (self.0 >> 1) as usize
    }

    /// 2 in the title, 1 beside it.
    fn weight(self) -> u8 {
        1 + (self.0 & 1) as u8
    }
}

/// A word that may stand for one that was asked, by its place, and how many slips lie between.
type May = (usize, u8);

/// Everything that can be found. Some hundred bytes an entry.
#[derive(Default)]
pub struct Index {
    entries: Vec<Entry>,
    /// Words in their order, and where each stands.
    words: Vec<(String, Vec<At>)>,
    /// Names without spaces in their order, so that missing and superfluous ones do not matter.
    names: Vec<(String, u32)>,
    /// Pages of their own: no part, no search.
    pages: Vec<String>,
}

impl Index {
    pub fn new(mut entries: Vec<Entry>) -> Index {
        entries.sort_by(|a, b| {
            let key = |e: &Entry| (!e.own, e.ended);
            key(a).cmp(&key(b)).then_with(|| (&a.order, &a.href).cmp(&(&b.order, &b.href)))
        });
        let (mut of_word, mut names) = (HashMap::<String, Vec<At>>::new(), Vec::new());
        for (at, entry) in entries.iter().enumerate() {
            let mut put = |text: &str, title: bool| {
                let words = words(text);
                let joined = words.concat();
                for word in words {
                    of_word.entry(word).or_default().push(At::new(at, title));
                }
                joined
            };
            for text in entry.title.texts().chain(entry.names.iter().map(String::as_str)) {
                let joined = put(text, true);
                if !joined.is_empty() {
                    names.push((joined, at as u32));
                }
            }
            for text in entry.place.texts() {
                put(text, false);
            }
        }
        let mut words: Vec<(String, Vec<At>)> = of_word.into_iter().collect();
        words.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        names.sort_unstable();
        names.dedup();
        let own = entries.iter().map(|e| &e.href).filter(|href| !href.contains(['#', '?']));
        let mut pages: Vec<String> = own.cloned().collect();
        let mut seen = HashSet::new();
        pages.retain(|href| seen.insert(href.clone()));
        Index { entries, words, names, pages }
    }

    pub fn entry(&self, hit: Hit) -> &Entry {
        &self.entries[hit.entry as usize]
    }

    /// The addresses of pages of their own, each once.
    pub fn pages(&self) -> &[String] {
        &self.pages
    }

    /// What answers a question: exactly, by its beginning, by all its words; only where nothing does, what is written much
    /// the same, and then what has most of it. Cost: no row; the names once, at worst.
    pub fn find(&self, text: &str) -> Found {
        let words = asked(text);
        if words.is_empty() {
            return Found::default();
        }
        let mut ranks = Ranks::default();
        let joined = words.concat();
        for (name, entry) in self.beginning(&joined) {
            ranks.put(*entry, if name.len() == joined.len() { rank::EXACT } else { rank::PREFIX });
        }
        let last = words.len() - 1;
        let plain: Vec<Vec<May>> =
            words.iter().enumerate().map(|(at, word)| self.as_written(word, at == last)).collect();
        for (entry, weight) in self.in_all(&plain) {
            ranks.put(entry, if weight == 2 { rank::WORDS } else { rank::PLACE });
        }
        let guessed = ranks.best().is_none_or(|best| best > rank::WORDS);
        if guessed {
            self.much_the_same(&words, &joined, &plain, &mut ranks);
        }
        if ranks.best().is_none_or(|best| best > rank::PART) {
            for entry in self.in_most(&words, &plain) {
                ranks.put(entry, rank::PART);
            }
        }
        let guessed = guessed && ranks.best().is_some_and(|best| best > rank::PLACE);
        Found { hits: self.sorted(text, ranks), guessed }
    }

    /// The names that begin so.
    fn beginning<'a>(&'a self, joined: &'a str) -> impl Iterator<Item = &'a (String, u32)> {
        let from = self.names.partition_point(|(name, _)| name.as_str() < joined);
        self.names[from..].iter().take_while(move |(name, _)| name.starts_with(joined))
    }

    /// The place of a word, if anything has it.
    fn place(&self, word: &str) -> Option<usize> {
        self.words.binary_search_by(|(w, _)| w.as_str().cmp(word)).ok()
    }

    /// The word itself, and those it begins while it is being typed.
    fn as_written(&self, word: &str, typing: bool) -> Vec<May> {
        if !typing {
            return self.place(word).into_iter().map(|at| (at, 0)).collect();
        }
        let from = self.words.partition_point(|(w, _)| w.as_str() < word);
        let begun = (from..self.words.len()).take_while(|&at| self.words[at].0.starts_with(word));
        begun.map(|at| (at, 0)).collect()
    }

    /// The entries that have every one of these words (each given as what may stand for it), and the least weight.
    fn in_all(&self, words: &[Vec<May>]) -> Vec<(u32, u8)> {
        if words.iter().any(Vec::is_empty) {
            return Vec::new();
        }
        // The least weight of the words so far, and the slips in them together.
        let mut sum = vec![(2u8, 0u8); self.entries.len()];
        for may in words {
            let mut here = vec![(0u8, u8::MAX); self.entries.len()];
            for &(word, slips) in may {
                for at in &self.words[word].1 {
                    let best = &mut here[at.entry()];
                    if (slips, best.0) < (best.1, at.weight()) {
                        *best = (at.weight(), slips);
                    }
                }
            }
            for (sum, here) in sum.iter_mut().zip(here) {
                *sum = (sum.0.min(here.0), sum.1.saturating_add(here.1));
            }
        }
        let answers = (0u32..).zip(sum).filter(|(_, (weight, slips))| *weight > 0 && *slips <= rank::SLIPS);
        answers.map(|(entry, (weight, _))| (entry, weight)).collect()
    }

    /// Names and words that are an edit or two away, and words that were written as one.
    fn much_the_same(&self, words: &[String], joined: &str, plain: &[Vec<May>], ranks: &mut Ranks) {
        let most = edits(joined.len());
        for (name, entry) in &self.names {
            if let Some(away) = distance(joined, name, most) {
                ranks.put(*entry, rank::TYPO + away.saturating_sub(1) as u8);
            }
        }
        let mut near = Vec::new();
        for (word, plain) in words.iter().zip(plain) {
            // A short word is near too many others; in a name it is forgiven all the same.
            let most = if word.len() < SHORT { 0 } else { edits(word.len()) };
            let slips = |at: usize| distance(word, &self.words[at].0, most).map(|slips| (at, slips as u8));
            match self.parts(word).filter(|_| plain.is_empty()) {
                Some(parts) => near.extend(parts.into_iter().map(|part| vec![(part, 0)])),
                None => near.push(plain.iter().copied().chain((0..self.words.len()).filter_map(slips)).collect()),
            }
        }
        for (entry, weight) in self.in_all(&near) {
            ranks.put(entry, if weight == 2 { rank::TYPO_WORDS } else { rank::TYPO_PLACE });
        }
    }

    /// A word as two or more words that there are, the fewest; of two letters at least.
    fn parts(&self, word: &str) -> Option<Vec<usize>> {
        let ends: Vec<usize> = word.char_indices().map(|(at, _)| at).chain([word.len()]).collect();
        // The fewest words that reach so far, each with where the last of them begins.
        let mut reached: Vec<Option<(usize, usize, usize)>> = vec![None; ends.len()];
        for to in 2..ends.len() {
            for from in (0..=to - 2).filter(|&from| from == 0 || from >= 2) {
                let before = if from == 0 { 0 } else { reached[from].map_or(usize::MAX, |(count, _, _)| count) };
                if before == usize::MAX || reached[to].is_some_and(|(count, _, _)| count <= before + 1) {
                    continue;
                }
                if let Some(place) = self.place(&word[ends[from]..ends[to]]) {
                    reached[to] = Some((before + 1, from, place));
                }
            }
        }
        let (mut at, mut parts) = (ends.len() - 1, Vec::new());
        while at > 0 {
            let (_, from, place) = reached[at]?;
            parts.push(place);
            at = from;
        }
        (parts.len() > 1).then_some(parts)
    }

    /// The entries that have most of the letters asked for, where that is half of them at least.
    fn in_most(&self, words: &[String], plain: &[Vec<May>]) -> Vec<u32> {
        let mut letters = vec![0usize; self.entries.len()];
        for (word, may) in words.iter().zip(plain) {
            let mut here = vec![false; self.entries.len()];
            may.iter().flat_map(|&(word, _)| &self.words[word].1).for_each(|at| here[at.entry()] = true);
            letters.iter_mut().zip(here).for_each(|(sum, here)| *sum += if here { word.len() } else { 0 });
        }
        let (asked, most) = (words.iter().map(String::len).sum::<usize>(), letters.iter().max().copied().unwrap_or(0));
        if most * 2 < asked {
            return Vec::new();
        }
        (0u32..).zip(letters).filter(|(_, sum)| *sum == most).map(|(entry, _)| entry).collect()
    }

    fn sorted(&self, text: &str, ranks: Ranks) -> Vec<Hit> {
        let typed = text.trim().to_lowercase();
        // Who writes diacritics means them.
        let marked = search_key(&typed) != typed;
        let other_marks = |entry: u32| {
            marked && !self.entries[entry as usize].title.texts().any(|t| t.to_lowercase().contains(&typed))
        };
        let hit = |(entry, rank)| Hit { rank, other_marks: other_marks(entry), entry };
        let mut hits: Vec<Hit> = ranks.0.into_iter().map(hit).collect();
        hits.sort_unstable();
        hits
    }

    /// What was found of one kind, or of all where none is named.
    pub fn of(&self, found: &Found, group: &str) -> Vec<Hit> {
        let wanted = |hit: &Hit| group.is_empty() || self.entry(*hit).group == group;
        found.hits.iter().copied().filter(wanted).collect()
    }

    /// How many of each kind were found, in the order of the best of each.
    pub fn groups(&self, found: &Found) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for hit in &found.hits {
            let name = self.entry(*hit).group;
            match groups.iter_mut().find(|g| g.name == name) {
                Some(group) => group.count += 1,
                None => groups.push(Group { name, count: 1 }),
            }
        }
        groups
    }
}

/// The best rank of each entry.
#[derive(Default)]
struct Ranks(HashMap<u32, u8>);

impl Ranks {
    fn put(&mut self, entry: u32, rank: u8) {
        let best = self.0.entry(entry).or_insert(rank);
        *best = rank.min(*best);
    }

    fn best(&self) -> Option<u8> {
        self.0.values().min().copied()
    }
}
