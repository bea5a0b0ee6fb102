//! Typed identifiers: a stage id cannot pass for a shuffle id.
//!
//! Invariant: within one engine an id of a kind is given out once and never reused.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(/// One node of the lineage.
    RddId(u32));
id!(/// One shuffle dependency: its map outputs carry this id.
    ShuffleId(u32));
id!(/// One action of the user's program.
    JobId(u32));
id!(/// One set of tasks without a shuffle inside; it keeps its id over its attempts.
    StageId(u32));
id!(/// One attempt at one partition of one stage.
    TaskId(u64));
id!(/// One worker process; a replacement has a new id.
    WorkerId(u32));
id!(/// One daemon and its workers; a replacement has a new id.
    ExecutorId(u32));

id!(/// What a user has asked for, as a whole. 0 is what the configuration says.
    #[derive(Default)]
    ProfileId(u32));

impl ProfileId {
    /// Whether it is what the configuration says.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for ExecutorId {
    /// The first one: where there is only one, nobody has to name it.
    fn default() -> Self {
        Self(0)
    }
}

impl ExecutorId {
    /// Whether it is the one that is meant where none is named.
    pub fn is_first(&self) -> bool {
        *self == Self::default()
    }
}
