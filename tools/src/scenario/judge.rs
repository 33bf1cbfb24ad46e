//! Whether events happened as an `expect` says, and what differs where they did not.

use ringside_protocol::EventKind;

use super::compare::differences;
use super::json::{Json, Object};

/// The events of the last command, as JSON.
pub type Events<'e> = &'e [Json<'e>];

/// Expected events that did not occur in their order among the events; each as lines of text.
pub fn missing(expected: &[Json<'_>], events: Events<'_>) -> Vec<String> {
    let mut from = 0;
    let mut missing = Vec::new();
    for (place, item) in expected.iter().enumerate() {
        let item = members(item);
        match events[from..].iter().position(|event| fits(item, event)) {
            Some(skipped) => from += skipped + 1,
            None => missing.push(not_found(place, item, &events[from..])),
        }
    }
    missing
}

/// How the events differ from exactly the expected ones.
pub fn inexact(expected: &[Json<'_>], events: Events<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for (place, item) in expected.iter().enumerate() {
        match events.get(place) {
            Some(event) => found.extend(differs(place, members(item), event)),
            None => found.push(format!("events[{place}]: expected {item}, found nothing")),
        }
    }
    for (place, event) in events.iter().enumerate().skip(expected.len()) {
        found.push(format!("events[{place}]: expected nothing, found {event}"));
    }
    found
}

/// Events of kinds that must not have occurred.
pub fn forbidden(kinds: &[EventKind], events: Events<'_>) -> Vec<String> {
    let is = |event: &Json<'_>, kind: EventKind| {
        event.get("event") == Some(&Json::Text(kind.word().into()))
    };
    let occurred = |event: &&Json<'_>| kinds.iter().any(|&kind| is(event, kind));
    events.iter().filter(occurred).map(|event| format!("none: {event} occurred")).collect()
}

/// A partial event; what is no object was refused when the line was read.
fn members<'j, 'a>(item: &'j Json<'a>) -> &'j Object<'a> {
    item.as_object().expect("Invariant: expected events are objects")
}

fn fits(expected: &Object<'_>, event: &Json<'_>) -> bool {
    differences("", expected, &[], event).is_empty()
}

fn differs(place: usize, expected: &Object<'_>, event: &Json<'_>) -> Vec<String> {
    let path = format!("events[{place}]");
    differences(&path, expected, &[], event).iter().map(ToString::to_string).collect()
}

/// Says that an event did not occur, and how the one most like it differs.
fn not_found(place: usize, expected: &Object<'_>, events: Events<'_>) -> String {
    let json = Json::Object(expected.clone());
    let same_kind = |event: &&Json<'_>| {
        let kind = json.get("event");
        kind.is_none() || kind == event.get("event")
    };
    let candidates = events.iter().filter(same_kind).map(|event| differs(place, expected, event));
    match candidates.min_by_key(Vec::len) {
        Some(nearest) => nearest.join("\n"),
        None => format!("events[{place}]: {json} did not occur"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::json::read;
    use super::*;

    const EVENTS: &str = r#"[
        {"event":"accepted","id":"a"},
        {"event":"executed","id":"a","leaves":"1.0"},
        {"event":"executed","id":"a","leaves":"0.0"},{"event":"trade"}]"#;

    fn list(text: &str) -> Vec<Json<'_>> {
        read(text).unwrap().as_list().unwrap().to_vec()
    }

    #[test]
    fn expected_events_must_occur_in_order() {
        let events = list(EVENTS);
        for (expected, said) in [
            (r#"[]"#, ""),
            (r#"[{"event":"accepted"},{"event":"trade"}]"#, ""),
            (r#"[{"event":"executed"},{"event":"executed","leaves":"0"}]"#, ""),
            (r#"[{"id":"a"},{"id":"a"},{"id":"a"}]"#, ""),
            (
                r#"[{"event":"trade"},{"event":"accepted"}]"#,
                r#"events[1]: {"event":"accepted"} did not occur"#,
            ),
            (
                r#"[{"event":"executed","leaves":"2"}]"#,
                r#"events[0].leaves: expected "2", found "1.0""#,
            ),
            (
                r#"[{"event":"executed","leaves":"0"},{"event":"executed"}]"#,
                r#"events[1]: {"event":"executed"} did not occur"#,
            ),
        ] {
            assert_eq!(missing(&list(expected), &events).join("\n"), said);
        }
    }

    #[test]
    fn exactly_those_events() {
        let events = list(EVENTS);
        let all = r#"[{"event":"accepted"},{},{"leaves":"0"},{"event":"trade"}]"#;
        assert_eq!(inexact(&list(all), &events), [""; 0]);
        assert_eq!(
            inexact(&list(r#"[{"event":"accepted"},{"id":"b"},{}]"#), &events),
            [
                r#"events[1].id: expected "b", found "a""#,
                r#"events[3]: expected nothing, found {"event":"trade"}"#
            ]
        );
        assert_eq!(inexact(&list(r#"[{}]"#), &[]), ["events[0]: expected {}, found nothing"]);
    }

    #[test]
    fn kinds_that_must_not_occur() {
        let events = list(EVENTS);
        assert_eq!(forbidden(&[EventKind::Rejected], &events), [""; 0]);
        let found = forbidden(&[EventKind::Trade, EventKind::Rejected], &events);
        assert_eq!(found, [r#"none: {"event":"trade"} occurred"#]);
    }
}
