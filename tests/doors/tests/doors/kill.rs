//! The venue is killed (kill -9) under the load of four sessions at the binary door and four at the
//! JSON door, again and again; all of them log in again and go on behind what they have heard.
//! Every order that was acknowledged is there, none is there twice, and what each session was told
//! over all its lines is what somebody is told whom nothing disturbed: the same messages, in the
//! same order (JRN-001, JRN-003, JRN-007).

mod binary;
mod json;
mod stage;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use ringside_client::soup::Resume;
use ringside_crash::verdict::{Acknowledged, Verdict, judge};
use ringside_doors::opened::Doors;
use ringside_doors::venue::Plan;
use ringside_tests::random::Random;
use ringside_tests::{scale, seed};

use self::binary::BinarySession;
use self::json::JsonSession;
use self::stage::{BACK_WITHIN, Stage};
use crate::open;

/// Sessions at each of the two doors.
const SESSIONS: u32 = 4;
/// Kills, where tests run once.
const KILLS: u64 = 2;
/// Messages that all sessions hear between a start and the kill.
const MESSAGES: (u64, u64) = (500, 3_000);
/// Those of them at each door, at least.
const MESSAGES_A_DOOR: u64 = 200;
/// Orders of a session under way at once.
const UNDER_WAY: usize = 16;

#[test]
fn a_fused_venue_killed_under_load_loses_nothing() {
    killed_under_load("fused", "sync");
}

#[test]
fn a_pipelined_venue_killed_under_load_loses_nothing() {
    killed_under_load("pipelined", "async");
}

fn killed_under_load(topology: &'static str, durability: &'static str) {
    let mut venue = open(&Plan::new(topology, durability).accounts(2 * SESSIONS));
    let stage = Arc::new(Stage::new(venue.doors.clone()));
    let (tell, heard) = channel();
    let binary = |at| BinarySession::new(venue.bot_from(at, Resume::FIRST).unwrap(), at);
    let json = |at| JsonSession::new(venue.web(ringside_client::websocket::API), at);
    // One after the other, so that streams are numbered as accounts are.
    let binary: Vec<_> = (0..SESSIONS).map(binary).collect();
    let json: Vec<_> = (SESSIONS..2 * SESSIONS).map(json).collect();
    let binary: Vec<_> = binary.into_iter().map(|it| start(&stage, it, tell.clone())).collect();
    let json: Vec<_> = json.into_iter().map(|it| start(&stage, it, tell.clone())).collect();

    let kills = KILLS * scale();
    let mut random = Random::new(seed());
    for _ in 0..kills {
        hear(&heard, random.within(MESSAGES.0, MESSAGES.1));
        venue.kill();
        venue.again();
        stage.go_to(venue.doors.clone());
    }
    hear(&heard, MESSAGES.0);
    stage.close();

    let (mut binary, mut json) = (joined(binary), joined(json));
    binary.iter_mut().for_each(BinarySession::settle);
    json.iter_mut().for_each(JsonSession::settle);
    binary.iter().for_each(|session| session.check(&venue));
    json.iter().for_each(|session| session.check(&venue));

    let mut acknowledged = Acknowledged::default();
    binary.iter().for_each(|session| acknowledged.extend(&session.acknowledged()));
    let orders = [acknowledged.len(), json.iter().map(JsonSession::acknowledged).sum()];
    let messages = [
        binary.iter().map(BinarySession::heard).sum::<usize>(),
        json.iter().map(JsonSession::heard).sum(),
    ];
    println!(
        "{topology}, {durability}: killed {kills} times under {SESSIONS} + {SESSIONS} sessions; \
         {} + {} orders acknowledged (OUCH + JSON), none lost, none twice; {} + {} messages as \
         undisturbed",
        orders[0], orders[1], messages[0], messages[1]
    );
    assert!(orders.iter().all(|&orders| orders > 50 * kills as usize), "{orders:?}: no load");
    assert_eq!(venue.stop().code(), Some(0), "{}", venue.said());
    let verdict = judge(&venue.files(), &acknowledged).and_then(Verdict::nothing_lost);
    verdict.unwrap_or_else(|error| panic!("{topology}: {error}\n{}", venue.said()));
}

/// A door that takes orders.
#[derive(Clone, Copy)]
enum Door {
    Binary,
    Json,
}

/// The connection is gone, and why.
struct Lost(String);

/// A session that goes on through all lives of the venue.
trait Session: Send + 'static {
    /// At which door it is.
    const DOOR: Door;

    /// Orders that nobody has answered yet.
    fn under_way(&self) -> usize;

    /// Enters an order, or cancels one.
    fn act(&mut self) -> Result<(), Lost>;

    /// Waits for what comes next; whether it was a numbered message.
    fn hear(&mut self) -> Result<bool, Lost>;

    /// Logs in again and goes on behind the last message.
    fn come_back(&mut self, doors: &Doors) -> Result<(), Lost>;
}

/// Trades in a thread of its own until the stage closes and every order is answered.
fn start<S: Session>(stage: &Arc<Stage>, mut session: S, tell: Sender<Door>) -> JoinHandle<S> {
    let stage = Arc::clone(stage);
    thread::spawn(move || {
        let mut life = 0;
        while !stage.is_closing() || session.under_way() > 0 {
            if let Err(lost) = step(&stage, &mut session, &tell) {
                come_back(&stage, &mut life, &mut session, &lost);
            }
        }
        session
    })
}

fn step<S: Session>(stage: &Stage, session: &mut S, tell: &Sender<Door>) -> Result<(), Lost> {
    if !stage.is_closing() && session.under_way() < UNDER_WAY {
        return session.act();
    }
    if session.hear()? {
        // Nobody listens any more when the venue has been killed often enough.
        let _ = tell.send(S::DOOR);
    }
    Ok(())
}

/// Back in the venue's next life, or in the one after it.
fn come_back(stage: &Stage, life: &mut u64, session: &mut impl Session, lost: &Lost) {
    loop {
        let (next, doors) = stage.after(*life, &lost.0);
        *life = next;
        if session.come_back(&doors).is_ok() {
            return;
        }
    }
}

fn joined<S>(trading: Vec<JoinHandle<S>>) -> Vec<S> {
    trading.into_iter().map(|it| it.join().unwrap()).collect()
}

/// Waits until sessions have heard so many messages, and some at each door.
#[track_caller]
fn hear(heard: &Receiver<Door>, count: u64) {
    let mut messages = [0; 2];
    while messages.iter().sum::<u64>() < count || messages.iter().any(|&at| at < MESSAGES_A_DOOR) {
        let door = heard.recv_timeout(BACK_WITHIN).expect("sessions that trade");
        messages[door as usize] += 1;
    }
}
