//! The rings beside their peers, in one run: `cargo bench -p ringside-benches --bench ring
//! [-- --rounds N]`. A hop is half a round trip between two threads on two cores; throughput is
//! 64-byte items in batches of 32.
//!
//! Candidates take turns. A round is cut into many short stretches, and each figure is the median
//! of all its stretches: on a machine that others use, those in which a thread lost its core fall
//! out. Every value is checked; all candidates wait in the same way, looking again at once.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Instant;

use core_affinity::CoreId;
use crossbeam_utils::CachePadded;
use disruptor::{BusySpin, Producer as _, SingleConsumerBarrier, SingleProducer};
use ringside_ring::{Receiver, Sender, lane};

const CAPACITY: usize = 1_024;
const BATCH: usize = 32;
const STRETCHES: usize = 100;
const HOPS_A_STRETCH: u64 = 200;
const ITEMS_A_STRETCH: u64 = 4_096;

/// 64 bytes.
type Item = [u64; 8];

/// One end of a pair of threads that bounce a number; both calls look again until they can.
trait Port: Send + Sized {
    fn pair() -> (Self, Self);
    fn send(&mut self, value: u64);
    fn receive(&mut self) -> u64;
}

/// The writing end of a pipe; returns when the whole batch is in.
trait Source: Send {
    fn put(&mut self, batch: &[Item; BATCH]);
}

/// The reading end: hands what is there to `each`, which may be nothing.
trait Sink: Send {
    fn take(&mut self, each: impl FnMut(&Item));
}

/// Nanoseconds of a hop, stretch by stretch.
fn hop<P: Port>() -> Vec<f64> {
    let (mut near, mut far) = P::pair();
    let hops = STRETCHES as u64 * HOPS_A_STRETCH;
    thread::scope(|scope| {
        scope.spawn(move || {
            pin(1);
            for _ in 0..hops {
                let value = far.receive();
                far.send(value);
            }
        });
        pin(0);
        stretches(HOPS_A_STRETCH * 2, |from| {
            for value in from / 2..from / 2 + HOPS_A_STRETCH {
                near.send(value);
                assert_eq!(near.receive(), value);
            }
        })
    })
}

/// Nanoseconds of an item, stretch by stretch, as the reader sees it.
fn throughput(mut source: impl Source, mut sink: impl Sink) -> Vec<f64> {
    let items = STRETCHES as u64 * ITEMS_A_STRETCH;
    thread::scope(|scope| {
        scope.spawn(move || {
            pin(1);
            for first in (0..items).step_by(BATCH) {
                source.put(&black_box(std::array::from_fn(|at| [first + at as u64; 8])));
            }
        });
        pin(0);
        let mut next = 0;
        stretches(ITEMS_A_STRETCH, |from| {
            while next < from + ITEMS_A_STRETCH {
                sink.take(|item| {
                    assert_eq!((item[0], item[7]), (next, next));
                    next += 1;
                });
            }
        })
    })
}

/// Times each stretch of `steps`, which is told its first step.
fn stretches(steps: u64, mut run: impl FnMut(u64)) -> Vec<f64> {
    let starts = (0..STRETCHES as u64).map(|stretch| stretch * steps);
    let times = starts.map(|from| {
        let clock = Instant::now();
        run(from);
        clock.elapsed().as_nanos() as f64 / steps as f64
    });
    times.collect()
}

/// The cores that this program may use. Asked once, for a thread that is pinned sees its own only.
static CORES: LazyLock<Vec<CoreId>> =
    LazyLock::new(|| core_affinity::get_core_ids().unwrap_or_default());

fn pin(at: usize) {
    if CORES.len() > 1 {
        core_affinity::set_for_current(CORES[at]);
    }
}

/// Until there is something.
fn insist<T>(mut look: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(found) = look() {
            return found;
        }
    }
}

/// The least that two cores can do: a cache line each way, and nothing in it but a number.
struct Raw {
    own: Arc<CachePadded<AtomicU64>>,
    other: Arc<CachePadded<AtomicU64>>,
    seen: u64,
}

impl Port for Raw {
    fn pair() -> (Self, Self) {
        let lines: [Arc<CachePadded<AtomicU64>>; 2] = Default::default();
        let end = |own: usize| Self {
            own: Arc::clone(&lines[own]),
            other: Arc::clone(&lines[1 - own]),
            seen: 0,
        };
        (end(0), end(1))
    }

