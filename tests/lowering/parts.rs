//! Fields that are moved out, assigned, or named like locals.

use scoop::{Error, saga};

use super::{Address, Order, ask, order};

struct Size {
    width: u32,
}

/// A field that has the name of a local which gets its value later.
#[saga]
async fn field_named_like_a_local(n: u32) -> Result<String, Error> {
    let width;
    let size = ask(&Size { width: n }.width.to_string()).await?;
    if n > 2 {
        width = ask("wide").await?;
    } else {
        width = size.clone();
    }
    Ok(size + &width)
}

/// A pattern takes a part in one branch; the rest is needed after awaits in and behind it.
#[saga]
async fn pattern_takes_a_part(order: Order, taken: bool) -> Result<String, Error> {
    let mut said = ask("begin").await?;
    if taken {
        let Order {
            name,
            address: Address { city, .. },
            ..
        } = order;
        said += &ask(&name).await?;
        said += &ask(&city).await?;
    }
    let Order { count: ref n, .. } = order;
    said += &ask(&n.to_string()).await?;
    Ok(format!("{said}{}", order.count + *n + order.address.zip))
}

/// One arm needs the whole, the other changes and moves parts and needs the rest.
#[saga]
async fn one_arm_needs_the_whole(mut order: Order, whole: bool) -> Result<String, Error> {
    let mut said = ask("begin").await?;
    if whole {
        said += &ask("whole").await?;
        let copy = order.clone();
        said += &copy.name;
    } else {
        order.count += 1;
        let name = order.name;
        said += &ask(&name).await?;
        order.address.zip += 1;
        if order.count > 1 {
            said += &ask(&order.address.city).await?;
            order.count += 1;
        }
        said += &ask("end").await?;
    }
    said += &ask("after").await?;
    Ok(format!("{said}{} {}", order.count, order.address.zip))
}

/// Fields are moved out, and get other values after awaits that need the whole.
#[saga]
async fn moved_out_and_given_again(mut order: Order) -> Result<String, Error> {
    let name = order.name;
    order.name = ask(&name).await? + "!";
    let mut said = order.name.clone();
    said.truncate(said.len() - 1);
    for _ in 0..1 {
        let Order {
            name, mut count, ..
        } = order;
        count += 1;
        order.name = ask(&name).await?;
        order.count = count;
        order.address.city = ask(&order.address.city).await?;
    }
    said += &order.clone().name;
    Ok(format!(
        "{said} {} {} {}",
        order.name, order.count, order.address.city
    ))
}

/// What cannot be stored: made again after each await.
struct Desk<'a> {
    city: &'a str,
}

impl<'a> Desk<'a> {
    fn open(city: &'a str) -> Self {
        Self { city }
    }

    fn sign(&self, text: &str) -> String {
        format!("{text} at {}", self.city)
    }
}

#[saga]
async fn transient_is_made_again(address: Address) -> Result<String, Error> {
    #[transient]
    let desk = Desk::open(&address.city);
    let mut said = ask(&desk.sign("one")).await?;
    for n in 0..2 {
        said += &ask(&desk.sign(&format!("{n}"))).await?;
    }
    Ok(desk.sign(&said))
}

#[tokio::test]
async fn a_field_may_be_named_like_a_local() {
    everywhere!(field_named_like_a_local(3), "<3><wide>");
    everywhere!(field_named_like_a_local(1), "<1><1>");
}

#[tokio::test]
async fn a_pattern_may_take_a_part_in_one_branch() {
    everywhere!(
        pattern_takes_a_part(order(), true),
        "<begin><tea><Lisbon><3>1106"
    );
    everywhere!(pattern_takes_a_part(order(), false), "<begin><3>1106");
}

#[tokio::test]
async fn one_arm_may_need_the_whole_of_what_another_takes_apart() {
    everywhere!(
        one_arm_needs_the_whole(order(), true),
        "<begin><whole>tea<after>3 1100"
    );
    everywhere!(
        one_arm_needs_the_whole(order(), false),
        "<begin><tea><Lisbon><end><after>5 1101"
    );
}

#[tokio::test]
async fn a_transient_is_made_again() {
    everywhere!(
        transient_is_made_again(order().address),
        "<one at Lisbon><0 at Lisbon><1 at Lisbon> at Lisbon"
    );
}

#[tokio::test]
async fn a_field_may_be_moved_out_and_get_another_value_after_an_await() {
    everywhere!(
        moved_out_and_given_again(order()),
        "<tea><<tea>!> <<tea>!> 4 <Lisbon>"
    );
}

/// Names that are keywords, of the saga, its arguments and its locals.
#[saga]
async fn r#match(r#type: &Order, r#ref: String) -> Result<String, Error> {
    let r#fn = ask(&r#type.name).await?;
    let mut r#loop;
    for r#in in 0..2 {
        if {
            r#loop = format!("{}{}", r#ref, r#in);
            r#in > 0
        } {
            return Ok(r#loop + &r#fn + &r#type.name);
        }
        ask(&r#fn).await?;
    }
    Ok(r#ref)
}

#[tokio::test]
async fn names_may_be_keywords() {
    everywhere!(r#match(&order(), "of".to_owned()), "of1<tea>tea");
}
