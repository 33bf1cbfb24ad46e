//! Mistakes of clients: each is answered with its code, the field it is about and what to do.

use ringside_protocol::wire::json::number::EXPONENT_MAX;
use ringside_protocol::wire::json::params::PARAMS_MAX;
use ringside_protocol::wire::json::{FIELD_SHOWN_MAX, RequestError, parse_ws_api};

use crate::kit::{LIMIT, read};

fn mistake(text: &str) -> RequestError {
    match parse_ws_api(text, LIMIT) {
        Ok(request) => panic!("{text} was read: {request:?}"),
        Err(error) => error,
    }
}

/// An order with one thing changed: what is said of it.
fn order(changed: &str) -> RequestError {
    let good = [
        (r#""symbol""#, r#""SOLUSDC""#),
        (r#""side""#, r#""BUY""#),
        (r#""type""#, r#""LIMIT""#),
        (r#""timeInForce""#, r#""GTC""#),
        (r#""price""#, r#""150.25""#),
        (r#""quantity""#, r#""1""#),
    ];
    let there = |key: &str| changed.contains(&format!("{key}:"));
    let kept = good.iter().filter(|(key, _)| !there(key));
    let mut members: Vec<_> = kept.map(|(key, value)| format!("{key}:{value}")).collect();
    members.push(changed.to_owned());
    mistake(&format!(r#"{{"id":9,"method":"order.place","params":{{{}}}}}"#, members.join(",")))
}

#[test]
fn a_mistake_in_an_order_names_its_field() {
    // GWY-017
    for (changed, code, field, message) in [
        (r#""symbol":null"#, -1102, "symbol", "Mandatory parameter 'symbol' was not sent"),
        (r#""symbol":"""#, -1105, "symbol", "Parameter 'symbol' was empty."),
        (r#""symbol":"S L""#, -1100, "symbol", "Illegal characters found in parameter 'symbol'"),
        (r#""symbol":["X"]"#, -1130, "symbol", "Data sent for parameter 'symbol' is not valid."),
        (r#""side":"buy""#, -1117, "side", "Invalid side."),
        (r#""side":null"#, -1102, "side", "Mandatory parameter 'side'"),
        (r#""type":"STOP_LOSS""#, -1116, "type", "Invalid orderType."),
        (r#""type":"X""#, -1116, "type", "Invalid orderType."),
        (r#""timeInForce":"GTX""#, -1115, "timeInForce", "Invalid timeInForce."),
        (r#""timeInForce":null"#, -1102, "timeInForce", "Mandatory parameter 'timeInForce'"),
        (r#""price":"1,5""#, -1100, "price", "Illegal characters found in parameter 'price'"),
        (r#""price":"1e3""#, -1100, "price", "Illegal characters found in parameter 'price'"),
        (r#""price":"NaN""#, -1100, "price", "Illegal characters found in parameter 'price'"),
        (r#""price":true"#, -1130, "price", "Data sent for parameter 'price' is not valid."),
        (r#""quantity":1e65"#, -1108, "quantity", "Parameter 'quantity' overflowed."),
        (r#""quantity":1e-65"#, -1111, "quantity", "Parameter 'quantity' has too much precision."),
        (r#""quantity":null"#, -1102, "quantity", "Mandatory parameter 'quantity'"),
        (r#""type":"MARKET","timeInForce":null"#, -1106, "price", "sent when not required."),
        (r#""type":"MARKET","price":null"#, -1106, "timeInForce", "sent when not required."),
        (r#""type":"LIMIT_MAKER""#, -1106, "timeInForce", "sent when not required."),
        (r#""stopPrice":"1""#, -1106, "stopPrice", "Parameter 'stopPrice' sent when not required."),
        (r#""quoteOrderQty":"1""#, -1106, "quoteOrderQty", "sent when not required."),
        (r#""newClientOrderId":"ü""#, -1100, "newClientOrderId", "^[a-zA-Z0-9-_.:/]{1,36}$"),
        (r#""newOrderRespType":"ALL""#, -1130, "newOrderRespType", "Data sent for parameter"),
        (r#""selfTradePreventionMode":"x""#, -1130, "selfTradePreventionMode", "Data sent for"),
        (r#""prise":"1""#, -1103, "prise", "An unknown parameter was sent."),
        (r#""price":"1","price":"2""#, -1101, "price", "Duplicate values for a parameter"),
        (r#""recvWindow":60001"#, -1131, "recvWindow", "recvWindow must be less than 60000"),
        (r#""timestamp":"now""#, -1130, "timestamp", "Data sent for parameter 'timestamp'"),
        (r#""symbol":"\ud800""#, -1100, "symbol", "Illegal characters found"),
    ] {
        let error = order(changed);
        assert_eq!((error.code.number(), error.field.as_ref()), (code, field), "{changed}");
        assert!(error.message.contains(message), "{changed}: {}", error.message);
        assert!(!error.fix.is_empty(), "{changed} has no fix");
        assert_eq!((error.id.as_json(), error.status), ("9", 400), "{changed}");
    }
    assert_eq!(EXPONENT_MAX, 64, "the exponents above are one beyond it");
}

#[test]
fn what_is_not_supported_yet_is_refused_by_name() {
    for (kind, said) in [("STOP_LOSS", "STOP_LOSS is not supported yet"), ("X", "use LIMIT")] {
        assert!(order(&format!(r#""type":"{kind}""#)).fix.contains(said), "{kind}");
    }
    for (method, status, said) in [
        ("order.cancelReplace", 400, "order.cancelReplace is not supported yet"),
        ("myTrades", 400, "myTrades is not supported yet"),
        ("order.plaec", 404, "no such method"),
        ("v4/ping", 404, "no such method"),
    ] {
        let error = mistake(&format!(r#"{{"id":1,"method":"{method}"}}"#));
        assert_eq!((error.code.number(), error.status), (-1020, status), "{method}");
        assert!(error.fix.contains(said), "{method}: {}", error.fix);
    }
}

#[test]
fn a_mistake_in_the_envelope_is_told_as_precisely() {
    // GWY-018
    for (text, code, field) in [
        ("", -1135, ""),
        ("[]", -1135, ""),
        ("{", -1135, ""),
        (r#"{"id":1,"method":"ping"} x"#, -1135, ""),
        (r#"{"method":"ping"}"#, -1102, "id"),
        (r#"{"id":1}"#, -1102, "method"),
        (r#"{"id":1,"method":7}"#, -1130, "method"),
        (r#"{"id":1,"method":"ping","params":[]}"#, -1135, ""),
        (r#"{"id":1,"method":"ping","parms":{}}"#, -1103, "parms"),
        (r#"{"id":1,"method":"ping","method":"time"}"#, -1101, "method"),
        (r#"{"id":1,"method":"order.cancel","params":{"symbol":"X"}}"#, -1102, "orderId"),
        (
            r#"{"id":1,"method":"order.cancel","params":{"symbol":"X","orderId":0}}"#,
            -1130,
            "orderId",
        ),
        (r#"{"id":1,"method":"depth","params":{"symbol":"X","limit":5001}}"#, -1130, "limit"),
        (r#"{"id":1,"method":"depth","params":{"symbol":"X","limit":-1}}"#, -1130, "limit"),
        (r#"{"id":1,"method":"session.ticket"}"#, -1102, "stream"),
        (r#"{"id":1,"method":"session.cancelOnDisconnect"}"#, -1102, "enabled"),
        (r#"{"id":1,"method":"userDataStream.subscribe","params":{"scope":"x"}}"#, -1130, "scope"),
        (
            r#"{"id":1,"method":"userDataStream.subscribe","params":{"resumeAfter":1}}"#,
            -1130,
            "resumeAfter",
        ),
        (
            r#"{"id":1,"method":"userDataStream.subscribe","params":{"resumeAfter":{"number":1}}}"#,
            -1102,
            "session",
        ),
        (
            r#"{"id":1,"method":"exchangeInfo","params":{"symbol":"X","symbols":["Y"]}}"#,
            -1106,
            "symbols",
        ),
    ] {
        let error = mistake(text);
        assert_eq!((error.code.number(), error.field.as_ref()), (code, field), "{text}");
        assert!(!error.fix.is_empty(), "{text} has no fix");
    }
}

#[test]
fn a_message_that_is_too_long_is_not_read() {
    // GWY-018
    let text = format!(r#"{{"id":1,"method":"ping"}}{}"#, " ".repeat(100));
    assert!(parse_ws_api(&text, text.len()).is_ok());
    let error = parse_ws_api(&text, text.len() - 1).unwrap_err();
    assert_eq!((error.status, error.code.number()), (413, -1135));
    assert!(error.fix.contains(&format!("at most {}", text.len() - 1)), "{}", error.fix);
}

#[test]
fn as_many_parameters_are_read_as_there_is_room_for() {
    let with = |count: usize| {
        let members: Vec<_> = (0..count).map(|n| format!(r#""p{n}":1"#)).collect();
        mistake(&format!(r#"{{"id":1,"method":"ping","params":{{{}}}}}"#, members.join(",")))
    };
    assert_eq!(with(PARAMS_MAX).code.number(), -1103);
    for count in [PARAMS_MAX + 1, PARAMS_MAX + 2, 1_000] {
        assert_eq!(with(count).code.number(), -1101, "{count}");
    }
}

#[test]
fn what_comes_from_outside_goes_back_escaped_and_cut() {
    let long = "\\\"<é".repeat(FIELD_SHOWN_MAX);
    let error = mistake(&format!(r#"{{"id":1,"method":"ping","params":{{"{long}":1}}}}"#));
    assert_eq!(error.field.chars().count(), FIELD_SHOWN_MAX);
    for written in
        [read(|out| error.write_ws(out, &[]))["error"].clone(), read(|out| error.write_rest(out))]
    {
        assert_eq!(written["field"], error.field.as_ref());
        assert_eq!(written["code"], -1103);
    }
    let stream = read(|out| error.write_stream(out));
    assert_eq!((&stream["error"]["code"], &stream["id"]), (&2.into(), &1.into()));
}
