//! Public streams on one connection: which it hears, and the requests that change that.

use ringside_protocol::wire::json::{
    StreamAsk, StreamError, StreamFailure, StreamItem, StreamName, market, parse_stream_path,
    parse_stream_request, stream_property, streams_changed, streams_listed,
};

use super::{Taken, pipe};
use crate::feeds::subscriptions::{TooMany, Topic};
use crate::market::{self as feeds, Published};
use crate::talk::Context;

/// The streams of one connection.
pub(super) struct Streams {
    is_combined: bool,
    heard: Vec<(StreamName, Topic)>,
}

impl Streams {
    /// None yet; `is_combined`: each message stands in a wrapper that names its stream.
    pub(super) const fn new(is_combined: bool) -> Self {
        Self { is_combined, heard: Vec::new() }
    }

    /// Hears what the path of the connection names; what it cannot hear is said.
    pub(super) fn subscribe_path(&mut self, path: &str, context: &mut Context<'_>) {
        let items = parse_stream_path(path);
        if items.is_empty() {
            return;
        }
        let failures = self.subscribe(&items, context);
        if !failures.is_empty() {
            let done = items.len() - failures.len();
            say(context.out, |out| streams_changed(out, &Default::default(), done, &failures));
        }
        self.say_snapshots(&items, context);
    }

    /// A request.
    pub(super) fn text(&mut self, text: &str, context: &mut Context<'_>) -> Taken {
        let limit = context.house.limits.message_bytes_max;
        let request = match parse_stream_request(text, limit) {
            Ok(request) => request,
            Err(error) => {
                say(context.out, |out| error.write_stream(out));
                return Taken::Done;
            }
        };
        let id = &request.id;
        match &request.ask {
            StreamAsk::Subscribe(items) => {
                let failures = self.subscribe(items, context);
                let done = items.len() - failures.len();
                say(context.out, |out| streams_changed(out, id, done, &failures));
                self.say_snapshots(items, context);
            }
            StreamAsk::Unsubscribe(items) => {
                let failures = self.unsubscribe(items, context);
                let done = items.len() - failures.len();
                say(context.out, |out| streams_changed(out, id, done, &failures));
            }
            StreamAsk::List => {
                let names = self.heard.iter().map(|(name, _)| name);
                say(context.out, |out| streams_listed(out, id, names));
            }
            StreamAsk::SetCombined(is_combined) => {
                self.is_combined = *is_combined;
                say(context.out, |out| streams_changed(out, id, 1, &[]));
            }
            StreamAsk::GetCombined => {
                say(context.out, |out| stream_property(out, id, self.is_combined));
            }
        }
        Taken::Done
    }

    fn subscribe<'i>(
        &mut self,
        items: &'i [StreamItem<'_>],
        context: &mut Context<'_>,
    ) -> Vec<StreamFailure<'i>> {
        let mut failures = Vec::new();
        for item in items {
            if let Err(error) = self.subscribe_one(item, context) {
                failures.push(StreamFailure { name: &item.name, error });
            }
        }
        failures
    }

    fn subscribe_one(
        &mut self,
        item: &StreamItem<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), StreamError> {
        let (name, topic) = meant(item, context)?;
        let id = u64::from(context.id.0);
        if self.heard.len() >= context.house.limits.subscriptions_max {
            return Err(StreamError::TooMany);
        }
        match context.house.market.subscriptions.add(id, topic) {
            Ok(true) => self.heard.push((name, topic)),
            Ok(false) => {}
            Err(TooMany) => return Err(StreamError::TooMany),
        }
        Ok(())
    }

    /// What follows builds on this.
    fn say_snapshots(&self, items: &[StreamItem<'_>], context: &mut Context<'_>) {
        for item in items {
            let Ok((name, topic)) = meant(item, context) else { continue };
            if !self.heard.contains(&(name, topic)) {
                continue;
            }
            let mut text = Vec::new();
            if feeds::snapshot(&mut text, topic, &context.house.views) {
                self.tell(&name, &text, context.out);
            }
        }
    }

    fn unsubscribe<'i>(
        &mut self,
        items: &'i [StreamItem<'_>],
        context: &mut Context<'_>,
    ) -> Vec<StreamFailure<'i>> {
        let mut failures = Vec::new();
        for item in items {
            match meant(item, context) {
                Ok((name, topic)) => {
                    let id = u64::from(context.id.0);
                    context.house.market.subscriptions.remove(id, topic);
                    self.heard.retain(|(heard, _)| *heard != name);
                }
                Err(error) => failures.push(StreamFailure { name: &item.name, error }),
            }
        }
        failures
    }

    /// Something it hears was published.
    pub(super) fn published(&self, published: &Published, out: &mut Vec<u8>) {
        let heard = self.heard.iter().find(|(_, topic)| *topic == published.topic);
        if let Some((name, _)) = heard {
            self.tell(name, &published.text, out);
        }
    }

    fn tell(&self, name: &StreamName, text: &[u8], out: &mut Vec<u8>) {
        if self.is_combined {
            say(out, |out| market::combined(out, &name.to_string(), text));
        } else {
            pipe::text(out, text);
        }
    }

    /// The connection is gone.
    pub(super) fn gone(&mut self, context: &mut Context<'_>) {
        context.house.market.subscriptions.remove_all(u64::from(context.id.0));
        self.heard.clear();
    }
}

fn meant(item: &StreamItem<'_>, context: &Context<'_>) -> Result<(StreamName, Topic), StreamError> {
    let name = item.stream?;
    let instrument = context.house.views.directory.instrument_on_rest(name.symbol);
    let instrument = instrument.ok_or(StreamError::Symbol)?;
    Ok((name, feeds::topic(instrument, name.channel)))
}

fn say(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let mut text = Vec::with_capacity(256);
    write(&mut text);
    pipe::text(out, &text);
}
