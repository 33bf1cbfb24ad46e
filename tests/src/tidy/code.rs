//! Rust without its comments and texts: what is left is code, on the lines where it stood.

/// Blanks comments, and the insides of text and character literals.
pub fn code_only(text: &str) -> String {
    let bytes: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let end = skipped(&bytes, at);
        if end == at {
            code.push(bytes[at]);
            at += 1;
            continue;
        }
        code.extend(bytes[at..end].iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
        at = end;
    }
    code
}

/// Where what is to be blanked at `at` ends; `at` itself where there is code.
fn skipped(text: &[char], at: usize) -> usize {
    let next = |ahead: usize| text.get(at + ahead).copied().unwrap_or('\0');
    match text[at] {
        '/' if next(1) == '/' => until(text, at, |t, i| t[i] == '\n'),
        '/' if next(1) == '*' => block_comment_end(text, at),
        '"' => text_end(text, at + 1),
        'r' if is_raw_start(text, at) => raw_text_end(text, at + 1),
        '\'' if next(1) == '\\' => until(text, at + 3, |t, i| t[i] == '\'') + 1,
        '\'' if next(2) == '\'' => at + 3,
        _ => at,
    }
    .min(text.len())
}

fn until(text: &[char], from: usize, found: impl Fn(&[char], usize) -> bool) -> usize {
    (from..text.len()).find(|&i| found(text, i)).unwrap_or(text.len())
}

fn block_comment_end(text: &[char], at: usize) -> usize {
    let (mut depth, mut i) = (0usize, at);
    while i + 1 < text.len() {
        match (text[i], text[i + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                i += 1;
                continue;
            }
        }
        i += 2;
        if depth == 0 {
            return i;
        }
    }
    text.len()
}

fn text_end(text: &[char], from: usize) -> usize {
    let mut i = from;
    while i < text.len() && text[i] != '"' {
        i += if text[i] == '\\' { 2 } else { 1 };
    }
    i + 1
}

fn is_raw_start(text: &[char], at: usize) -> bool {
    let before = at.checked_sub(1).map(|i| text[i]);
    let is_word = before.is_some_and(|c| (c.is_alphanumeric() && c != 'b') || c == '_');
    let quote = text[at + 1..].iter().position(|&c| c != '#');
    !is_word && quote.is_some_and(|ahead| text[at + 1 + ahead] == '"')
}

fn raw_text_end(text: &[char], from: usize) -> usize {
    let hashes = text[from..].iter().take_while(|&&c| c == '#').count();
    let closes = |t: &[char], i: usize| {
        t[i] == '"' && t[i + 1..].iter().take_while(|&&c| c == '#').count() >= hashes
    };
    until(text, from + hashes + 1, closes) + 1 + hashes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_texts_are_blank() {
        for (text, expected) in [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d */ e", "a                   e"),
            ("f(\"x\\\"y\", z)", "f(      , z)"),
            ("r#\"a\"b\"# + c", "         + c"),
            ("let c = 'x'; <'a>", "let c =    ; <'a>"),
            ("'\\'' + 'a' + '\\u{1F}'", "     +     +         "),
            ("for x in \"a\nb\" {}", "for x in   \n   {}"),
        ] {
            assert_eq!(code_only(text), expected, "{text}");
        }
    }
}
