//! The brain of Firesteel: it decides what runs where and when, and does nothing itself.
//!
//! `Scheduler::handle(event) -> actions` is a pure state machine: no clock, thread, file, socket or Python. So
//! races are plain tests, random failure histories run by the thousand, and a journal of events replays any run.

pub mod event;
pub mod ids;
pub mod lineage;
