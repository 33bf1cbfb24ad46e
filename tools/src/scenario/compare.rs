//! Expected values against found ones: only what is named is compared, objects partially, lists in
//! full, decimals as numbers.

use std::fmt;

use ringside_protocol::wire::json::number;

use super::fields::joined;
use super::json::{Json, Object};

/// One place where expected and found values differ.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Where: keys and places in lists.
    pub path: String,
    /// What was expected.
    pub expected: String,
    /// What was found; none where there is nothing.
    pub found: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = self.found.as_deref().unwrap_or("nothing");
        write!(f, "{}: expected {}, found {found}", self.path, self.expected)
    }
}

/// Keys whose values are names, compared letter by letter even where they look like numbers.
const NAMES: &[&str] = &["account", "id", "new_id", "symbol", "currency", "debit", "credit"];

/// Where a value stands, as far as that decides how it is compared.
#[derive(Clone, Copy, Default)]
struct Place {
    /// Lists around it.
    lists: usize,
    is_name: bool,
}

/// Every difference between an expected object, but for the keys in `skip`, and the found value.
pub fn differences(
    path: &str,
    expected: &Object<'_>,
    skip: &[&str],
    found: &Json<'_>,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    for (key, value) in expected.iter().filter(|(key, _)| !skip.contains(&key.as_ref())) {
        let place = Place { lists: 0, is_name: NAMES.contains(&key.as_ref()) };
        compare(&joined(path, key), place, value, found.get(key), &mut differences);
    }
    differences
}

fn compare(
    path: &str,
    place: Place,
    expected: &Json<'_>,
    found: Option<&Json<'_>>,
    differences: &mut Vec<Difference>,
) {
    match (expected, found) {
        (Json::Object(members), Some(found @ Json::Object(_))) => {
            for (key, value) in members {
                let place = Place { is_name: NAMES.contains(&key.as_ref()), ..place };
                compare(&joined(path, key), place, value, found.get(key), differences);
            }
        }
        (Json::List(items), Some(Json::List(found))) => {
            lists(path, place, items, found, differences);
        }
        (Json::Null, None) => {}
        (expected, Some(found)) if same(expected, found, place) => {}
        (expected, found) => differences.push(Difference {
            path: path.to_owned(),
            expected: expected.to_string(),
            found: found.map(ToString::to_string),
        }),
    }
}

fn lists(
    path: &str,
    place: Place,
    expected: &[Json<'_>],
    found: &[Json<'_>],
    differences: &mut Vec<Difference>,
) {
    for (i, item) in expected.iter().enumerate() {
        let place = Place { lists: place.lists + 1, is_name: order_name(place, i) };
        compare(&format!("{path}[{i}]"), place, item, found.get(i), differences);
    }
    for (i, item) in found.iter().enumerate().skip(expected.len()) {
        let path = format!("{path}[{i}]");
        let found = Some(item.to_string());
        differences.push(Difference { path, expected: "nothing".to_owned(), found });
    }
}

/// In `[price,[[account,id,quantity],…]]` the account and the id are names.
const fn order_name(list: Place, item: usize) -> bool {
    const LISTS_AROUND_AN_ORDER: usize = 3;
    list.lists == LISTS_AROUND_AN_ORDER && item < 2
}

/// Whether two values that are neither objects nor lists are the same.
fn same(expected: &Json<'_>, found: &Json<'_>, place: Place) -> bool {
    match (text(expected), text(found)) {
        (Some(expected), Some(found)) if place.is_name => expected == found,
        (Some(expected), Some(found)) => {
            expected == found || number(expected).is_some_and(|n| Some(n) == number(found))
        }
        _ => expected == found,
    }
}

fn text<'j>(json: &'j Json<'_>) -> Option<&'j str> {
    json.as_text().or(json.as_number())
}

fn number(text: &str) -> Option<String> {
    number::canonical(&number::plain(text)?)
}

#[cfg(test)]
mod tests {
    use super::super::json::read;
    use super::*;

    #[test]
    fn only_what_is_named_is_compared() {
        let found = r#"{"id":"1","price":"6.000","n":5,"o":{"a":"x","b":"y"},"l":[["1.0",2]],
            "deep":[["9.0",[["1","2","3.0"]]]],"none":null,"yes":true}"#;
        let found = read(found).unwrap();
        for (expected, differences) in [
            (r#"{}"#, ""),
            (r#"{"price":"6"}"#, ""),
            (r#"{"price":6}"#, ""),
            (r#"{"price":6e0,"n":"5.0","yes":true,"none":null,"absent":null}"#, ""),
            (r#"{"o":{"b":"y"},"l":[["1","2"]]}"#, ""),
            (r#"{"deep":[["9",[["1","2","3"]]]]}"#, ""),
            (r#"{"price":"7"}"#, r#"price: expected "7", found "6.000""#),
            (r#"{"id":"1.0"}"#, r#"id: expected "1.0", found "1""#),
            (
                r#"{"deep":[["9",[["1.0","2","3"]]]]}"#,
                r#"deep[0][1][0][0]: expected "1.0", found "1""#,
            ),
            (
                r#"{"o":{"b":"z","c":1}}"#,
                "o.b: expected \"z\", found \"y\"\no.c: expected 1, found nothing",
            ),
            (r#"{"l":[]}"#, r#"l[0]: expected nothing, found ["1.0",2]"#),
            (
                r#"{"l":[["1",2,3],4]}"#,
                "l[0][2]: expected 3, found nothing\nl[1]: expected 4, found nothing",
            ),
            (
                r#"{"yes":"true","o":[]}"#,
                "yes: expected \"true\", found true\n\
                 o: expected [], found {\"a\":\"x\",\"b\":\"y\"}",
            ),
            (r#"{"none":"0"}"#, r#"none: expected "0", found null"#),
        ] {
            let Json::Object(expected) = read(expected).unwrap() else { panic!("no object") };
            let found = super::differences("", &expected, &["skipped"], &found);
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            assert_eq!(found.join("\n"), differences);
        }
    }
}
