//! `ringside ticket`: a password for a binary stream, asked of a running venue.

use std::io::Write;

use ringside_protocol::Name;
use serde::Deserialize;
use serde_json::Map;

use crate::cli::Ending;
use crate::remote::Caller;
use crate::{play, report};

/// Get a ticket: the password to log in to a binary stream with.
///
/// A ticket is good for one stream of the key's account, for 24 hours and across restarts of the
/// venue. The ticket that the stream had is worth nothing from now on.
///
/// The exit status is 0 with a ticket, 1 when the venue refused, 2 when the URL or the key cannot
/// be understood, 4 when the venue cannot be reached.
#[derive(clap::Args)]
#[command(after_help = "Example:
  ringside ticket --url ws://127.0.0.1:7003 --key amber.pem --stream am1")]
pub struct Ticket {
    #[command(flatten)]
    caller: Caller,
    /// The stream: up to 6 letters and digits
    #[arg(long, value_name = "NAME", value_parser = Name::parse)]
    stream: Name,
}

/// What the venue gives.
#[derive(Deserialize)]
struct Given {
    stream: String,
    password: String,
    expires: u64,
}

impl Ticket {
    /// Asks and prints.
    pub fn perform(self) -> Ending {
        let params = Map::from_iter([("stream".to_owned(), self.stream.as_str().into())]);
        self.caller.ask(None, "session.ticket", params, print)
    }
}

fn print(answer: &str) -> Ending {
    let given: Given = match serde_json::from_str(answer) {
        Ok(given) => given,
        Err(error) => {
            report::fatal(&format!("the venue's answer is not understood: {error}"));
            return Ending::Unreadable;
        }
    };
    let Given { stream, password, expires } = given;
    let text = format!("stream    {stream}\npassword  {password}\nexpires   {expires} ms\n");
    let printed = play::stdout().write_all(text.as_bytes());
    printed.map_or_else(|error| play::unwritten("standard output", &error), |()| Ending::Done)
}
