//! The version of the engine's behaviour: what makes replay say the same again (X-ENG-024).
//!
//! A build that answers any command otherwise than the build before has a higher
//! [`BEHAVIOUR_VERSION`]. It starts from the snapshot of a clean stop and journals its version as
//! its first command; from there on the journal is its own. What another behaviour wrote after the
//! last snapshot cannot be replayed: it would come out otherwise.
//!
//! ```
//! use ringside_engine::{BEHAVIOUR_VERSION, Engine};
//! use ringside_protocol::{Behaviour, Clock, CommandRef};
//!
//! let engine = Engine::new();
//! let (ours, other) = (BEHAVIOUR_VERSION, BEHAVIOUR_VERSION + 1);
//! let clock = Clock { reserved: 0 };
//! assert!(engine.check_replay(CommandRef::Clock(&clock)).is_ok());
//! let [ours, other] = [ours, other].map(|version| Behaviour { version, reserved: 0 });
//! assert!(engine.check_replay(CommandRef::Behaviour(&ours)).is_ok());
//! assert!(engine.check_replay(CommandRef::Behaviour(&other)).is_err());
//! ```

use core::fmt;

use ringside_protocol::{Behaviour, CommandRef, Reason};

use crate::Engine;
use crate::book::Book;
use crate::risk::Refusal;

/// The behaviour of this build. Raised when any command is answered otherwise than before.
pub const BEHAVIOUR_VERSION: u32 = 3;

/// Commands of another behaviour than this build's: they cannot be replayed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BehaviourError {
    /// The behaviour they were answered with.
    pub stated: u32,
    /// That of this build.
    pub ours: u32,
}

impl fmt::Display for BehaviourError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stated, ours } = self;
        write!(f, "the tail of the journal has behaviour {stated}, this build has {ours}: ")?;
        if stated < ours {
            write!(f, "start a build with behaviour {stated} once, stop it, then upgrade")
        } else {
            write!(f, "start a build with behaviour {stated}")
        }
    }
}

impl std::error::Error for BehaviourError {}

impl<B: Book> Engine<B> {
    /// The behaviour that was stated last; 0: never, which is the behaviour of this build.
    pub const fn behaviour(&self) -> u32 {
        self.venue.behaviour
    }

    /// Whether this build answers the next command of a journal as it was answered then. To be
    /// asked before every command that is replayed, and not of new ones.
    ///
    /// # Errors
    /// [`BehaviourError`] when the command was answered by another behaviour, or states another.
    pub fn check_replay(&self, next: CommandRef<'_>) -> Result<(), BehaviourError> {
        let stated = match stated_by(next) {
            Some(stated) => stated,
            None => self.behaviour(),
        };
        check(stated, BEHAVIOUR_VERSION)
    }

    /// States a behaviour; it never goes back.
    pub(crate) fn set_behaviour(&mut self, behaviour: &Behaviour) -> Result<(), Refusal> {
        if behaviour.version == 0 || behaviour.version < self.behaviour() {
            return Err(Reason::BadValue.into());
        }
        self.venue.behaviour = behaviour.version;
        Ok(())
    }
}

fn check(stated: u32, ours: u32) -> Result<(), BehaviourError> {
    if stated == 0 || stated == ours { Ok(()) } else { Err(BehaviourError { stated, ours }) }
}

/// The behaviour that a command states.
const fn stated_by(command: CommandRef<'_>) -> Option<u32> {
    if let CommandRef::Behaviour(behaviour) = command { Some(behaviour.version) } else { None }
}

#[cfg(test)]
mod tests {
    use ringside_protocol::{Clock, Origin, Timestamp};

    use super::*;
    use crate::{Counter, Image, Sequencer};

    #[test]
    fn another_behaviour_is_refused_with_what_to_do() {
        // X-ENG-024
        let says = |stated, ours| check(stated, ours).map_err(|error| error.to_string());
        assert_eq!((says(0, 7), says(7, 7)), (Ok(()), Ok(())));
        assert_eq!(
            says(2, 3).unwrap_err(),
            "the tail of the journal has behaviour 2, this build has 3: \
             start a build with behaviour 2 once, stop it, then upgrade"
        );
        assert_eq!(
            says(4, 3).unwrap_err(),
            "the tail of the journal has behaviour 4, this build has 3: \
             start a build with behaviour 4"
        );
    }

    #[test]
    fn what_was_stated_last_counts_and_never_goes_back() {
        // X-ENG-024: version, what is stated after it, how many were refused.
        let (mut engine, mut sequencer) = (Engine::new(), Sequencer::new());
        assert_eq!(engine.behaviour(), 0, "never stated");
        for (version, stated, refused) in [(0, 0, 1), (2, 2, 1), (2, 2, 1), (1, 2, 2), (9, 9, 2)] {
            let command = Behaviour { version, reserved: 0 };
            let (now, none) = (Timestamp(0), Origin::default());
            sequencer.submit(&mut engine, now, none, command, &mut Counter::default());
            assert_eq!((engine.behaviour(), engine.stats().rejected), (stated, refused));
            assert_eq!(engine.stats().events, refused, "only a refusal is said");
        }
    }

    #[test]
    fn a_restart_remembers_what_was_stated() {
        // X-ENG-024: the snapshot of another behaviour may be started from, its tail not.
        let (mut engine, mut sequencer) = (Engine::new(), Sequencer::new());
        let other = Behaviour { version: BEHAVIOUR_VERSION + 1, reserved: 0 };
        let (now, none) = (Timestamp(0), Origin::default());
        sequencer.submit(&mut engine, now, none, other, &mut Counter::default());
        let mut bytes = Vec::new();
        engine.image().write(&mut bytes).unwrap();
        let restored: Engine = Engine::from_image(&Image::read(&bytes).unwrap()).unwrap();
        let (stated, ours) = (other.version, BEHAVIOUR_VERSION);
        assert_eq!(restored.behaviour(), stated);
        let clock = Clock { reserved: 0 };
        let refused = restored.check_replay(CommandRef::Clock(&clock));
        assert_eq!(refused, Err(BehaviourError { stated, ours }));
        let own = Behaviour { version: ours, reserved: 0 };
        assert_eq!(restored.check_replay(CommandRef::Behaviour(&own)), Ok(()));
    }
}
