//! `async` blocks beside other operations: awaited as a part of the saga that they stand in, with rows of
//! their own.

use std::any::Any;
use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;

use super::branch::Branch;
use super::given::{Codecs, Given, Lent, Provided};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::saga::BodyError;
use super::stored::{Arguments, Codec, StoredArguments, codec};
use super::{EncodedEnd, Intent, Saga, SagaCall, Settled, Step, StepCall, Unsettled};
use crate::codec::{CodecError, Stored};
use crate::environment::BoxFuture;
use crate::error::ErrorProbe;
use crate::frame::{Durable, Frame};
use crate::protocol::description::Description;
use crate::protocol::failure::StoredError;
use crate::resource::Resources;

/// An `async` block that is awaited beside other operations, as `Link::begin` makes it.
#[must_use = "it does nothing until it is awaited inside a `#[saga]`"]
pub struct Block<T> {
    name: &'static str,
    captured: Result<Stored, CodecError>,
    value: PhantomData<fn() -> T>,
}

/// Ties a block, where it begins, to its body, which is there on a resume, too: the types of what it
/// captures, of what the process provides to it, and of its value.
pub struct Link<C, R, T>(
    PhantomData<fn() -> C>,
    PhantomData<fn() -> R>,
    PhantomData<fn() -> T>,
);

/// The body of a block.
pub struct Body {
    pub(crate) name: &'static str,
    pub(crate) description: &'static Description,
    pub(crate) enter: Box<Enter>,
    pub(crate) read: Box<Read>,
}

/// Says what a block gives, so that one which gives something else is told there.
pub struct Gives<T>(PhantomData<fn() -> T>);

/// Makes the body of a block, from what it captured and what the process provides.
type Enter = dyn Fn(Frame, &Stored, &Resources) -> Result<BoxFuture<'static, BlockEnd>, BodyError>
    + Send
    + Sync;

/// Reads the value of a block that had ended.
type Read = dyn Fn(&str) -> serde_json::Result<Box<dyn Any + Send>> + Send + Sync;

/// What a block came to: its value, and what is stored of it.
pub(crate) struct BlockEnd {
    pub(crate) value: Box<dyn Any + Send>,
    pub(crate) stored: EncodedEnd,
}

/// The value of a block, and, where it is an `Err`, what is stored of the error.
pub type Returned<T> = (T, Result<(), StoredError>);

impl<C, R, T> Link<C, R, T> {
    /// Of types that are still to be found out.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "named by the macro alone")]
    pub const fn new() -> Self {
        Self(PhantomData, PhantomData, PhantomData)
    }

    /// What is awaited, with what it captures as it is now.
    pub fn begin<L, G>(&self, name: &'static str, lent: L, _given: G) -> Block<T>
    where
        L: Lent<Owned = C>,
        G: Given<Owned = R>,
    {
        let mut captured = Arguments::new();
        lent.push(&mut captured);
        Block {
            name,
            captured: captured.finish(),
            value: PhantomData,
        }
    }

    /// The codec of its value; that it cannot be stored is said here alone. A method, because the compiler would
    /// propose to name the type where a function is called.
    #[must_use]
    pub const fn value(&self) -> Codec<T>
    where
        T: StoredByABlock,
    {
        codec()
    }

    /// Its body; `codecs` read what it captured, `value` writes and reads what it gives.
    pub fn body<K>(
        &self,
        (name, description): (&'static str, &'static Description),
        codecs: K,
        value: Codec<T>,
        body: fn(Frame, C, R, Gives<T>) -> BoxFuture<'static, Returned<T>>,
    ) -> Body
    where
        K: Codecs<Values = C> + Send + Sync + 'static,
        C: 'static,
        R: Provided + 'static,
        T: Send + 'static,
    {
        let enter = move |frame, captured: &Stored, resources: &Resources| {
            let mut stored = StoredArguments::open(captured, K::COUNT)?;
            let captured = codecs.take(&mut stored)?;
            let provided = R::find(resources).map_err(BodyError::MissingResource)?;
            let body = body(frame, captured, provided, Gives(PhantomData));
            let ended: BoxFuture<'static, BlockEnd> = Box::pin(async move {
                let (returned, end) = body.await;
                let stored = match end {
                    Ok(()) => value.encode(&returned).map(Ok),
                    Err(error) => Ok(Err(error)),
                };
                let value = Box::new(returned);
                BlockEnd { value, stored }
            });
            Ok(ended)
        };
        let read = move |json: &str| {
            let read = value.read(json)?;
            Ok(Box::new(read) as Box<dyn Any + Send>)
        };
        Body {
            name,
            description,
            enter: Box::new(enter),
            read: Box::new(read),
        }
    }
}

