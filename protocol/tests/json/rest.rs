//! The same requests over HTTP.

use ringside_protocol::wire::json::{
    CREDENTIAL_CHARACTERS_MAX, Method, RequestError, Security, parse_rest, parse_rest_security,
};

use crate::kit::{name, read};

fn mistake(verb: &str, path: &str, query: &str) -> RequestError {
    parse_rest(verb, path, query, "", None).expect_err(query)
}

#[test]
fn an_order_in_the_body_is_signed_as_it_was_sent() {
    // GWY-006. As ccxt and python-binance send it: form-encoded, the signature last.
    let body = "symbol=SOLUSDC&side=BUY&type=LIMIT&timeInForce=GTC&price=150.25&quantity=1.5\
                &newClientOrderId=a%2F1&recvWindow=10000&timestamp=1700000000123\
                &signature=a%2Bb%3D";
    let request = parse_rest("POST", "/api/v3/order", "", body, Some("key")).unwrap();
    let Method::Place(order) = request.method else { panic!("an order") };
    assert_eq!(order.id, Some(name("a/1")));
    let Security::Signed(signed) = request.security else { panic!("it is signed") };
    assert_eq!((signed.api_key.as_str(), signed.signature.as_str()), ("key", "a+b="));
    assert_eq!(signed.payload, body.split("&signature").next().unwrap());
}

#[test]
fn query_and_body_count_as_one() {
    let query = "symbol=SOLUSDC&side=BUY&type=MARKET";
    let body = "quantity=1&timestamp=1700000000123&signature=s";
    let request = parse_rest("POST", "/api/v3/order", query, body, Some("key")).unwrap();
    let Security::Signed(signed) = request.security else { panic!("it is signed") };
    let expected = "symbol=SOLUSDC&side=BUY&type=MARKETquantity=1&timestamp=1700000000123";
    assert_eq!(signed.payload, expected, "as Binance has it, without a sign between them");
}

#[test]
fn a_key_in_the_header_is_a_name_and_no_proof() {
    // GWY-002
    let request = parse_rest("GET", "/api/v3/account", "", "", Some("key")).unwrap();
    assert_eq!(request.security, Security::Named { api_key: "key".into(), sent: None });
    for none in [None, Some("")] {
        let request = parse_rest("GET", "/api/v3/account", "", "", none).unwrap();
        assert_eq!(request.security, Security::Session { sent: None });
    }
    let long = "x".repeat(CREDENTIAL_CHARACTERS_MAX + 1);
    let error = parse_rest("GET", "/api/v3/account", "", "", Some(&long)).unwrap_err();
    assert_eq!((error.code.number(), error.status), (-2014, 401));
}

#[test]
fn mistakes_over_http_have_their_code_too() {
    // GWY-012, GWY-017
    for (verb, path, query, status, code, field) in [
        ("GET", "/api/v3/nowhere", "", 404, -1020, ""),
        ("PUT", "/api/v3/order", "", 405, -1020, ""),
        ("GET", "/api/v3/depth", "", 400, -1102, "symbol"),
        ("GET", "/api/v3/depth", "symbol=", 400, -1105, "symbol"),
        ("GET", "/api/v3/depth", "symbol", 400, -1105, "symbol"),
        ("GET", "/api/v3/depth", "symbol=X&symbol=Y", 400, -1101, "symbol"),
        ("GET", "/api/v3/depth", "symbol=X&lim=5", 400, -1103, "lim"),
        ("GET", "/api/v3/depth", "symbol=%", 400, -1100, "%"),
        ("GET", "/api/v3/depth", "symbol=%4", 400, -1100, "%4"),
        ("GET", "/api/v3/depth", "symbol=%zz", 400, -1100, "%zz"),
        ("GET", "/api/v3/depth", "symbol=%ff", 400, -1100, "%ff"),
        ("GET", "/api/v3/depth", "symbol=A+B", 400, -1100, "symbol"),
        ("GET", "/api/v3/account", "signature=s&timestamp=1", 400, -1102, "apiKey"),
    ] {
        let error = mistake(verb, path, query);
        let found = (error.status, error.code.number(), error.field.as_ref());
        assert_eq!(found, (status, code, field), "{verb} {path}?{query}");
        assert_eq!(read(|out| error.write_rest(out))["code"], code);
    }
}

#[test]
fn who_asks_can_be_all_that_is_asked() {
    // GWY-006
    let query = "timestamp=1700000000123&recvWindow=2000&signature=a+b=";
    let security = parse_rest_security(query, "", Some("key")).unwrap();
    let Security::Signed(signed) = security else { panic!("it is signed") };
    assert_eq!(signed.signature, "a+b=", "as some libraries send it");
    assert_eq!(signed.payload, "timestamp=1700000000123&recvWindow=2000");
    for (query, key, code, field) in [
        ("timestamp=1&signature=s", None, -1102, "apiKey"),
        ("signature=s", Some("key"), -1102, "timestamp"),
        ("timestamp=1&signature=s&symbol=X", Some("key"), -1103, "symbol"),
    ] {
        let error = parse_rest_security(query, "", key).unwrap_err();
        assert_eq!((error.code.number(), error.field.as_ref()), (code, field), "{query}");
    }
}

#[test]
fn every_endpoint_is_the_method_of_the_web_socket() {
    let symbol = name("X");
    for (verb, path, query, expected) in [
        ("GET", "ping", "", Method::Ping),
        ("GET", "time", "", Method::Time),
        ("GET", "exchangeInfo", "symbol=X", Method::ExchangeInfo { symbols: vec![symbol] }),
        ("GET", "depth", "symbol=X&limit=5", Method::Depth { symbol, levels: 5 }),
        ("GET", "openOrders", "symbol=X", Method::OpenOrders { symbol: Some(symbol) }),
        ("DELETE", "openOrders", "symbol=X", Method::CancelAll { symbol }),
        ("GET", "account", "", Method::Account { omit_zero_balances: false }),
    ] {
        let request = parse_rest(verb, &format!("/api/v3/{path}"), query, "", None).unwrap();
        assert_eq!(request.method, expected, "{verb} {path}");
    }
}
