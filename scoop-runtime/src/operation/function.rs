//! The function of a saga, by which its runs are found again.

use super::call::{Saga, SagaCall};

mod sealed {
    /// Implemented for functions only.
    pub trait Sealed<P> {}
}

/// The function of a `#[saga]`: `place_order`, or `Desk::place_order` where it is a method.
///
/// Implemented for functions of up to twelve parameters `P` that return a [`SagaCall`], borrowed
/// parameters included; not for users to implement.
#[diagnostic::on_unimplemented(
    message = "this is not the function of a saga",
    label = "wanted: the name of an `async fn` marked `#[saga]`, without a call",
    note = "write `scoop.find(place_order, \"order-1\")`; for a method `scoop.find(Desk::place_order, \"order-1\")`"
)]
pub trait SagaFn<P>: sealed::Sealed<P> {
    /// The saga.
    type Saga: Saga;
}

macro_rules! functions {
    ($($parameter:ident)*) => {
        impl<F, S: Saga, $($parameter),*> sealed::Sealed<($($parameter,)*)> for F where
            F: Fn($($parameter),*) -> SagaCall<S>
        {
        }

        #[diagnostic::do_not_recommend]
        impl<F, S: Saga, $($parameter),*> SagaFn<($($parameter,)*)> for F
        where
            F: Fn($($parameter),*) -> SagaCall<S>,
        {
            type Saga = S;
        }
    };
}

functions!();
functions!(A);
functions!(A B);
functions!(A B C);
functions!(A B C D);
functions!(A B C D E);
functions!(A B C D E G);
functions!(A B C D E G H);
functions!(A B C D E G H I);
functions!(A B C D E G H I J);
functions!(A B C D E G H I J K);
functions!(A B C D E G H I J K L);
functions!(A B C D E G H I J K L M);
