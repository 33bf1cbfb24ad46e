//! Requests as libraries send them, and what they become.

use ringside_protocol::wire::json::{
    Access, CREDENTIAL_CHARACTERS_MAX, Cursor, DEPTH_LEVELS_DEFAULT, DEPTH_LEVELS_MAX, Detail,
    ID_BYTES_MAX, LogOn, Method, PlaceOrder, SYMBOLS_ASKED_MAX, Scope, Security, WINDOW_MS_MAX,
    WINDOW_NS_DEFAULT, parse_ws_api,
};
use ringside_protocol::{
    AccountId, GivenPrice, GivenQuantity, InstrumentId, OnDisconnect, Order, OrderFlags, OrderId,
    OrderType, Price, Quantity, Reason, SelfTrade, Side, TimeInForce, Timestamp,
};

use crate::kit::{LIMIT, listing, name, request};

fn place(params: &str) -> Order {
    let text = format!(r#"{{"id":1,"method":"order.place","params":{{{params}}}}}"#);
    let placed = placed(&text);
    placed.order(AccountId(3), InstrumentId(0), name("made"), &listing().terms)
}

fn placed(text: &str) -> PlaceOrder<'_> {
    let Method::Place(placed) = request(text).method else { panic!("an order: {text}") };
    placed
}

#[test]
fn an_order_becomes_a_command() {
    // GWY-010
    let sol = r#""symbol":"SOLUSDC""#;
    let limit = |ticks| GivenPrice::of(Price::new(ticks).unwrap());
    let lots = |lots| GivenQuantity::of(Quantity::new(lots).unwrap());
    let order = Order {
        account: AccountId(3),
        instrument: InstrumentId(0),
        id: name("made"),
        ..Order::default()
    };
    for (params, expected) in [
        (
            r#""side":"BUY","type":"LIMIT","timeInForce":"FOK","price":"150.25","quantity":"1.5""#,
            Order {
                price: limit(15_025),
                quantity: lots(1_500),
                time_in_force: TimeInForce::Fok,
                ..order
            },
        ),
        (
            r#""side":"SELL","type":"MARKET","quantity":1e-3"#,
            Order {
                side: Side::Sell,
                kind: OrderType::Market,
                time_in_force: TimeInForce::Ioc,
                quantity: lots(1),
                ..order
            },
        ),
        (
            r#""side":"SELL","type":"LIMIT_MAKER","price":1.5025e2,"quantity":2,
               "selfTradePreventionMode":"EXPIRE_BOTH""#,
            Order {
                side: Side::Sell,
                flags: OrderFlags::POST_ONLY,
                price: limit(15_025),
                quantity: lots(2_000),
                self_trade: Order::self_trade_field(Some(SelfTrade::CancelBoth)),
                ..order
            },
        ),
    ] {
        assert_eq!(place(&format!("{sol},{params}")), expected, "{params}");
    }
}

#[test]
fn a_decimal_that_does_not_fit_becomes_the_engines_refusal() {
    // GWY-018: exact digits, no float on the way.
    for (price, expected) in [
        ("150.251", Err(Reason::Tick)),
        ("0", Err(Reason::BadValue)),
        ("-1", Err(Reason::BadValue)),
        ("0.1000000000000000055511151231257827", Err(Reason::Tick)),
        ("99999999999999999999999999", Err(Reason::Overflow)),
        ("92233720368547758.07", Ok(Price::MAX)),
        ("92233720368547758.08", Err(Reason::Overflow)),
    ] {
        for quotes in ["\"", ""] {
            let order = place(&format!(
                r#""symbol":"X","side":"BUY","type":"LIMIT","timeInForce":"GTC",
                   "price":{quotes}{price}{quotes},"quantity":"1""#
            ));
            assert_eq!(order.price.get(), expected, "{price}");
        }
    }
}

