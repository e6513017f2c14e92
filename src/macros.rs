//! The macros that a saga's body may have. `#[saga]` makes awaits of them: elsewhere they only say so.

/// Awaits several operations of a saga at once, until all of them have ended; the tuple of what they
/// return.
///
/// The same as [`scoop::join((a, b)).await`](crate::join()), which says what is promised. An operation may be
/// an `async` block, [steps in a row](crate::guide::together#steps-in-a-row-beside-others).
///
/// ```
/// use scoop::{saga, step};
///
/// #[step(read_only)]
/// async fn price(article: &str) -> u64 {
///     article.len() as u64
/// }
///
/// #[saga]
/// async fn total(one: String, other: String) -> u64 {
///     let (one, other) = scoop::join!(price(&one), price(&other));
///     one + other
/// }
/// ```
#[macro_export]
macro_rules! join {
    ($($branch:tt)*) => {
        ::core::compile_error!(
            "`join!` of operations works only inside an `async fn` marked `#[saga]`"
        )
    };
}

/// Awaits several operations of a saga at once that return a `Result` with the same error, until all of
/// them have ended: the tuple of their values, or the first `Err`.
///
/// The same as [`scoop::try_join((a, b)).await`](crate::try_join()), which says what is promised. An
/// operation may be an `async` block, [steps in a row](crate::guide::together#steps-in-a-row-beside-others).
///
/// ```
/// use scoop::{Error, saga, step};
///
/// #[step(rollback = return_car)]
/// async fn rent_car(city: &str) -> Result<u32, Error> {
///     Ok(city.len() as u32)
/// }
///
/// async fn return_car(_city: &str, _car: u32) -> Result<(), Error> {
///     Ok(())
/// }
///
/// #[saga]
/// async fn cars(from: String, to: String) -> Result<u32, Error> {
///     let (one, others) = scoop::try_join!(
///         rent_car(&from),
///         async {
///             let second = rent_car(&to).await?;
///             let third = rent_car(&to).await?;
///             Ok::<_, Error>(second + third)
///         },
///     )?;
///     Ok(one + others)
/// }
/// ```
#[macro_export]
macro_rules! try_join {
    ($($branch:tt)*) => {
        ::core::compile_error!(
            "`try_join!` of operations works only inside an `async fn` marked `#[saga]`"
        )
    };
}

/// Starts several sagas and `async` blocks at once and gives what the first of them to end returned; what
/// the others did is undone.
///
/// The same as [`scoop::race((a, b)).await`](crate::race()), which says what is promised. An `async` block is
/// [steps in a row](crate::guide::together#steps-in-a-row-beside-others).
///
/// ```
/// use scoop::{Error, saga, step};
///
/// #[step(rollback = give_back)]
/// async fn reserve(shop: &str) -> Result<u32, Error> {
///     Ok(shop.len() as u32)
/// }
///
/// async fn give_back(_shop: &str, _piece: u32) -> Result<(), Error> {
///     Ok(())
/// }
///
/// #[saga]
/// async fn from_shop(shop: String) -> Result<u32, Error> {
///     Ok(reserve(&shop).await?)
/// }
///
/// #[saga]
/// async fn from_the_fastest(one: String, other: String) -> Result<u32, Error> {
///     scoop::race!(from_shop(one), async { reserve(&other).await })
/// }
/// ```
#[macro_export]
macro_rules! race {
    ($($branch:tt)*) => {
        ::core::compile_error!(
            "`race!` of sagas and `async` blocks works only inside an `async fn` marked `#[saga]`"
        )
    };
}