impl<T> Gives<T> {
    /// This.
    #[must_use]
    pub fn this(&self, value: T) -> T {
        value
    }
}

// A method of the call itself, as any other value has it of the trait, so that nothing is said of its type.
impl<S: Step> StepCall<S> {
    /// Refused: what it would give.
    #[doc(hidden)]
    pub fn at_the_end_of_a_block(self) -> S::Output
    where
        Self: AwaitedAtTheEnd,
    {
        unreachable!("it does not compile")
    }
}

impl<S: Saga> SagaCall<S> {
    /// Refused: what it would give.
    #[doc(hidden)]
    pub fn at_the_end_of_a_block(self) -> S::Output
    where
        Self: AwaitedAtTheEnd,
    {
        unreachable!("it does not compile")
    }
}

/// Any other value at the end of a block.
pub trait AtTheEnd: Sized {
    /// The value itself.
    #[must_use]
    fn at_the_end_of_a_block(self) -> Self {
        self
    }
}

impl<T> AtTheEnd for T {}

/// What no call of a step or a saga is at the end of a block.
#[diagnostic::on_unimplemented(
    message = "this step or saga is not awaited, and the `async` block ends with it",
    label = "add `.await` behind this call"
)]
pub trait AwaitedAtTheEnd {}

/// The codec of a captured local; that it cannot be captured is said here alone.
#[must_use]
pub const fn captured<T: Capturable>() -> Codec<T> {
    codec()
}

/// What an `async` block uses of the locals around it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be used in an `async` block of a saga",
    label = "what the block uses is stored when it begins, so that it can go on in another process",
    note = "if `{Self}` is your own type: add `#[derive(serde::Serialize, serde::Deserialize)]`",
    note = "if it is a reference: make an owned value of it before the block (`.clone()`, `.to_owned()`)",
    note = "if it is a client or the like: take it as a parameter of type `Resource<..>`, or mark its `let` with `#[transient]` to make it again in the block"
)]
pub trait Capturable: Durable {}

#[diagnostic::do_not_recommend]
impl<T: Durable> Capturable for T {}

/// What an `async` block gives.
#[diagnostic::on_unimplemented(
    message = "an `async` block of a saga cannot give `{Self}`: that cannot be stored",
    label = "the value of a block is stored when it ends, beside others that have not",
    note = "if it is your own type: add `#[derive(serde::Serialize, serde::Deserialize)]`; if it is a `Result`, to its error, too",
    note = "or use `scoop::Error`, which takes any error with `?`"
)]
pub trait StoredByABlock: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> StoredByABlock for T {}

/// The value of a block, which may be a `Result`: `Value(&value).error()`.
pub struct Value<'a, T>(pub &'a T);

impl<'a, T, E> Value<'a, Result<T, E>> {
    /// The error of a `Result`, to ask how it is stored.
    #[must_use]
    pub const fn error(&self) -> Option<ErrorProbe<'a, E>> {
        match self.0 {
            Ok(_) => None,
            Err(error) => Some(ErrorProbe(error)),
        }
    }
}

/// Chosen for what is no `Result`.
pub trait NoResult {
    /// None.
    fn error(&self) -> Option<ErrorProbe<'static, Infallible>> {
        None
    }
}

impl<T> NoResult for Value<'_, T> {}

impl<T: Send + 'static> Branch for Block<T> {
    type Output = T;

    fn into_intent(self) -> Intent {
        Intent::Block {
            name: self.name,
            captured: self.captured,
        }
    }

    fn settle(settled: Settled) -> Result<T, Box<Unsettled>> {
        settled.into_output()
    }
}

impl<T> fmt::Debug for Block<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Block").field(&self.name).finish()
    }
}

impl<C, R, T> fmt::Debug for Link<C, R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link")
    }
}

impl<T> fmt::Debug for Gives<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gives")
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Body").field(&self.name).finish()
    }
}

impl<T> fmt::Debug for Value<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value")
    }
}