#[test]
fn an_answer_says_as_much_as_was_asked() {
    let plain = r#""symbol":"X","side":"BUY","quantity":"1""#;
    let limit = r#""type":"LIMIT","timeInForce":"GTC","price":"1""#;
    for (params, detail) in [
        (limit.to_owned(), Detail::Full),
        (r#""type":"MARKET""#.to_owned(), Detail::Full),
        (r#""type":"LIMIT_MAKER","price":"1""#.to_owned(), Detail::Ack),
        (format!(r#"{limit},"newOrderRespType":"ACK""#), Detail::Ack),
        (format!(r#"{limit},"newOrderRespType":"RESULT""#), Detail::Result),
        (format!(r#"{limit},"newOrderRespType":"FULL""#), Detail::Full),
    ] {
        let text = format!(r#"{{"id":1,"method":"order.place","params":{{{plain},{params}}}}}"#);
        assert_eq!(placed(&text).detail, detail, "{params}");
    }
}

#[test]
fn an_id_is_echoed_as_it_was_written() {
    for id in ["1", "-1", "0", "null", r#""""#, r#""a1""#, r#""\u00e9\"""#, r#""é""#] {
        let text = format!(r#"{{"id":{id},"method":"ping"}}"#);
        assert_eq!(request(&text).id.as_json(), id);
    }
    let longest = format!("\"{}\"", "x".repeat(ID_BYTES_MAX - 2));
    assert_eq!(request(&format!(r#"{{"id":{longest},"method":"v3/ping"}}"#)).id.as_json(), longest);
    let longer = format!("\"{}\"", "x".repeat(ID_BYTES_MAX - 1));
    for id in ["1.5", "1e3", "true", "[1]", "{}", &longer] {
        let error = parse_ws_api(&format!(r#"{{"id":{id},"method":"ping"}}"#), LIMIT).unwrap_err();
        assert_eq!((error.field.as_ref(), error.id.as_json()), ("id", "null"), "{id}");
    }
}

#[test]
fn what_is_signed_for_is_sorted_and_as_it_was_sent() {
    // GWY-006. The request of ccxt; `false` is a word, not a number.
    let text = r#"{"id":"1","method":"order.place","params":{"apiKey":"k","newClientOrderId":"x-1",
        "price":"0.10","quantity":1.50,"recvWindow":10000,"returnRateLimits":false,"side":"BUY",
        "signature":"s/=","symbol":"SOLUSDC","timeInForce":"GTC","timestamp":1700000000123,
        "type":"LIMIT","selfTradePreventionMode":null}}"#;
    let request = request(text);
    assert_eq!(request.return_rate_limits, Some(false));
    let Security::Signed(signed) = request.security else { panic!("it is signed") };
    assert_eq!((signed.api_key.as_str(), signed.signature.as_str()), ("k", "s/="));
    assert_eq!(signed.sent.timestamp, Timestamp(1_700_000_000_123_000_000));
    assert_eq!(signed.sent.window_ns, 10_000_000_000);
    assert_eq!(
        signed.payload,
        "apiKey=k&newClientOrderId=x-1&price=0.10&quantity=1.50&recvWindow=10000\
         &returnRateLimits=false&side=BUY&symbol=SOLUSDC&timeInForce=GTC&timestamp=1700000000123\
         &type=LIMIT"
    );
    assert_eq!(signed.encoded_payload(), None);
}

#[test]
fn libraries_that_encode_before_they_sign_are_understood() {
    // GWY-006. python-binance, binance-connector and binance-sdk-spot sign form-encoded values.
    let text = r#"{"id":1,"method":"order.cancel","params":{"apiKey":"k",
        "origClientOrderId":"a/b:c","signature":"s","symbol":"SOLUSDC",
        "timestamp":"1700000000123456"}}"#;
    let Security::Signed(signed) = request(text).security else { panic!("it is signed") };
    assert_eq!(signed.sent.timestamp, Timestamp(1_700_000_000_123_456_000), "microseconds");
    assert_eq!(signed.sent.window_ns, WINDOW_NS_DEFAULT);
    assert_eq!(
        signed.encoded_payload().as_deref(),
        Some("apiKey=k&origClientOrderId=a%2Fb%3Ac&symbol=SOLUSDC&timestamp=1700000000123456")
    );
}

/// Requests as they left the libraries, with the key `keyabc`; what is asked for differs, how it is
/// written is theirs.
#[test]
fn what_libraries_send_is_read() {
    let signed = r#""signature":"f0","timestamp":1700000000123"#;
    for (library, method, params) in [
        (
            "ccxt",
            "order.place",
            r#""apiKey":"keyabc","newClientOrderId":"x-TKT5PX2F1","newOrderRespType":"FULL",
               "price":"150.25","quantity":"1.5","recvWindow":10000,"returnRateLimits":false,
               "side":"BUY","symbol":"SOLUSDC","timeInForce":"GTC","type":"LIMIT""#,
        ),
        (
            "ccxt",
            "order.cancel",
            r#""apiKey":"keyabc","orderId":"7","recvWindow":10000,
               "returnRateLimits":false,"symbol":"SOLUSDC""#,
        ),
        ("ccxt", "userDataStream.subscribe.signature", r#""apiKey":"keyabc","recvWindow":10000"#),
        (
            "python-binance",
            "order.place",
            r#""apiKey":"keyabc","newClientOrderId":"x-HNA2TXFJ1","quantity":0.001,"side":"SELL",
               "symbol":"SOLUSDC","type":"MARKET""#,
        ),
        (
            "binance-sdk-spot",
            "order.place",
            r#""apiKey":"keyabc","newClientOrderId":"a/b","price":"150.25","quantity":"1.5",
               "side":"BUY","symbol":"SOLUSDC","timeInForce":"GTC","type":"LIMIT""#,
        ),
        ("binance-sdk-spot", "account.status", r#""apiKey":"keyabc","omitZeroBalances":"true""#),
        ("binance-sdk-spot", "session.logon", r#""apiKey":"keyabc""#),
    ] {
        let text = format!(r#"{{"id":"1","method":"{method}","params":{{{params},{signed}}}}}"#);
        let request = request(&text);
        assert!(matches!(request.security, Security::Signed(_)), "{library} {method}");
    }
}

#[test]
fn who_asks_is_the_session_a_named_key_or_a_signed_one() {
    // GWY-006
    let of = |params: &str| {
        let text = format!(r#"{{"id":1,"method":"account.status","params":{{{params}}}}}"#);
        parse_ws_api(&text, LIMIT).map(|request| request.security)
    };
    assert_eq!(of(""), Ok(Security::Session { sent: None }));
    let sent = of(r#""timestamp":1700000000123"#);
    assert!(matches!(sent, Ok(Security::Session { sent: Some(_) })), "{sent:?}");
    let named = of(r#""apiKey":"k""#);
    assert_eq!(named, Ok(Security::Named { api_key: "k".into(), sent: None }));
    for (params, field) in [
        (r#""signature":"s","timestamp":1"#, "apiKey"),
        (r#""signature":"s","apiKey":"k""#, "timestamp"),
    ] {
        let error = of(params).unwrap_err();
        assert_eq!((error.code.number(), error.field.as_ref()), (-1102, field), "{params}");
    }
    let longest = "x".repeat(CREDENTIAL_CHARACTERS_MAX);
    assert!(of(&format!(r#""apiKey":"{longest}""#)).is_ok());
    assert_eq!(of(&format!(r#""apiKey":"{longest}x""#)).unwrap_err().code.number(), -2014);
}

#[test]
fn a_window_is_milliseconds_with_three_decimals() {
    for (window, expected) in [
        ("5000", Some(5_000_000_000)),
        ("\"0.001\"", Some(1_000)),
        ("1.5", Some(1_500_000)),
        (&WINDOW_MS_MAX.to_string(), Some(60_000_000_000)),
        ("60000.001", None),
        ("0", None),
        ("-1", None),
        ("0.0001", None),
    ] {
        let text = format!(
            r#"{{"id":1,"method":"ping","params":{{"timestamp":1,"recvWindow":{window}}}}}"#
        );
        match (parse_ws_api(&text, LIMIT), expected) {
            (Ok(request), Some(expected)) => {
                let Security::Session { sent: Some(sent) } = request.security else { panic!() };
                assert_eq!(sent.window_ns, expected);
            }
            (Err(error), None) => assert_eq!(error.code.number(), -1131),
            (found, _) => panic!("{window}: {found:?}"),
        }
    }
}

#[test]
fn methods_carry_what_they_were_asked_with() {
    let symbol = name("SOLUSDC");
    let cursor = Cursor { session: name("2611210001"), number: 41 };
    let log_on = LogOn {
        stream: Some(name("al1")),
        cancel_on_disconnect: Some(OnDisconnect::Keep),
        token: None,
    };
    for (method, params, expected) in [
        ("depth", r#""symbol":"SOLUSDC""#, Method::Depth { symbol, levels: DEPTH_LEVELS_DEFAULT }),
        (
            "depth",
            r#""symbol":"SOLUSDC","limit":"5000""#,
            Method::Depth { symbol, levels: DEPTH_LEVELS_MAX },
        ),
        ("exchangeInfo", r#""symbol":"SOLUSDC""#, Method::ExchangeInfo { symbols: vec![symbol] }),
        (
            "exchangeInfo",
            r#""symbols":"[\"SOLUSDC\"]","showPermissionSets":false"#,
            Method::ExchangeInfo { symbols: vec![symbol] },
        ),
        ("session.logon", r#""stream":"al1","cancelOnDisconnect":false"#, Method::LogOn(log_on)),
        (
            "session.cancelOnDisconnect",
            r#""enabled":true"#,
            Method::CancelOnDisconnect(OnDisconnect::Cancel),
        ),
        ("openOrders.status", "", Method::OpenOrders { symbol: None }),
        (
            "userDataStream.unsubscribe",
            r#""subscriptionId":3"#,
            Method::Unsubscribe { subscription: Some(3) },
        ),
    ] {
        let text = format!(r#"{{"id":1,"method":"{method}","params":{{{params}}}}}"#);
        assert_eq!(request(&text).method, expected, "{text}");
    }
    let text = r#"{"id":1,"method":"userDataStream.subscribe.signature","params":{
        "resumeAfter":{"session":"2611210001","number":41},"scope":"account"}}"#;
    let Method::Subscribe(subscribe) = request(text).method else { panic!("a subscription") };
    assert_eq!((subscribe.scope, subscribe.resume_after), (Scope::Account, Some(cursor)));
    let text = r#"{"id":1,"method":"order.cancel","params":{"symbol":"SOLUSDC","orderId":7}}"#;
    let Method::Cancel(cancel) = request(text).method else { panic!("a cancel") };
    assert_eq!((cancel.order.number, cancel.order.id), (Some(OrderId(7)), None));
}

#[test]
fn as_many_symbols_may_be_named_as_there_is_room_for() {
    let info = |count: usize| {
        let list = vec!["\"X\""; count].join(",");
        parse_ws_api(
            &format!(r#"{{"id":1,"method":"exchangeInfo","params":{{"symbols":[{list}]}}}}"#),
            LIMIT,
        )
        .is_ok()
    };
    assert!(info(SYMBOLS_ASKED_MAX) && !info(SYMBOLS_ASKED_MAX + 1) && !info(0));
}

#[test]
fn each_method_says_what_it_needs() {
    // X-GWY-005
    for (method, params, access) in [
        ("ping", "", Access::Public),
        ("session.logon", "", Access::Public),
        ("depth", r#""symbol":"X""#, Access::Public),
        ("account.status", "", Access::Read),
        ("openOrders.status", "", Access::Read),
        ("userDataStream.subscribe", "", Access::Read),
        ("openOrders.cancelAll", r#""symbol":"X""#, Access::Trade),
        ("session.ticket", r#""stream":"al1""#, Access::Trade),
    ] {
        let text = format!(r#"{{"id":1,"method":"{method}","params":{{{params}}}}}"#);
        assert_eq!(request(&text).method.access(), access, "{method}");
    }
}
