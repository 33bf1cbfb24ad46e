//! How far the engine agrees with the exchange: counts, what they must reach, and the report.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::flow::{Figure, Print};
use crate::figures::grouped;

/// How a recording is run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Mode {
    /// The engine is given the commands and nothing else.
    Free,
    /// After an order that took liquidity met others than recorded, the book is put right.
    Resynced,
}

impl Mode {
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Free => "running free",
            Self::Resynced => "re-synced",
        }
    }
}

impl Figure {
    const fn words(self) -> &'static str {
        match self {
            Self::Trades => "trades identical",
            Self::FillLists => "fill lists identical",
            Self::BestSides => "best sides equal",
            Self::BestBids => "best bids equal",
            Self::BestAsks => "best asks equal",
            Self::Rows => "rows exact",
        }
    }
}

/// How many of how many.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Count {
    pub(super) agree: u64,
    pub(super) of: u64,
}

impl Count {
    /// Whether it is at least the share `least`; a count of nothing proves nothing.
    const fn reaches(self, least: Self) -> bool {
        self.of > 0
            && self.agree as u128 * least.of as u128 >= least.agree as u128 * self.of as u128
    }

    /// The share in hundredths of a percent, rounded down.
    const fn share(self) -> u64 {
        match (self.agree * 10_000).checked_div(self.of) {
            Some(share) => share,
            None => 0,
        }
    }
}

/// A share that a figure must reach.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Requirement {
    pub(super) mode: Mode,
    pub(super) figure: Figure,
    pub(super) least: Count,
}

impl Requirement {
    pub(super) const fn new(mode: Mode, figure: Figure, agree: u64, of: u64) -> Self {
        Self { mode, figure, least: Count { agree, of } }
    }
}

/// Where one of them differed: the recording's line, and both sides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Difference {
    pub(super) mode: Mode,
    pub(super) figure: Figure,
    pub(super) line: u64,
    pub(super) recorded: String,
    pub(super) engine: String,
}

/// Counts of everything compared.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Agreement {
    counts: BTreeMap<(Mode, Figure), Count>,
    differences: Vec<Difference>,
}

impl Agreement {
    /// One thing was compared.
    pub(super) fn count(&mut self, mode: Mode, figure: Figure, agrees: bool) {
        self.add(mode, figure, Count { agree: u64::from(agrees), of: 1 });
    }

    /// Several things were compared.
    pub(super) fn add(&mut self, mode: Mode, figure: Figure, more: Count) {
        let count = self.counts.entry((mode, figure)).or_default();
        count.agree += more.agree;
        count.of += more.of;
    }

    /// One thing differed.
    pub(super) fn differ(&mut self, difference: Difference) {
        self.differences.push(difference);
    }

    /// Whether every requirement is met.
    pub(super) fn suffices(&self, requirements: &[Requirement]) -> bool {
        requirements.iter().all(|required| self.get(required).reaches(required.least))
    }

    /// The report, a line a figure and the summary last; before it the first `differences` of each.
    pub(super) fn report(
        &self,
        source: &str,
        requirements: &[Requirement],
        differences: usize,
    ) -> String {
        let mut report = String::new();
        for (&(mode, figure), &count) in &self.counts {
            let least = requirements.iter().find(|r| (r.mode, r.figure) == (mode, figure));
            report.push_str(&figure_line(mode, figure, count, least.map(|r| r.least)));
            let of_it = self.differences.iter().filter(|d| (d.mode, d.figure) == (mode, figure));
            for difference in of_it.take(differences) {
                report.push_str(&difference_line(difference));
            }
        }
        report + &self.summary(source, requirements)
    }

    fn summary(&self, source: &str, requirements: &[Requirement]) -> String {
        let verdict = if self.suffices(requirements) { "agrees" } else { "falls short" };
        let mut summary = format!("{source} {verdict}:");
        for (at, required) in requirements.iter().enumerate() {
            let count = self.get(required);
            let comma = if at == 0 { "" } else { "," };
            let (words, mode) = (required.figure.words(), required.mode.words());
            let (agree, of) = (grouped(count.agree), grouped(count.of));
            let _ = write!(summary, "{comma} {words} {mode} {agree} of {of}");
        }
        summary + "\n"
    }

    /// How far one figure agrees.
    pub(super) fn of(&self, mode: Mode, figure: Figure) -> Count {
        self.counts.get(&(mode, figure)).copied().unwrap_or_default()
    }

