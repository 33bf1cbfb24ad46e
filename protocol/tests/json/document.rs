//! The document of the dialect cannot rot: its requests are read, and what it shows of the venue is
//! written again and compared letter by letter. `RINGSIDE_WRITE=1` writes it anew.

use std::fs;

use ringside_protocol::Reason;
use ringside_protocol::wire::json::{
    Asked, Code, RequestError, parse_rest, parse_stream_request, parse_ws_api,
};

use crate::kit::LIMIT;
use crate::samples::samples;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/doc/json.md");

/// Characters after which a shown message goes on in the next line.
const WIDTH: usize = 92;

/// One fenced block: what stands behind the fence's `json`, and its text.
struct Block<'a> {
    title: &'a str,
    text: &'a str,
}

fn blocks(document: &str) -> Vec<Block<'_>> {
    let mut found = Vec::new();
    for part in document.split("```json ").skip(1) {
        let (title, rest) = part.split_once('\n').expect("a title");
        let (text, _) = rest.split_once("```").expect("an end");
        found.push(Block { title, text });
    }
    found
}

fn joined(text: &str) -> String {
    text.lines().collect()
}

/// A message in lines, broken before a member.
fn in_lines(message: &str) -> String {
    let mut lines = String::new();
    let mut length = 0;
    for part in message.split_inclusive(',') {
        // A comma within a sentence has a space behind it.
        if length + part.len() > WIDTH && !part.starts_with(' ') {
            lines.push('\n');
            length = 0;
        }
        lines.push_str(part);
        length += part.len();
    }
    lines + "\n"
}

/// The codes, as the document lists them.
fn codes() -> String {
    let mut table = "| code | status | message |\n|---|---|---|\n".to_owned();
    for code in Code::ALL {
        let (number, status) = (code.number(), code.status());
        table += &format!("| {number} | {status} | {} |\n", code.message());
    }
    table
}

/// The reasons, as the document lists them.
fn reasons() -> String {
    let mut table = "| reason | code | status | message |\n|---|---|---|---|\n".to_owned();
    for &reason in Reason::ALL {
        let error = RequestError::because(Asked::Enter, reason);
        let (word, code, status) = (reason.word(), error.code.number(), error.status);
        table += &format!("| {word} | {code} | {status} | {} |\n", error.message);
    }
    table
}

/// The document's tables: their name and what must stand there.
fn tables() -> [(&'static str, String); 2] {
    [("codes", codes()), ("reasons", reasons())]
}

/// A table's place in the document: what stands before it, in it and behind it.
fn table<'a>(document: &'a str, name: &str) -> [&'a str; 3] {
    let start = format!("<!-- {name} -->\n");
    let at = document.find(&start).expect("a table") + start.len();
    let end = at + document[at..].find("<!-- end -->").expect("its end");
    [&document[..at], &document[at..end], &document[end..]]
}

fn written_anew(document: &str) -> String {
    let document = tables().iter().fold(document.to_owned(), |text, (name, rows)| {
        let [before, _, after] = table(&text, name);
        format!("{before}{rows}{after}")
    });
    samples().iter().fold(document, |text, (name, sample)| {
        let fence = format!("```json says {name}\n");
        let Some((before, rest)) = text.split_once(&fence) else { return text };
        let (_, after) = rest.split_once("```").expect("an end");
        format!("{before}{fence}{}```{after}", in_lines(sample))
    })
}

#[test]
fn what_it_shows_of_the_venue_is_what_the_venue_writes() {
    // GWY-027
    let mut document = fs::read_to_string(PATH).expect("the document");
    if std::env::var_os("RINGSIDE_WRITE").is_some() {
        document = written_anew(&document);
        fs::write(PATH, &document).expect("written");
    }
    let blocks = blocks(&document);
    for (name, sample) in samples() {
        let shown = blocks.iter().find(|block| block.title.strip_prefix("says ") == Some(name));
        let shown = shown.unwrap_or_else(|| panic!("the document does not show {name}"));
        assert_eq!(joined(shown.text), sample, "{name}");
        serde_json::from_str::<serde_json::Value>(&sample).expect("JSON");
    }
    let says = blocks.iter().filter(|block| block.title.starts_with("says ")).count();
    assert_eq!(says, samples().len(), "the document shows what nobody writes");
}

#[test]
fn what_it_lets_clients_send_is_read() {
    // GWY-010, GWY-027
    let document = fs::read_to_string(PATH).expect("the document");
    let (mut api, mut stream, mut rest) = (0, 0, 0);
    for Block { title, text } in blocks(&document) {
        let text = joined(text);
        match title.split(' ').next() {
            Some("api") => {
                parse_ws_api(&text, LIMIT).unwrap_or_else(|error| panic!("{error}: {text}"));
                api += 1;
            }
            Some("stream") => {
                parse_stream_request(&text, LIMIT).unwrap_or_else(|e| panic!("{e}: {text}"));
                stream += 1;
            }
            Some("rest") => {
                let (verb, target) = text.split_once(' ').expect("a verb");
                let (path, query) = target.split_once('?').unwrap_or((target, ""));
                parse_rest(verb, path, query, "", None).unwrap_or_else(|e| panic!("{e}: {text}"));
                rest += 1;
            }
            Some("says") => {}
            title => panic!("no such kind of example: {title:?}"),
        }
    }
    assert!(api >= 16 && stream >= 5 && rest >= 11, "{api} {stream} {rest}");
}

#[test]
fn it_lists_every_code_and_every_reason() {
    // GWY-012
    let document = fs::read_to_string(PATH).expect("the document");
    for (name, rows) in tables() {
        assert_eq!(table(&document, name)[1], rows, "{name}");
    }
}
