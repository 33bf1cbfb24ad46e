//! What the operator asks.

use std::sync::atomic::Ordering;

use ringside_gateway::http::Standing;
use ringside_gateway::limits::Limits;

use crate::kit::Bench;

#[test]
fn health_is_the_process_and_readiness_the_venue() {
    // GWY-022
    let bench = Bench::with(Limits::default(), false);
    for (standing, ready, says) in [
        (Standing::Starting, 503, "starting: the venue recovers"),
        (Standing::Open, 200, "open"),
        (Standing::CancelsOnly, 503, "the disk is nearly full: cancels are taken"),
        (Standing::ClockStepped, 503, "the clock has stepped: cancels are taken"),
        (Standing::TakesNothing, 503, "the disk is full"),
        (Standing::Stopping, 503, "the venue is stopping"),
    ] {
        bench.stands(standing);
        let answer = bench.ask("GET /readyz");
        assert_eq!(answer.status, ready, "{standing}");
        assert!(answer.body.starts_with(says), "{}", answer.body);
        let health = bench.ask("GET /healthz");
        assert_eq!((health.status, health.body.as_str()), (200, "ok\n"), "{standing}");
    }
}

#[test]
fn figures_are_read_and_nobody_is_asked() {
    // Nobody answers questions here.
    let bench = Bench::with(Limits::default(), false);
    bench.counts.messages.store(77, Ordering::Relaxed);
    bench.counts.resting.store(5, Ordering::Relaxed);
    assert_eq!(bench.ask("GET /api/v3/ping").status, 200);
    let answer = bench.ask("GET /metrics");
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for line in [
        "ringside_ready 1",
        "ringside_admission 0",
        "ringside_sequence_executed 30",
        "ringside_sequence_written 20",
        "ringside_sequence_durable 10",
        "ringside_orders_resting 5",
        "ringside_messages_total 77",
        "ringside_http_requests_total 1",
        "# TYPE ringside_messages_total counter",
        "# TYPE ringside_connections gauge",
    ] {
        assert!(answer.body.lines().any(|there| there == line), "{line}: {}", answer.body);
    }
    bench.stands(Standing::CancelsOnly);
    let full = bench.ask("GET /metrics").body;
    assert!(full.contains("ringside_ready 0\n") && full.contains("ringside_admission 1\n"));
}