    fn send(&mut self, value: u64) {
        self.own.store(value + 1, Ordering::Release);
    }

    fn receive(&mut self) -> u64 {
        self.seen = insist(|| Some(self.other.load(Ordering::Acquire)).filter(|&v| v != self.seen));
        self.seen - 1
    }
}

/// Two lanes of ours, one each way.
struct Lanes(Sender<u64>, Receiver<u64>);

impl Port for Lanes {
    fn pair() -> (Self, Self) {
        let ((there, far), (back, near)) = (lane(CAPACITY), lane(CAPACITY));
        (Self(there, near), Self(back, far))
    }

    fn send(&mut self, value: u64) {
        self.0.try_publish(&[value]).expect("room");
    }

    fn receive(&mut self) -> u64 {
        let value = insist(|| self.1.batch().get(0).copied());
        self.1.release(1);
        value
    }
}

impl Source for Sender<Item> {
    fn put(&mut self, batch: &[Item; BATCH]) {
        insist(|| self.try_publish(batch).ok());
    }
}

impl Sink for Receiver<Item> {
    fn take(&mut self, each: impl FnMut(&Item)) {
        let batch = self.batch();
        batch.head.iter().chain(batch.tail).for_each(each);
        let taken = batch.len();
        self.release(taken);
    }
}

struct Rtrb(rtrb::Producer<u64>, rtrb::Consumer<u64>);

impl Port for Rtrb {
    fn pair() -> (Self, Self) {
        let (there, far) = rtrb::RingBuffer::new(CAPACITY);
        let (back, near) = rtrb::RingBuffer::new(CAPACITY);
        (Self(there, near), Self(back, far))
    }

    fn send(&mut self, value: u64) {
        self.0.push(value).expect("room");
    }

    fn receive(&mut self) -> u64 {
        insist(|| self.1.pop().ok())
    }
}

impl Source for rtrb::Producer<Item> {
    fn put(&mut self, batch: &[Item; BATCH]) {
        insist(|| self.push_entire_slice(batch).ok());
    }
}

impl Sink for rtrb::Consumer<Item> {
    fn take(&mut self, mut each: impl FnMut(&Item)) {
        let slots = self.slots();
        let chunk = self.read_chunk(slots).expect("as many as there are");
        let (head, tail) = chunk.as_slices();
        head.iter().chain(tail).for_each(&mut each);
        chunk.commit_all();
    }
}

/// The Disruptor's writing end, and its reading end that is polled.
type Rings<E> = SingleProducer<E, SingleConsumerBarrier>;
type Poller<E> = disruptor::EventPoller<E, disruptor::SingleProducerBarrier>;

fn ring<E: Copy + Default + Send + Sync + 'static>() -> (Rings<E>, Poller<E>) {
    let builder = disruptor::build_single_producer(CAPACITY, E::default, BusySpin);
    let (poller, builder) = builder.new_event_poller();
    (builder.build(), poller)
}

struct Disruptors(Rings<u64>, Poller<u64>);

impl Port for Disruptors {
    fn pair() -> (Self, Self) {
        let ((there, far), (back, near)) = (ring(), ring());
        (Self(there, near), Self(back, far))
    }

    fn send(&mut self, value: u64) {
        self.0.publish(|event| *event = value);
    }

    fn receive(&mut self) -> u64 {
        insist(|| self.1.poll().ok().and_then(|mut events| (&mut events).next().copied()))
    }
}

impl Source for Rings<Item> {
    fn put(&mut self, batch: &[Item; BATCH]) {
        self.batch_publish(BATCH, |events| {
            events.zip(batch).for_each(|(event, item)| *event = *item);
        });
    }
}

impl Sink for Poller<Item> {
    fn take(&mut self, each: impl FnMut(&Item)) {
        if let Ok(mut events) = self.poll() {
            (&mut events).for_each(each);
        }
    }
}

type Queue<T> = Arc<crossbeam_queue::ArrayQueue<T>>;

struct Queues(Queue<u64>, Queue<u64>);

