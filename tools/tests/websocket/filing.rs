//! What is given out against a file is told when the file is on disk, not before, and nobody else
//! waits for it.

use std::fs;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use ringside_tools::serve::scribe::Disk;
use serde_json::json;

use super::client::bearer_session;
use super::kit::{Venue, key};

/// What is not written within this never is.
const PATIENCE: Duration = Duration::from_secs(30);

/// A disk that writes when it is let: it says what it is about to write, and waits.
struct Gate {
    about: Receiver<String>,
    let_go: Sender<()>,
}

impl Gate {
    fn new() -> (Self, Disk) {
        let (tell, about) = channel();
        let (let_go, may) = channel();
        let (tell, may) = (Mutex::new(tell), Mutex::new(may));
        let disk: Disk = Arc::new(move |draft| {
            let name = draft.path.file_name().expect("a file").to_string_lossy().into_owned();
            // A test that is over asks no more.
            let _ = tell.lock().expect("nobody panics with it").send(name);
            let _ = may.lock().expect("nobody panics with it").recv();
            draft.write()
        });
        (Self { about, let_go }, disk)
    }

    /// The file that is about to be written.
    fn about(&self) -> String {
        self.about.recv_timeout(PATIENCE).expect("a file is to be written")
    }

    fn open(&self) {
        self.let_go.send(()).expect("the scribe waits");
    }
}

#[test]
fn a_ticket_is_told_when_it_is_on_file_and_nobody_else_waits() {
    let (gate, disk) = Gate::new();
    let venue = Venue::on(disk, "");
    let (mut asks, mut other) = (venue.trader("amber"), venue.trader("basil"));
    let ticket = asks.request("session.ticket", json!({"stream": "am1"}));
    assert_eq!(gate.about(), "tickets");
    // Those who ask while it is written go with the next writing.
    let second = other.request("session.ticket", json!({"stream": "ba1"}));
    other.request("ping", json!({}));
    assert_eq!(other.message()["id"], second + 1, "others are answered, and this one is not");
    asks.place("a1", "BUY", "10.00", "1");
    other.place("b1", "SELL", "10.00", "1");
    assert!(!venue.directory.path().join("venue/tickets").exists());

    gate.open();
    let told = asks.answer(ticket);
    assert_eq!(told["result"]["stream"], "am1", "{told}");
    let on_file = fs::read_to_string(venue.directory.path().join("venue/tickets")).expect("a file");
    assert!(on_file.contains("am1") && !on_file.contains("ba1"), "{on_file}");
    assert_eq!(gate.about(), "tickets");
    other.request("ping", json!({}));
    assert_eq!(other.message()["id"], second + 3, "it still waits");
    gate.open();
    assert_eq!(other.answer(second)["result"]["stream"], "ba1");
}

#[test]
fn a_token_is_told_when_it_is_on_file() {
    let (gate, disk) = Gate::new();
    let venue = Venue::on(disk, "");
    venue.trader("amber");
    let address = venue.http();
    let asking = thread::spawn(move || bearer_session(address, &key("amber")));
    assert_eq!(gate.about(), "tokens");
    let tokens = venue.directory.path().join("venue/tokens");
    assert!(!tokens.exists() && !asking.is_finished());
    gate.open();
    let shown = asking.join().expect("an answer");
    assert!(shown["token"].is_string() && tokens.exists(), "{shown}");
}
