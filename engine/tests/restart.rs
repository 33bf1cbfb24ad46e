//! What a restart must not forget: names that were used (ENG-033), and sessions that were open when
//! the venue went down.

mod venue;

use ringside_engine::{Engine, Image, Sequencer};
use ringside_protocol::*;
use venue::{Venue, name, numbered, order, some_of_everything};

const AMBER: AccountId = AccountId(0);
const BIRCH: AccountId = AccountId(1);

/// The same venue, made again from the bytes of its image.
fn restarted(venue: &Venue) -> Venue {
    let image = Image::read(&venue.image()).expect("an image");
    Venue::with(Engine::from_image(&image).expect("an engine's image"))
}

/// Reason, order and status of the one refusal that was said.
fn refusal(events: &[Event]) -> (Reason, OrderId, Option<OrderStatus>) {
    let [Event::Rejected(refused)] = events else { panic!("one refusal: {events:?}") };
    let status = OrderStatus::ALL.get(refused.limit.units() as usize).copied();
    (refused.reason, refused.order, status)
}

#[test]
fn an_id_that_was_used_is_refused_with_its_order_and_status() {
    // ENG-033: living, partly filled, filled, refused and renamed; before and after a restart.
    let (mut before, orders) = (some_of_everything(), OrderId);
    let mut after = restarted(&before);
    for (account, id, original, status) in [
        (AMBER, "a1", orders(1), OrderStatus::PartiallyFilled),
        (AMBER, "a2", orders(2), OrderStatus::Open),
        (AMBER, "a3", orders(13), OrderStatus::Filled),
        (BIRCH, "b1", orders(9), OrderStatus::Filled),
        (BIRCH, "b4", orders(0), OrderStatus::Rejected),
        (BIRCH, "b3", orders(11), OrderStatus::Open),
        (BIRCH, "b5", orders(11), OrderStatus::Open),
    ] {
        let again = order(account, id, Side::Buy, 1_000, 100);
        let expected = (Reason::DuplicateId, original, Some(status));
        let said = before.says(again);
        assert_eq!(refusal(&said), expected, "{id} before");
        assert_eq!(after.says(again), said, "{id} after");
    }
    let new = order(BIRCH, "a1", Side::Buy, 1_000, 100);
    assert_eq!(after.says(new).len(), 1, "ids are the account's own");
    assert_eq!(after.engine.state_hash(), {
        before.says(new);
        before.engine.state_hash()
    });
}

#[test]
fn a_number_that_was_used_is_ignored() {
    // ENG-033: of a living order, of an ended one, and below the highest though never used.
    let mut after = restarted(&some_of_everything());
    let (ouch, orders) = (StreamId(0), after.engine.stats().resting);
    for number in [1, 4, 6] {
        let again = numbered(AMBER, number, Side::Buy, 1_000, 100);
        assert_eq!(after.says_by(ouch, again), [], "number {number}");
    }
    assert_eq!(after.engine.stats().resting, orders);
    let said = after.says_by(ouch, numbered(AMBER, 7, Side::Buy, 1_000, 100));
    let [Event::Accepted(accepted)] = said[..] else { panic!("accepted: {said:?}") };
    assert_eq!(accepted.report, Report { stream: ouch, number: 8, user_ref: 7 }, "dense on");
}

#[test]
fn living_orders_answer_to_their_names() {
    let mut after = restarted(&some_of_everything());
    for (by, target) in [(StreamId(0), OrderRef::user_ref(2)), (StreamId(1), id("a2"))] {
        let said = after.says_by(by, Cancel { account: AMBER, target });
        assert!(matches!(said[..], [Event::Canceled(_)]), "{said:?}");
    }
    let late = after.says(Cancel { account: AMBER, target: id("a3") });
    assert_eq!(refusal(&late), (Reason::TooLate, OrderId(13), Some(OrderStatus::Filled)));
}

fn id(text: &str) -> OrderRef {
    OrderRef::id(name(text))
}

#[test]
fn sessions_open_at_a_crash_are_known_and_can_be_closed() {
    // Cancel-on-disconnect across a crash: recovery closes what is open, and its orders end.
    let before = some_of_everything();
    let mut after = restarted(&before);
    let open = after.engine.open_sessions();
    let whose: Vec<_> = open.iter().map(|closing| (closing.account, closing.name)).collect();
    let of = |account, text| (account, name(text));
    assert_eq!(whose, [of(AMBER, "AMBER1"), of(AMBER, "web"), of(BIRCH, "BIRCH2")]);
    let mut ended = 0;
    for closing in open {
        let said = after.says(closing);
        let (closed, canceled) = said.split_last().expect("a session tells of its end");
        assert!(matches!(closed, Event::Session(_)), "{closed:?}");
        assert!(canceled.iter().all(|event| matches!(event, Event::Canceled(_))), "{said:?}");
        ended += canceled.len();
    }
    assert_eq!((ended, after.engine.stats().resting), (8, 1), "b5 came by no stream");
    assert_eq!(after.engine.open_sessions().len(), 0);
}

#[test]
fn hash_and_sequence_go_on_where_they_were() {
    // Rolling checkpoints: equal after the image, equal after the same commands.
    let mut before = some_of_everything();
    let mut after = restarted(&before);
    for price in [1_000, 1_505, 1_600] {
        let buy = order(AMBER, &format!("n{price}"), Side::Buy, price, 100);
        assert_eq!(before.says(buy), after.says(buy));
        let at = |venue: &Venue| (venue.engine.sequence(), venue.engine.event_hash());
        assert_eq!(at(&before), at(&after));
    }
    assert_eq!(Sequencer::after(&before.engine), Sequencer::after(&after.engine));
}