    fn get(&self, required: &Requirement) -> Count {
        self.of(required.mode, required.figure)
    }
}

fn figure_line(mode: Mode, figure: Figure, count: Count, least: Option<Count>) -> String {
    let (agree, of) = (grouped(count.agree), grouped(count.of));
    let required = least.map_or(String::new(), |least| {
        let verdict = if count.reaches(least) { "" } else { "  TOO FEW" };
        format!("  required {}{verdict}", percent(least.share()))
    });
    let (mode, words, share) = (mode.words(), figure.words(), percent(count.share()));
    format!("{mode:<13} {words:<20} {agree:>7} of {of:>7}  {share:>8}{required}\n")
}

fn difference_line(difference: &Difference) -> String {
    let Difference { line, recorded, engine, .. } = difference;
    format!("    line {line}: the exchange {recorded}, the engine {engine}\n")
}

/// Hundredths of a percent as text.
fn percent(share: u64) -> String {
    format!("{}.{:02} %", share / 100, share % 100)
}

/// How many trades of two lists are identical, in order: the longest common subsequence, by Myers'
/// greedy search, which is quick where the lists are nearly equal.
pub(super) fn common(recorded: &[Print], engine: &[Print]) -> u64 {
    let total = recorded.len() + engine.len();
    // Furthest place reached in `recorded` on each diagonal, offset so that none is negative.
    let mut reached = vec![0usize; 2 * total + 3];
    for edits in 0..=total {
        for diagonal in (total - edits..=total + edits).step_by(2) {
            let down = diagonal == total - edits
                || (diagonal != total + edits && reached[diagonal] < reached[diagonal + 2]);
            let mut x = if down { reached[diagonal + 2] } else { reached[diagonal] + 1 };
            let mut y = (x + total).saturating_sub(diagonal);
            while x < recorded.len() && y < engine.len() && recorded[x] == engine[y] {
                (x, y) = (x + 1, y + 1);
            }
            reached[diagonal + 1] = x;
            if x >= recorded.len() && y >= engine.len() {
                return ((total - edits) / 2) as u64;
            }
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_trades_are_counted_in_order() {
        let prints = |text: &str| -> Vec<Print> {
            text.bytes().map(|b| Print { price: u64::from(b), quantity: 1 }).collect()
        };
        for (recorded, engine, expected) in [
            ("", "", 0),
            ("a", "", 0),
            ("", "a", 0),
            ("abc", "abc", 3),
            ("abc", "acb", 2),
            ("abcabba", "cbabac", 4),
            ("abcdef", "xbxdxf", 3),
            ("aaaa", "aa", 2),
            ("ab", "ba", 1),
            ("abc", "xyz", 0),
        ] {
            let found = common(&prints(recorded), &prints(engine));
            assert_eq!(found, expected, "{recorded} {engine}");
            assert_eq!(common(&prints(engine), &prints(recorded)), expected);
        }
    }

    #[test]
    fn the_report_ends_with_one_summary_line() {
        const REQUIRED: &[Requirement] = &[
            Requirement::new(Mode::Free, Figure::Trades, 505, 575),
            Requirement::new(Mode::Resynced, Figure::FillLists, 1, 1),
        ];
        let mut agreement = Agreement::default();
        agreement.add(Mode::Free, Figure::Trades, Count { agree: 505, of: 575 });
        agreement.add(Mode::Free, Figure::BestBids, Count { agree: 9_871, of: 10_022 });
        assert!(!agreement.suffices(REQUIRED), "nothing compared is not enough");
        agreement.count(Mode::Resynced, Figure::FillLists, true);
        assert!(agreement.suffices(REQUIRED));
        agreement.count(Mode::Resynced, Figure::FillLists, false);
        agreement.differ(Difference {
            mode: Mode::Resynced,
            figure: Figure::FillLists,
            line: 7,
            recorded: "filled a".to_owned(),
            engine: "filled b".to_owned(),
        });
        assert!(!agreement.suffices(REQUIRED));
        let expected = "\
running free  trades identical         505 of     575   87.82 %  required 87.82 %
running free  best bids equal        9,871 of  10,022   98.49 %
re-synced     fill lists identical       1 of       2   50.00 %  required 100.00 %  TOO FEW
    line 7: the exchange filled a, the engine filled b
lobster falls short: trades identical running free 505 of 575, \
fill lists identical re-synced 1 of 2
";
        assert_eq!(agreement.report("lobster", REQUIRED, 1), expected);
    }
}
