//! The nearest valid spelling, so that an error can say what was probably meant.

/// The candidate with the smallest weighted edit distance to `text`; the first of equals.
pub fn nearest<'a>(text: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let text = clip(text);
    candidates
        .into_iter()
        .min_by_key(|candidate| distance(text, candidate) + start(text, candidate))
}

/// What is worth comparing: no valid word is longer, and a megabyte is not compared.
fn clip(text: &str) -> &str {
    const CHARACTERS_MAX: usize = 64;
    text.char_indices().nth(CHARACTERS_MAX).map_or(text, |(end, _)| &text[..end])
}

/// What a letter that was left out costs: abbreviations are the commonest slip.
const MISSING: usize = 1;
/// What a letter too many costs.
const EXTRA: usize = 2;
/// What another letter costs.
const WRONG: usize = MISSING + EXTRA;
/// What the other case of a letter costs.
const WRONG_CASE: usize = 1;

/// What another first letter costs besides: it is seldom wrong.
const WRONG_START: usize = 2;

fn start(written: &str, meant: &str) -> usize {
    let first = |word: &str| word.chars().next().map(|letter| letter.to_ascii_lowercase());
    if first(written) == first(meant) { 0 } else { WRONG_START }
}

/// Weighted edit distance from what was written to what may have been meant, in characters.
fn distance(written: &str, meant: &str) -> usize {
    let meant: Vec<char> = meant.chars().collect();
    let mut row: Vec<usize> = (0..=meant.len()).map(|place| MISSING * place).collect();
    for (place, x) in written.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = EXTRA * (place + 1);
        for (j, &y) in meant.iter().enumerate() {
            let replaced = diagonal + replacement(x, y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + EXTRA).min(row[j] + MISSING);
        }
    }
    row[meant.len()]
}

fn replacement(x: char, y: char) -> usize {
    match (x == y, x.eq_ignore_ascii_case(&y)) {
        (true, _) => 0,
        (false, true) => WRONG_CASE,
        (false, false) => WRONG,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_spelling_is_the_fewest_changes_away() {
        let keys = ["price", "quantity", "post_only", "GTC", "tif", "side"];
        for (written, meant) in [
            ("pirce", "price"),
            ("qty", "quantity"),
            ("quantitiy", "quantity"),
            ("postonly", "post_only"),
            ("gtc", "GTC"),
            ("Side", "side"),
            ("", "GTC"),
            ("prise", "price"),
            ("postonly!", "post_only"),
        ] {
            assert_eq!(nearest(written, keys), Some(meant), "{written}");
        }
        assert_eq!(nearest("x", []), None);
        assert_eq!(nearest(&"price".repeat(200_000), keys), Some("price"));
    }
}
