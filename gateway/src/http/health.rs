//! For the operator: whether the process serves, whether the venue takes orders, and its figures in
//! Prometheus' text format. All of it is read from counters that others write anyway.

use core::fmt::{self, Write};
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::desk::{Desk, read};

/// Where the venue is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It recovers, or its doors are not open yet.
    Starting,
    /// It takes what comes.
    Open,
    /// The disk is nearly full: cancels are taken, orders are not.
    CancelsOnly,
    /// The machine's clock has stepped: cancels are taken, orders are not.
    ClockStepped,
    /// The disk is full.
    TakesNothing,
    /// It was asked to stop.
    Stopping,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Starting => "starting: the venue recovers what its directory holds",
            Self::Open => "open",
            Self::CancelsOnly => "the disk is nearly full: cancels are taken, orders are not",
            Self::ClockStepped => {
                "the clock has stepped: cancels are taken, orders are not; set it right, or \
                 confirm it: `ringside admin --dir DIR '{\"op\":\"confirm_clock\"}'`"
            }
            Self::TakesNothing => "the disk is full: nothing is taken",
            Self::Stopping => "the venue is stopping",
        })
    }
}

/// How far the venue has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Figures {
    /// The last command that was executed.
    pub executed: u64,
    /// The last command that was written to the journal.
    pub written: u64,
    /// The last command that is on disk.
    pub durable: u64,
}

/// How the venue is; asked at any time, from the thread of this door.
pub trait Vitals: Send + Sync {
    /// Where it is in its life.
    fn standing(&self) -> Standing;

    /// How far it has come.
    fn figures(&self) -> Figures;
}

/// The process serves (GWY-022).
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// The venue takes orders.
pub(super) async fn readyz(State(desk): State<Arc<Desk>>) -> Response {
    let standing = desk.opening.vitals.standing();
    let status = match standing {
        Standing::Open => StatusCode::OK,
        Standing::Starting
        | Standing::CancelsOnly
        | Standing::ClockStepped
        | Standing::TakesNothing
        | Standing::Stopping => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, format!("{standing}\n")).into_response()
}

/// The venue's figures.
pub(super) async fn metrics(State(desk): State<Arc<Desk>>) -> Response {
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(CONTENT_TYPE, kind)], figures(&desk)).into_response()
}

/// A figure's name, what kind it is, what it says, and its value.
type Row = (&'static str, &'static str, &'static str, u64);

fn figures(desk: &Desk) -> String {
    let mut text = String::with_capacity(4_096);
    for (name, kind, help, value) in rows(desk) {
        let written = write!(
            text,
            "# HELP ringside_{name} {help}\n# TYPE ringside_{name} {kind}\n\
             ringside_{name} {value}\n"
        );
        written.expect("a text takes every line");
    }
    text
}

fn rows(desk: &Desk) -> Vec<Row> {
    const GAUGE: &str = "gauge";
    const COUNTER: &str = "counter";
    let (counts, vitals) = (&desk.opening.counts, &desk.opening.vitals);
    let (standing, figures) = (vitals.standing(), vitals.figures());
    vec![
        ("ready", GAUGE, "1 when orders are taken.", u64::from(standing == Standing::Open)),
        ("admission", GAUGE, "0 everything, 1 cancels only, 2 nothing.", admission(standing)),
        (
            "clock_stepped",
            GAUGE,
            "1 while a step of the clock is not confirmed.",
            u64::from(standing == Standing::ClockStepped),
        ),
        ("sequence_executed", GAUGE, "The last command executed.", figures.executed),
        ("sequence_written", GAUGE, "The last command in the journal.", figures.written),
        ("sequence_durable", GAUGE, "The last command on disk.", figures.durable),
        ("orders_resting", GAUGE, "Orders in all books.", read(&counts.resting)),
        ("connections", GAUGE, "TCP and WebSocket connections.", read(&counts.connections)),
        ("connections_accepted_total", COUNTER, "Connections taken.", read(&counts.accepted)),
        (
            "connections_turned_away_total",
            COUNTER,
            "Connections refused: too many.",
            read(&counts.turned_away),
        ),
        ("connections_cut_off_total", COUNTER, "Connections ended.", read(&counts.cut_off)),
        ("messages_total", COUNTER, "Messages read.", read(&counts.messages)),
        ("busy_total", COUNTER, "Messages that found the venue busy.", read(&counts.busy)),
        ("events_total", COUNTER, "Events heard by the doors.", read(&counts.events)),
        ("http_requests_total", COUNTER, "HTTP requests counted.", read(&desk.requests)),
        ("http_limited_total", COUNTER, "HTTP requests answered 429.", read(&desk.limited)),
    ]
}

const fn admission(standing: Standing) -> u64 {
    match standing {
        Standing::Open => 0,
        Standing::CancelsOnly | Standing::ClockStepped => 1,
        Standing::Starting | Standing::TakesNothing | Standing::Stopping => 2,
    }
}
