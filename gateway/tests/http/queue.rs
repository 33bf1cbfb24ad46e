//! The queue of questions itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ringside_gateway::questions::{ANSWER_WITHIN, QUESTIONS_MAX, Question, Unanswered, questions};
use ringside_ring::Wake;

struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_full_queue_a_slow_answer_and_nobody_there_are_told_apart() {
    let bell = Arc::new(Bell(AtomicUsize::new(0)));
    let (asking, answering) = questions(Arc::clone(&bell) as Arc<dyn Wake>);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime").block_on(async {
        let waiting: Vec<_> = (0..QUESTIONS_MAX)
            .map(|_| {
                let asking = asking.clone();
                tokio::spawn(async move { asking.ask(Question::Instruments).await.err() })
            })
            .collect();
        // Each wakes the reactor.
        while bell.0.load(Ordering::SeqCst) < QUESTIONS_MAX {
            tokio::task::yield_now().await;
        }
        let more = asking.ask(Question::Instruments).await.err();
        assert_eq!(more, Some(Unanswered::Full), "one more");
        for late in waiting {
            assert_eq!(late.await.expect("no panic"), Some(Unanswered::Late));
        }
        drop(answering);
        let gone = asking.ask(Question::Instruments).await.err();
        assert_eq!(gone, Some(Unanswered::Gone));
    });
    assert_eq!(ANSWER_WITHIN.as_secs(), 1);
}
