//! The stream door: names, requests, and errors that spoil nothing but themselves.

use ringside_protocol::wire::json::{
    Channel, STREAMS_ASKED_MAX, Speed, StreamAsk, StreamError, StreamName, parse_stream_path,
    parse_stream_request, stream_property,
};

use crate::kit::{LIMIT, id, name, read};

fn ask(text: &str) -> StreamAsk<'_> {
    parse_stream_request(text, LIMIT).unwrap_or_else(|error| panic!("{error}: {text}")).ask
}

#[test]
fn a_streams_name_comes_back_as_it_went_in() {
    // FED-014
    for (text, channel) in [
        ("solusdc@trade", Channel::Trade),
        ("solusdc@bookTicker", Channel::BookTicker),
        ("solusdc@depth", Channel::Depth(Speed::Second)),
        ("solusdc@depth@100ms", Channel::Depth(Speed::Tenth)),
        ("solusdc@depth5", Channel::Partial(5, Speed::Second)),
        ("solusdc@depth10@100ms", Channel::Partial(10, Speed::Tenth)),
        ("solusdc@depth20", Channel::Partial(20, Speed::Second)),
    ] {
        let stream = StreamName { symbol: name("SOLUSDC"), channel };
        assert_eq!(StreamName::parse(text), Ok(stream));
        assert_eq!(stream.to_string(), text);
    }
    let plain = StreamName::parse("SOLUSDC@depth5@1000ms").unwrap();
    assert_eq!(plain.to_string(), "solusdc@depth5", "what it is called when it is listed");
    for (text, error) in [
        ("", StreamError::Form),
        ("solusdc", StreamError::Form),
        ("@trade", StreamError::Symbol),
        ("so l@trade", StreamError::Symbol),
        ("solusdc@", StreamError::Channel),
        ("solusdc@tarde", StreamError::Channel),
        ("solusdc@trade@1000ms", StreamError::Channel),
        ("solusdc@depth7", StreamError::Channel),
        ("solusdc@depth@10ms", StreamError::Channel),
    ] {
        assert_eq!(StreamName::parse(text), Err(error), "{text}");
        assert!(!error.message().is_empty());
    }
}

#[test]
fn one_bad_name_spoils_nothing_but_itself() {
    // GWY-020
    let asked = ask(r#"{"method":"SUBSCRIBE","params":["a@trade","b@x","c@depth"],"id":"u"}"#);
    let StreamAsk::Subscribe(items) = asked else { panic!("a subscription") };
    let good: Vec<_> = items.iter().map(|item| item.stream.is_ok()).collect();
    assert_eq!(good, [true, false, true]);
    assert_eq!(items[1].name, "b@x");
}

#[test]
fn a_path_names_streams_too() {
    let items = parse_stream_path("a@trade/b@depth5@100ms//c");
    let found: Vec<_> = items.iter().map(|item| (&*item.name, item.stream.is_ok())).collect();
    assert_eq!(found, [("a@trade", true), ("b@depth5@100ms", true), ("c", false)]);
    let many = "a@trade/".repeat(STREAMS_ASKED_MAX + 1);
    assert_eq!(parse_stream_path(&many).len(), STREAMS_ASKED_MAX);
}

#[test]
fn properties_are_set_and_asked_for() {
    let set = r#"{"method":"SET_PROPERTY","params":["combined",true],"id":5}"#;
    assert_eq!(ask(set), StreamAsk::SetCombined(true));
    let get = r#"{"method":"GET_PROPERTY","params":["combined"],"id":5}"#;
    assert_eq!(ask(get), StreamAsk::GetCombined);
    let answer = read(|out| stream_property(out, &id(), true));
    assert_eq!(answer, serde_json::json!({"result": true, "id": 1}));
}

#[test]
fn mistakes_on_the_stream_door_name_their_field() {
    // GWY-017
    let many = vec!["\"a@trade\""; STREAMS_ASKED_MAX + 1].join(",");
    let many = format!(r#"{{"method":"SUBSCRIBE","params":[{many}],"id":1}}"#);
    for (text, code, field) in [
        ("x", 3, None),
        (r#"{"method":"SUBSCRIBE","params":[],"id":1}"#, 2, Some("params")),
        (r#"{"method":"SUBSCRIBE","params":[1],"id":1}"#, 2, Some("params")),
        (r#"{"method":"SUBSCRIBE","id":1}"#, 2, Some("params")),
        (r#"{"method":"subscribe","params":["a@trade"],"id":1}"#, 2, Some("method")),
        (r#"{"method":"SUBSCRIBE","params":["a@trade"]}"#, 2, Some("id")),
        (r#"{"method":"SET_PROPERTY","params":["combined",1],"id":1}"#, 2, Some("params")),
        (r#"{"method":"GET_PROPERTY","params":["x"],"id":1}"#, 2, Some("params")),
        (r#"{"method":"LIST_SUBSCRIPTIONS","id":1,"x":1}"#, 2, Some("x")),
        (&many, 2, Some("params")),
    ] {
        let error = parse_stream_request(text, LIMIT).expect_err(text);
        let written = read(|out| error.write_stream(out));
        assert_eq!(written["error"]["code"], code, "{text}");
        assert_eq!(written["error"]["field"].as_str(), field, "{text}");
    }
}
