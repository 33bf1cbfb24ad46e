//! Lines that cannot be understood: each is refused with the key, what is wrong and how to put it
//! right, and nothing of it is applied.

use ringside_tools::scenario::runner::{Runner, Show, Stop};

const SET_UP: &[&str] = &[
    r#"{"op":"currency","code":"USDC","scale":6}"#,
    r#"{"op":"currency","code":"SOL","scale":6}"#,
    r#"{"op":"instrument","symbol":"SOL/USDC","kind":"spot","base":"SOL","quote":"USDC","tick":"0.01","lot":"0.001"}"#,
    r#"{"op":"account","account":"amber"}"#,
    r#"{"op":"deposit","account":"amber","currency":"USDC","amount":1000}"#,
    r#"{"op":"clock","time":1000}"#,
];

fn set_up() -> Runner<Vec<u8>> {
    let mut runner = Runner::new(Show::EVERYTHING, Vec::new());
    for (number, line) in SET_UP.iter().enumerate() {
        assert_eq!(runner.line(number as u64 + 1, line.as_bytes()).unwrap(), None);
    }
    runner
}

/// Every line is refused with its text; the venue is as it was, and the next line is taken.
fn refused<B: AsRef<[u8]>>(table: &[(B, &str)]) {
    let mut runner = set_up();
    let before = (runner.engine().sequence(), runner.engine().state_hash());
    for (line, text) in table {
        let line = line.as_ref();
        let shown = String::from_utf8_lossy(&line[..line.len().min(200)]);
        match runner.line(7, line) {
            Err(Stop::Line(error)) => assert_eq!(error.to_string(), *text, "{shown}"),
            other => panic!("{shown}: {other:?}"),
        }
        let after = (runner.engine().sequence(), runner.engine().state_hash());
        assert_eq!(after, before, "{shown}: something was applied");
    }
    assert_eq!(runner.line(8, br#"{"op":"kill"}"#).unwrap(), None);
}

#[test]
fn what_is_no_line_of_the_language() {
    let long_id = format!(r#"{{"op":"account","account":"{}"}}"#, "a".repeat(100_000));
    let megabyte = format!(r#"{{"op":"account","account":"{}"}}"#, "a".repeat(1 << 20));
    let deep =
        format!(r#"{{"op":"expect","events":{}{}}}"#, "[".repeat(50_000), "]".repeat(50_000));
    refused::<&[u8]>(&[
        (
            b"{",
            "json: broken JSON: EOF while parsing an object at column 1; write one JSON object a line",
        ),
        (
            br#"{"op":"kill"} {"op":"kill"}"#,
            "json: broken JSON: trailing characters at column 15; write one JSON object a line",
        ),
        (
            b"\x00\x01\x02",
            "json: broken JSON: expected value at column 1; write one JSON object a line",
        ),
        (
            b"\x7fELF\x02",
            "json: broken JSON: expected value at column 1; write one JSON object a line",
        ),
        (
            b"\xff\xfe{",
            "line: byte 1 is not UTF-8; scenario files are UTF-8 text, one JSON object a line",
        ),
        (
            b"{\"op\":\"kill\x80\"}",
            "line: byte 12 is not UTF-8; scenario files are UTF-8 text, one JSON object a line",
        ),
        (b"[]", "line: expected an object, found a list; write one JSON object a line"),
        (b"7", "line: expected an object, found a number; write one JSON object a line"),
        (
            br#"{"op":"kill","op":"unkill"}"#,
            "op: the key stands twice in one object; give each key once",
        ),
        (
            megabyte.as_bytes(),
            "line: the line is longer than 262144 bytes; one command, query or expectation a line",
        ),
        (
            long_id.as_bytes(),
            "account: `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…` has 100000 characters; at most 36 are allowed; write 1 to 36 of the characters A-Z a-z 0-9 . _ : / -",
        ),
        (
            deep.as_bytes(),
            "json: objects and lists stand more than 16 deep; no line needs more than a few",
        ),
    ]);
}

#[test]
fn what_the_language_does_not_know() {
    refused(&[
        (
            r#"{}"#,
            r#"op: the key is missing; every line says what it is, such as {"op":"order",…}"#,
        ),
        (r#"{"op":7}"#, "op: expected a string, found a number; write a string"),
        (r#"{"op":"ordr"}"#, "op: `ordr` is not an op; did you mean `order`?"),
        (r#"{"op":"depht"}"#, "op: `depht` is not an op; did you mean `depth`?"),
        (
            r#"{"op":"kill","acount":"amber"}"#,
            "acount: `acount` is not a key of this; did you mean `account`?",
        ),
        (
            r#"{"op":"order","account":"amber","symbol":"SOL/USDC","id":"a","side":"buy","qty":"1"}"#,
            "qty: `qty` is not a key of this; did you mean `quantity`?",
        ),
        (
            r#"{"op":"order","account":"amber","symbol":"SOL/USDC","id":"a","side":"byu","quantity":"1"}"#,
            "side: `byu` is not a known side; did you mean `buy`?",
        ),
        (
            r#"{"op":"order","account":"amber","symbol":"SOL/USDC","id":"a","side":"buy","quantity":"1","type":"trailing_stp"}"#,
            "type: `trailing_stp` is not a known order type; did you mean `trailing_stop`?",
        ),
        (
            r#"{"op":"order","account":"amber","symbol":"SOL/USDC","id":"a","side":"buy","quantity":"1","price":"1","tif":"gtc"}"#,
            "tif: `gtc` is not a known time in force; did you mean `GTC`?",
        ),
        (
            r#"{"op":"order","account":"amber","symbol":"SOL/USDC","id":"a","side":"buy","quantity":"1","price":"1","post_only":"repriced"}"#,
            "post_only: `repriced` is not true, false or `reprice`; did you mean `reprice`?",
        ),
        (
            r#"{"op":"account","account":"birch","stp":"cancel_makers"}"#,
            "stp: `cancel_makers` is not a known self-trade mode; did you mean `cancel_maker`?",
        ),
        (
            r#"{"op":"account","account":"birch","permissions":["trade","red"]}"#,
            "permissions: `red` is not a permission; did you mean `read`?",
        ),
        (
            r#"{"op":"account","account":"birch","lots":"fif"}"#,
            "lots: `fif` is not a known lot method; did you mean `fifo`?",
        ),
        (
            r#"{"op":"instrument_state","symbol":"SOL/USDC","state":"halt"}"#,
            "state: `halt` is not a known instrument state; did you mean `halted`?",
        ),
        (
            r#"{"op":"replace","account":"amber","id":"a","order":{"symbol":"SOL/USDC","account":"amber"}}"#,
            "order.account: `account` is not a key of this; did you mean `parent`?",
        ),
        (
            r#"{"op":"hash","levels":1}"#,
            "levels: `levels` is not a key of this; did you mean `op`?",
        ),
        (
            r#"{"op":"expect","event":[]}"#,
            "event: `event` is not a key of this; did you mean `events`?",
        ),
        (
            r#"{"op":"expect","none":["trades"]}"#,
            "none: `trades` is not an event kind; did you mean `trade`?",
        ),
        (
            r#"{"op":"expect","events":[{"event":"excuted"}]}"#,
            "events[0].event: `excuted` is not a known event kind; did you mean `executed`?",
        ),
        (
            r#"{"op":"expect","events":[{},{"event":"trade","leaves":"1"}]}"#,
            "events[1].leaves: `leaves` is not a key of this; did you mean `event`?",
        ),
        (
            r#"{"op":"expect","events":[{"event":"rejected","reason":"POSTONLY"}]}"#,
            "events[0].reason: `POSTONLY` is not a reason; did you mean `POST_ONLY`?",
        ),
        (
            r#"{"op":"expect","depth":{"symbol":"SOL/USDC","bid":[]}}"#,
            "depth.bid: `bid` is not a key of this; did you mean `bids`?",
        ),
        (
            r#"{"op":"expect","portfolio":{"account":"amber","balances":{"USDC":{"totl":"1"}}}}"#,
            "portfolio.balances.USDC.totl: `totl` is not a key of this; did you mean `total`?",
        ),
        (
            r#"{"op":"expect","portfolio":{"account":"amber","positions":{"SOL/USDC":{"lots":[{"cost":"1"}]}}}}"#,
            "portfolio.positions.SOL/USDC.lots[0].cost: `cost` is not a key of this; did you mean `price`?",
        ),
        (
            r#"{"op":"expect","stats":{"trade":1}}"#,
            "stats.trade: `trade` is not a key of this; did you mean `trades`?",
        ),
        (
            r#"{"op":"expect","trial_balance":{"USDC":{"fee":"0"}}}"#,
            "trial_balance.USDC.fee: `fee` is not a key of this; did you mean `fees`?",
        ),
        (
            r#"{"op":"expect","orders":{"account":"amber","orders":[{"state":"open"}]}}"#,
            "orders.orders[0].state: `state` is not a key of this; did you mean `status`?",
        ),
    ]);
}

#[test]
fn names_that_do_not_exist() {
    refused(&[
        (
            r#"{"op":"cancel","account":"ambar","id":"a"}"#,
            "account: no account is named `ambar`; create it on an earlier line",
        ),
        (
            r#"{"op":"deposit","account":"amber","currency":"EUR","amount":"1"}"#,
            "currency: no currency is named `EUR`; create it on an earlier line",
        ),
        (
            r#"{"op":"mark","symbol":"BTC/USDC","price":"1"}"#,
            "symbol: no instrument is named `BTC/USDC`; create it on an earlier line",
        ),
        (
            r#"{"op":"mass_cancel","account":"amber","session":"s"}"#,
            "session: no session is named `s`; create it on an earlier line",
        ),
        (
            r#"{"op":"instrument","symbol":"A/B","kind":"spot","base":"SOL","quote":"EUR","tick":"1","lot":"1"}"#,
            "quote: no currency is named `EUR`; create it on an earlier line",
        ),
        (
            r#"{"op":"expect","events":[{"event":"trade","symbol":"X"}]}"#,
            "events[0].symbol: no instrument is named `X`; create it on an earlier line",
        ),
        (
            r#"{"op":"expect","portfolio":{"account":"amber","balances":{"EUR":{}}}}"#,
            "portfolio.balances: no currency is named `EUR`; create it on an earlier line",
        ),
        (
            r#"{"op":"expect","portfolio":{"balances":{}}}"#,
            "portfolio.account: the key is missing; it is required here",
        ),
    ]);
}

#[test]
fn values_of_the_wrong_type_or_form() {
    refused(&[
        (r#"{"op":"clock"}"#, "time: the key is missing; it is required here"),
        (
            r#"{"op":"clock","time":999}"#,
            "time: 999 is before 1000, the time of the last clock; time never goes back",
        ),
        (
            r#"{"op":"clock","time":-1}"#,
            "time: `-1` is out of range; write a whole number from 0 to 18446744073709551615",
        ),
        (
            r#"{"op":"clock","time":1.5}"#,
            "time: `1.5` has more than 0 decimal places; write a whole number from 0 to 18446744073709551615",
        ),
        (
            r#"{"op":"clock","time":18446744073709551616}"#,
            "time: `18446744073709551616` is out of range; write a whole number from 0 to 18446744073709551615",
        ),
        (
            r#"{"op":"clock","time":"yesterday"}"#,
            r#"time: `yesterday` is not a time from 1970 to 2554; write nanoseconds since 1970 as a number, or "2026-01-31T09:30:00.5Z""#,
        ),
        (r#"{"op":"clock","time":null}"#, "time: expected a time, found null; write a time"),
        (
            r#"{"op":"venue"}"#,
            "op: the command of line 6 came before; `venue` stands at most once, before every other command",
        ),
        (
            r#"{"op":"venue","day_start":"25:00"}"#,
            r#"day_start: `25:00` is not a time of day; write hours and minutes, such as "17:30""#,
        ),
        (
            r#"{"op":"venue","initial_grant":["USDC"]}"#,
            "initial_grant: expected an object, found a list; write an object",
        ),
        (
            r#"{"op":"venue","initial_grant":{"US D":"1"}}"#,
            "initial_grant.US D: the currency `US D` has the character ' '; allowed are A-Z a-z 0-9 . _ : / -; write a currency's code",
        ),
        (
            r#"{"op":"venue","test_mode":"yes"}"#,
            "test_mode: expected true or false, found a string; write true or false",
        ),
        (
            r#"{"op":"currency","code":"EUR","scale":13}"#,
            "scale: `13` is out of range; write a whole number from 0 to 12",
        ),
        (
            r#"{"op":"currency","code":"E R","scale":2}"#,
            "code: `E R` has the character ' '; allowed are A-Z a-z 0-9 . _ : / -; write 1 to 36 of the characters A-Z a-z 0-9 . _ : / -",
        ),
        (
            r#"{"op":"deposit","account":"amber","currency":"USDC","amount":"1e3"}"#,
            r#"amount: `1e3` is not a decimal; write digits with or without a point, such as "12.5""#,
        ),
        (
            r#"{"op":"deposit","account":"amber","currency":"USDC","amount":"1,5"}"#,
            r#"amount: `1,5` is not a decimal; write digits with or without a point, such as "12.5""#,
        ),
        (
            r#"{"op":"deposit","account":"amber","currency":"USDC","amount":1e400}"#,
            r#"amount: `1e400` is not a decimal; write digits with or without a point, such as "12.5""#,
        ),
        (
            r#"{"op":"deposit","account":"amber","currency":"USDC","amount":true}"#,
            "amount: expected a decimal, found true or false; write a decimal",
        ),
        (
            r#"{"op":"deposit","account":["amber"],"currency":"USDC","amount":"1"}"#,
            "account: expected a string, found a list; write a string",
        ),
        (
            r#"{"op":"order","account":"amber","symbol":"SOL/USDC","id":"","side":"buy","quantity":"1"}"#,
            "id: `` is empty; 1 to 36 characters are allowed; write 1 to 36 of the characters A-Z a-z 0-9 . _ : / -",
        ),
        (
            r#"{"op":"order","account":"amber","symbol":"SOL/USDC","id":7,"side":"buy","quantity":"1"}"#,
            "id: expected a string, found a number; write a string",
        ),
        (
            r#"{"op":"order","account":"amber","symbol":"SOL/USDC","id":"a","side":"buy"}"#,
            "quantity: the key is missing; it is required here",
        ),
        (
            r#"{"op":"order","account":"amber","symbol":"SOL/USDC","id":"a","side":"buy","quantity":"1","price":null}"#,
            "price: expected a decimal, found null; write a decimal",
        ),
        (
            r#"{"op":"instrument","symbol":"A/B","kind":"spot","base":"SOL","quote":"USDC","tick":"1","lot":"1","wire_symbol":"TOOLONGNAME"}"#,
            "wire_symbol: the symbol is too long; binary doors have 8 characters for it",
        ),
        (
            r#"{"op":"instrument","symbol":"A/B","kind":"spot","base":"SOL","quote":"USDC","tick":"1","lot":"1","max_open_orders":0}"#,
            "max_open_orders: 0 would allow no order at all; write at least 1, or leave it out",
        ),
        (
            r#"{"op":"limits","account":"amber","symbol":"SOL/USDC","max_exposure":"1"}"#,
            "max_exposure: this limit counts over all symbols; set it on a line without `symbol`",
        ),
        (
            r#"{"op":"limits","account":"amber","max_position":"ten"}"#,
            r#"max_position: `ten` is not a decimal; write digits with or without a point, such as "12.5""#,
        ),
        (
            r#"{"op":"key","account":"amber","key":"abc","permissions":[]}"#,
            "key: `abc` is not a key; write its 32 bytes as 64 hexadecimal digits",
        ),
        (r#"{"op":"expect","exact":true}"#, "events: the key is missing; it is required here"),
        (
            r#"{"op":"expect","events":["trade"]}"#,
            "events[0]: expected an object, found a string; write an object",
        ),
    ]);
}

#[test]
fn what_is_not_there_yet_is_refused_by_name() {
    let order = |more: &str| {
        format!(
            r#"{{"op":"order","account":"amber","symbol":"SOL/USDC","id":"a","side":"buy","quantity":"1",{more}}}"#
        )
    };
    let mut table: Vec<(String, String)> = Vec::new();
    for op in [
        "order_list",
        "cancel_all_after",
        "index",
        "bust",
        "correct",
        "strategy",
        "order_group",
        "fee_tier",
    ] {
        let have = "`clock`, `venue`, `currency`, `instrument`, `instrument_state`, `account`, `limits`, `deposit`, `withdraw`, `session`, `key`, `order`, `amend`, `replace`, `cancel`, `mass_cancel`, `mark`, `kill`, `unkill`, `depth`, `portfolio`, `orders`, `trial_balance`, `hash`, `stats`, `expect`";
        table.push((
            format!(r#"{{"op":"{op}"}}"#),
            format!("op: the op `{op}` is not there yet; there are {have}"),
        ));
    }
    for kind in [
        "stop",
        "stop_limit",
        "take_profit",
        "take_profit_limit",
        "if_touched",
        "if_touched_limit",
        "trailing_stop",
        "trailing_stop_limit",
        "pegged",
    ] {
        table.push((
            order(&format!(r#""type":"{kind}""#)),
            format!("type: order type `{kind}` is not there yet; there are `limit`, `market`"),
        ));
    }
    for tif in ["GTD", "DAY", "AT_OPEN", "AT_CLOSE"] {
        table.push((
            order(&format!(r#""tif":"{tif}""#)),
            format!("tif: time in force `{tif}` is not there yet; there are `GTC`, `IOC`, `FOK`"),
        ));
    }
    for key in [
        "expire_time",
        "reduce_only",
        "stop_price",
        "activation_price",
        "trigger",
        "trail_offset",
        "trail_bps",
        "display_quantity",
        "min_quantity",
        "peg",
        "peg_offset",
        "group",
        "strategy",
        "parent",
        "margin_partial",
    ] {
        table.push((
            order(&format!(r#""{key}":"1""#)),
            format!("{key}: the key `{key}` is not there yet; leave it out"),
        ));
    }
    table.push((
        order(r#""post_only":"reprice""#),
        "post_only: the value `reprice` is not there yet; there are `true`, `false`".into(),
    ));
    for key in [
        "price_band_pct",
        "dynamic_band_pct",
        "pause_s",
        "max_trigger_orders",
        "initial_margin_pct",
        "maintenance_margin_pct",
        "liquidation_fee_bps",
        "funding_interval_s",
        "mark_window",
        "mark_stale_s",
    ] {
        let line = format!(r#"{{"op":"instrument","symbol":"A/B","kind":"spot","{key}":1}}"#);
        table.push((line, format!("{key}: the key `{key}` is not there yet; leave it out")));
    }
    for kind in ["perpetual", "event"] {
        let line = format!(r#"{{"op":"instrument","symbol":"A/B","kind":"{kind}"}}"#);
        table.push((
            line,
            format!("kind: instrument kind `{kind}` is not there yet; there are `spot`"),
        ));
    }
    for state in ["pre_open", "auction"] {
        let line = format!(r#"{{"op":"instrument_state","symbol":"SOL/USDC","state":"{state}"}}"#);
        table.push((line, format!("state: instrument state `{state}` is not there yet; there are `open`, `post_only`, `limit_only`, `cancel_only`, `halted`, `closed`, `settled`")));
    }
    for key in [
        "daily_loss_soft",
        "daily_loss_hard",
        "loss_streak_warning",
        "max_leverage",
        "stop_loss_pct",
    ] {
        let line = format!(r#"{{"op":"limits","account":"amber","{key}":null}}"#);
        table.push((line, format!("{key}: the key `{key}` is not there yet; leave it out")));
    }
    for method in ["lifo", "average"] {
        let line = format!(r#"{{"op":"account","account":"birch","lots":"{method}"}}"#);
        table.push((
            line,
            format!("lots: lot method `{method}` is not there yet; there are `fifo`"),
        ));
    }
    for (line, text) in [
        (
            r#"{"op":"instrument_state","symbol":"SOL/USDC","state":"settled","price":"1"}"#,
            "price: the key `price` is not there yet; leave it out",
        ),
        (
            r#"{"op":"amend","account":"amber","id":"a","stop_price":"1"}"#,
            "stop_price: the key `stop_price` is not there yet; leave it out",
        ),
        (
            r#"{"op":"replace","account":"amber","id":"a","order":{"reduce_only":true}}"#,
            "order.reduce_only: the key `reduce_only` is not there yet; leave it out",
        ),
        (
            r#"{"op":"expect","events":[{"event":"expired"}]}"#,
            "events[0].event: event kind `expired` is not there yet; there are `accepted`, `rejected`, `executed`, `trade`, `amended`, `canceled`, `posting`, `position`, `lot_closed`, `instrument_state`, `account_state`, `warning`",
        ),
        (
            r#"{"op":"expect","events":[{"event":"canceled","reason":"TIMER"}]}"#,
            "events[0].reason: the reason `TIMER` is not there yet; leave it out",
        ),
    ] {
        table.push((line.into(), text.into()));
    }
    let table: Vec<(&str, &str)> = table.iter().map(|(l, t)| (l.as_str(), t.as_str())).collect();
    refused(&table);
}
