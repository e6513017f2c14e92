//! What the tests of whole runtimes share: every store, a clock that nobody waits for, one life of
//! a process after the other.

// Each test binary uses a part of this.
#![allow(dead_code, unused_imports, unused_macros, clippy::unwrap_used)]

pub(crate) mod clock;
pub(crate) mod life;
pub(crate) mod place;
pub(crate) mod unhurried;

pub(crate) use self::life::{connect, connecting, kill, soon};
pub(crate) use self::place::Place;

/// Makes each of these facts (`async fn fact(place: Place)`) a test on every store. A new store is
/// one more module here and one more variant of [`Place`].
macro_rules! on_every_store {
    ($($fact:ident),* $(,)?) => {
        mod memory {
            $(
                #[tokio::test(start_paused = true)]
                async fn $fact() {
                    super::$fact(crate::support::Place::memory()).await;
                }
            )*
        }

        #[cfg(feature = "sqlite")]
        mod sqlite {
            $(
                #[tokio::test(start_paused = true)]
                async fn $fact() {
                    super::$fact(crate::support::Place::sqlite()).await;
                }
            )*
        }
    };
}
pub(crate) use on_every_store;
