//! A crash at any commit changes nothing: every saga, every store, a crash before and after every
//! commit, forward and in a rollback.

#![allow(clippy::unwrap_used)]

#[path = "../support/blocks.rs"]
mod blocks;
#[path = "../support/children.rs"]
mod children;
#[path = "../support/end.rs"]
mod end;
#[path = "../support/joins.rs"]
mod joins;
#[path = "../support/journal.rs"]
mod journal;
#[path = "../support/sagas.rs"]
mod sagas;
#[path = "../support/mod.rs"]
mod support;

mod back;
mod block;
mod cancel;
mod child;
mod forward;
mod inline;
mod join;
mod locals;
mod null;
mod parents;
mod sweep;
mod tree;
