//! The nearest valid spelling, so that an error can say what was probably meant.

/// The candidate with the smallest edit distance to `text`; the first of equals.
pub fn nearest<'a>(text: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let text = clip(text);
    candidates.into_iter().min_by_key(|candidate| distance(text, candidate))
}

/// What is worth comparing: no valid word is longer, and a megabyte is not compared.
fn clip(text: &str) -> &str {
    const CHARACTERS_MAX: usize = 64;
    text.char_indices().nth(CHARACTERS_MAX).map_or(text, |(end, _)| &text[..end])
}

/// Levenshtein distance in characters: insertions, deletions and replacements; case counts half,
/// that is, distances are doubled and a change of case costs 1.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).map(|j| 2 * j).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = 2 * (i + 1);
        for (j, &y) in b.iter().enumerate() {
            let replaced = diagonal + replacement(x, y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 2).min(row[j] + 2);
        }
    }
    row[b.len()]
}

fn replacement(x: char, y: char) -> usize {
    match (x == y, x.eq_ignore_ascii_case(&y)) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 2,
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
            ("qty", "tif"),
            ("quantitiy", "quantity"),
            ("postonly", "post_only"),
            ("gtc", "GTC"),
            ("Side", "side"),
            ("", "GTC"),
        ] {
            assert_eq!(nearest(written, keys), Some(meant), "{written}");
        }
        assert_eq!(nearest("x", []), None);
        assert_eq!(nearest(&"price".repeat(200_000), keys), Some("post_only"));
    }
}