impl Port for Queues {
    fn pair() -> (Self, Self) {
        let queue = || Arc::new(crossbeam_queue::ArrayQueue::new(CAPACITY));
        let (there, back): (Queue<u64>, Queue<u64>) = (queue(), queue());
        (Self(there.clone(), back.clone()), Self(back, there))
    }

    fn send(&mut self, value: u64) {
        self.0.push(value).expect("room");
    }

    fn receive(&mut self) -> u64 {
        insist(|| self.1.pop())
    }
}

impl Source for Queue<Item> {
    fn put(&mut self, batch: &[Item; BATCH]) {
        for &item in batch {
            insist(|| self.push(item).ok());
        }
    }
}

impl Sink for Queue<Item> {
    fn take(&mut self, each: impl FnMut(&Item)) {
        self.pop().iter().for_each(each);
    }
}

struct Channels(crossbeam_channel::Sender<u64>, crossbeam_channel::Receiver<u64>);

impl Port for Channels {
    fn pair() -> (Self, Self) {
        let (there, far) = crossbeam_channel::bounded(CAPACITY);
        let (back, near) = crossbeam_channel::bounded(CAPACITY);
        (Self(there, near), Self(back, far))
    }

    fn send(&mut self, value: u64) {
        self.0.try_send(value).expect("room");
    }

    fn receive(&mut self) -> u64 {
        insist(|| self.1.try_recv().ok())
    }
}

/// A name, and one round: nanoseconds a step, stretch by stretch.
type Candidate = (&'static str, fn() -> Vec<f64>);

const HOPS: &[Candidate] = &[
    ("raw bounce, two atomics", hop::<Raw>),
    ("ringside-ring lane", hop::<Lanes>),
    ("rtrb 0.4.1", hop::<Rtrb>),
    ("disruptor 4.4.0, busy spin", hop::<Disruptors>),
    ("crossbeam ArrayQueue 0.3.14", hop::<Queues>),
    ("crossbeam channel 0.5.17", hop::<Channels>),
];

const THROUGHPUTS: &[Candidate] = &[
    ("ringside-ring lane", || {
        let (source, sink) = lane::<Item>(CAPACITY);
        throughput(source, sink)
    }),
    ("disruptor 4.4.0, batch publish", || {
        let (source, sink) = ring::<Item>();
        throughput(source, sink)
    }),
    ("rtrb 0.4.1, chunks", || {
        let (source, sink) = rtrb::RingBuffer::new(CAPACITY);
        throughput(source, sink)
    }),
    ("crossbeam ArrayQueue 0.3.14", || {
        let queue: Queue<Item> = Arc::new(crossbeam_queue::ArrayQueue::new(CAPACITY));
        throughput(queue.clone(), queue)
    }),
];

fn main() {
    let rounds = argument("--rounds").unwrap_or(11);
    print_machine();
    println!("cores to pin to: {}", CORES.len());
    println!("medians of {rounds} rounds of {STRETCHES} stretches, in turns");
    print_table("hop, 8 bytes", "ns/hop", &measure(HOPS, rounds));
    print_table("throughput, 64 bytes by 32", "ns/item", &measure(THROUGHPUTS, rounds));
}

fn measure(candidates: &[Candidate], rounds: usize) -> Vec<(&'static str, f64)> {
    let mut found = vec![Vec::new(); candidates.len()];
    for _ in 0..rounds {
        for ((_, run), found) in candidates.iter().zip(&mut found) {
            found.extend(run());
        }
    }
    candidates.iter().map(|(name, _)| *name).zip(found.into_iter().map(median)).collect()
}

/// Ratios are to the first row.
fn print_table(title: &str, unit: &str, rows: &[(&'static str, f64)]) {
    println!("\n{title:<40} {unit:>12} {:>8}", "ratio");
    for (name, ns) in rows {
        println!("{name:<40} {ns:>12.1} {:>8.2}", ns / rows[0].1);
    }
}

fn print_machine() {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let info = read("/proc/cpuinfo");
    let model = info.lines().find_map(|line| line.strip_prefix("model name\t: "));
    let cores = info.lines().filter(|line| line.starts_with("processor")).count();
    let load = read("/proc/loadavg");
    println!("machine: {} × {cores}, load {}", model.unwrap_or("unknown"), load.trim());
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn argument(name: &str) -> Option<usize> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1).map(|value| value.parse().unwrap_or_else(|_| panic!("{name} takes a number")))
}
