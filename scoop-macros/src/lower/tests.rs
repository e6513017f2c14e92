//! The passes, seen from what they find out: names, the order of awaits, what each of them saves,
//! the graph, and what is refused.

use syn::{Block, parse_str};

use super::{Param, emit, flatten, graph, liveness, name, points};

fn params(names: &[&str]) -> Vec<Param> {
    let param = |name: &&str| Param {
        ident: syn::Ident::new(name, proc_macro2::Span::call_site()),
        mutable: true,
        kept: super::Kept::Stored,
        codec: None,
    };
    names.iter().map(param).collect()
}

fn body(source: &str) -> Block {
    parse_str(&format!("{{{source}}}")).expect("the test's body is Rust")
}

fn flat(names: &[&str], source: &str) -> super::ir::Flat {
    let named = name::unique(&params(names), body(source));
    let mut flat = flatten::flatten(named, &quote::quote!(scoop))
        .unwrap_or_else(|errors| panic!("{errors:?}"));
    assert!(points::name(&mut flat.points).is_empty());
    flat
}

/// `point: slots` for each point.
fn saved(names: &[&str], source: &str) -> Vec<String> {
    let flat = flat(names, source);
    let live = liveness::analyse(&flat);
    let (_, slots) = emit::emit(&flat, &live, &quote::quote!(scoop));
    let line = |(point, number): (&super::ir::PointInfo, u32)| {
        format!("{}: {}", point.name, slots[&number].join(" "))
    };
    flat.points.iter().zip(1..).map(line).collect()
}

fn refused(names: &[&str], source: &str) -> Vec<String> {
    let lowered = super::lower(&params(names), body(source), &quote::quote!(scoop));
    let errors = lowered.err().expect("it is refused");
    errors.iter().map(ToString::to_string).collect()
}

#[test]
fn a_point_saves_what_is_read_after_it_and_nothing_else() {
    let source = "let a = one(x).await; let b = two(&a).await; let c = three().await; b + c";
    assert_eq!(
        saved(&["x", "unused"], source),
        ["one:a: ", "two:b: ", "three:c: b"]
    );
}

#[test]
fn a_shadowed_name_is_another_local() {
    let source = "let a = 1; one().await; let a = f(a); two(a).await; a";
    assert_eq!(saved(&[], source), ["one: a", "two: a__2"]);
}

#[test]
fn a_loop_needs_what_its_next_turn_reads() {
    let source = "let mut sum = 0; let mut n = 0; \
                  while n < limit { let x = ask(n).await; sum += x; n += 1; } sum";
    assert_eq!(saved(&["limit"], source), ["ask:x: limit n sum"]);
}

#[test]
fn what_is_assigned_before_it_is_read_is_not_saved() {
    let source = "let mut a = first(); one(a).await; a = second(); two(a).await; a";
    assert_eq!(saved(&[], source), ["one: ", "two: a"]);
}

#[test]
fn what_is_left_of_a_local_is_saved_field_by_field() {
    let source =
        "let city = trip.address.city; book(city).await; pay(trip.price, &trip.name).await;";
    assert_eq!(
        saved(&["trip"], source),
        ["book: trip.name trip.price", "pay: "]
    );
}

#[test]
fn a_pattern_that_names_fields_needs_only_these() {
    let source = "let x = trip.note; one(x).await; let Trip { city, nights, .. } = trip; two(city).await; nights";
    assert_eq!(
        saved(&["trip"], source),
        ["one: trip.city trip.nights", "two: nights"]
    );
}

#[test]
fn a_borrow_is_made_again_from_what_it_borrows() {
    let source = "let name = &trip.name; one().await; two(name).await; name.len()";
    assert_eq!(
        saved(&["trip"], source),
        ["one: trip", "two: trip"],
        "the borrow itself is no slot"
    );
}

#[test]
fn what_one_arm_needs_for_a_borrow_is_not_saved_in_the_others() {
    let source = "let name = &trip.name; if far { one(name).await; } else { two().await; }";
    assert_eq!(saved(&["trip", "far"], source), ["one: ", "two: "]);
}

#[test]
fn what_is_assigned_for_one_arm_is_not_saved_in_the_others() {
    let source = "let mut text = first(); loop { match { text = f(); g() } \
                  { 0 => { one().await; } _ => print(text) } }";
    assert_eq!(saved(&[], source), ["one: "]);
}

#[test]
fn operations_are_made_when_the_awaits_in_their_arguments_are_over() {
    let source = "let n = f(); try_join((one(n, g()), async { three(n).await }, two(four().await, h()))).await";
    assert_eq!(
        saved(&[], source),
        ["four: __operand1 n", "try_join: "],
        "an operation cannot be saved"
    );
    let source = "join((caught(one(g())), timeout(limit(), two(h())), three(four().await))).await";
    assert_eq!(
        saved(&[], source),
        ["four: __operand1 __operand2 __operand3", "join: "]
    );
}

#[test]
fn what_a_block_captures_is_not_assigned_behind_it() {
    let source = "join((async move { one(b).await }, two({ b = 2; three().await }))).await";
    let errors = refused(&["b"], source);
    assert!(
        errors[0].starts_with("`b` is assigned to here, behind an `async` block"),
        "{errors:?}"
    );
    let before = "join((two({ b = 2; three().await }), async move { one(b).await })).await";
    assert_eq!(saved(&["b"], before), ["three: b", "join: "]);
}

#[test]
fn what_an_operand_borrows_that_is_nobodys_is_kept_itself() {
    let source = "one(&f(), two().await, &g()).await";
    assert_eq!(saved(&[], source), ["two: __operand1", "one: "]);
    let lowered = super::lower(&[], body(source), &quote::quote!(scoop));
    let code = lowered.expect("it is lowered").code.to_string();
    assert!(code.contains("let __operand1 = f ()"), "{code}");
}

#[test]
fn several_at_once_may_stand_in_a_macro_that_takes_values() {
    let source = "let n = f(); vec![n, try_join!(one(n), async { two(n).await })?.0]";
    let mut named = body(source);
    assert!(super::join::as_awaits(&mut named).is_empty());
    let named = quote::ToTokens::to_token_stream(&named).to_string();
    assert_eq!(saved(&[], named.trim_matches(['{', '}'])), ["try_join: n"]);
}

#[test]
fn matches_binds_its_own_names_and_may_await() {
    let source = "let x = trip.note; one().await; let y = matches!(two(x).await, Some(trip) if trip > 1); \
                  three(y, trip.city).await;";
    assert_eq!(
        saved(&["trip"], source),
        ["one: trip.city x", "two: trip.city", "three: "]
    );
}

#[test]
fn a_pattern_in_a_macro_needs_only_its_fields() {
    let source = "let x = trip.note; one(x).await; vec![{ let Trip { city, .. } = trip; city }]";
    assert_eq!(saved(&["trip"], source), ["one: trip.city"]);
}

#[test]
fn a_transient_is_made_again_and_is_no_slot() {
    let source = "#[transient] let client = connect(&url); one().await; client.send()";
    assert_eq!(saved(&["url"], source), ["one: url"]);
}

#[test]
fn awaits_inside_an_expression_are_taken_out_in_the_order_of_evaluation() {
    let source = "f(one().await, (two().await, three(four().await).await))";
    assert_eq!(
        saved(&[], source),
        [
            "one: ",
            "two: __result1",
            "four: __result1 __result2",
            "three: __result1 __result2"
        ]
    );
}

#[test]
fn an_operand_with_effects_keeps_its_turn() {
    assert_eq!(
        saved(&[], "f((P { x: { effect(); 1 } }).x, two().await)"),
        ["two: __operand1"]
    );
}

#[test]
fn what_is_indexed_stays_where_it_is() {
    assert_eq!(
        saved(&["list", "i"], "list[i][ask().await]"),
        ["ask: __operand1 list"]
    );
}

#[test]
fn points_of_one_name_are_told_apart_and_labels_are_kept() {
    let source = "one().await; one().await; #[at(\"pay\")] one().await; let x = one().await; x";
    assert_eq!(
        saved(&[], source),
        ["one (1 of 2): ", "one (2 of 2): ", "pay: ", "one:x: "]
    );
}

#[test]
fn two_equal_labels_are_refused() {
    let source = "#[at(\"pay\")] one().await; #[at(\"pay\")] two().await;";
    let errors = refused(&[], source);
    assert_eq!(errors.len(), 1);
    assert!(
        errors[0].starts_with("two await points are labelled \"pay\""),
        "{errors:?}"
    );
}

#[test]
fn the_graph_says_in_which_order_points_are_reached() {
    let flat = flat(
        &["n"],
        "one().await; if n > 0 { two().await?; } else { three().await; } loop { four().await; break; }",
    );
    let graph = graph::describe(&flat.root, &quote::quote!(s)).to_string();
    let graph = graph
        .replace(' ', "")
        .replace("s::protocol::description::Node::", "");
    let some = "Break(::core::option::Option::None)";
    assert_eq!(
        graph,
        format!(
            "Sequence(&[Await(1u32),Choice(&[Sequence(&[Await(2u32),Choice(&[Sequence(&[]),Return])]),\
             Await(3u32)]),Loop(&Sequence(&[Await(4u32),{some}]))])"
        )
    );
}

#[test]
fn all_mistakes_are_found_at_once() {
    let source = "items.map(|x| one(x).await); let y = async { 1 }; \
                  match y { z if two(z).await => {} _ => {} } select! { x = a() => x, y = b() => y };";
    let errors = refused(&["items"], source);
    let starts = [
        "an `.await` inside a closure cannot be saved",
        "an `async` block stands beside other operations",
        "an `.await` in a match guard cannot be saved",
        "`select!` drops what did not win",
    ];
    assert_eq!(errors.len(), starts.len(), "{errors:#?}");
    for start in starts {
        assert!(
            errors.iter().any(|error| error.starts_with(start)),
            "{errors:#?}"
        );
    }
}

/// `name: captured, provided` for each block of the first await.
fn blocks(names: &[&str], source: &str) -> Vec<String> {
    fn first(block: &super::ir::Block) -> Option<&super::ir::Await> {
        block.nodes.iter().find_map(|node| match node {
            super::ir::Node::Await(e) => Some(e),
            super::ir::Node::For(e) => first(&e.body),
            _ => None,
        })
    }
    let flat = flat(names, source);
    let found = first(&flat.root).expect("there is an await");
    let line = |block: &super::ir::Inner| {
        let captured = block.captured.iter();
        let captured: Vec<_> = captured.map(|capture| capture.ident.to_string()).collect();
        let provided: Vec<_> = block.provided.iter().map(ToString::to_string).collect();
        let (captured, provided) = (captured.join(" "), provided.join(" "));
        let points = block.lowered.points.len();
        format!("{}: {captured}; {provided}; {points}", block.name)
    };
    found.blocks.iter().map(line).collect()
}

#[test]
fn a_block_captures_what_it_mentions_and_does_not_bind() {
    let source = "let b = 1; let r = &a; let (x, y) = try_join((\
                  async { let c = one(r, 2).await?; let b = c + 1; two(b).await }, \
                  async move { format!(\"{b} {}\", list.iter().map(|a| a + 1).count()) },\
                  )).await; x";
    let wanted = ["block (1 of 2): a; ; 2", "block (2 of 2): list b; ; 0"];
    assert_eq!(blocks(&["a", "list"], source), wanted);
}

#[test]
fn blocks_race_as_they_are_joined() {
    let source =
        "let first = race((async { one(a).await }, two(b), async { three(b).await; 1 })).await;";
    let wanted = ["block (1 of 2): a; ; 1", "block (2 of 2): b; ; 1"];
    assert_eq!(blocks(&["a", "b"], source), wanted);
    let caught = "let first = caught(race((async { one(a).await }, two(b)))).await;";
    assert_eq!(blocks(&["a", "b"], caught), ["block: a; ; 1"]);
}

#[test]
fn what_a_loop_borrows_is_captured_by_what_is_behind_it() {
    let source = "for x in &a { let (y, z) = join((async { one(x).await }, two())).await; }";
    assert_eq!(blocks(&["a"], source), ["block: __behind_x; ; 1"]);
}

#[test]
fn a_block_takes_self_as_it_is_provided() {
    let source = "let n = &self.name; let (x,) = join((async { one(n, self).await },)).await;";
    assert_eq!(blocks(&[], source), ["block: ; __this; 1"]);
}

#[test]
fn blocks_inside_of_blocks_are_lowered_with_them() {
    let source = "let (x,) = join((async { let n = one(a).await; \
                  let (y, z) = join!(async { two(n).await }, three(b)); y },)).await;";
    assert_eq!(blocks(&["a", "b"], source), ["block: a b; ; 2"]);
}

#[test]
fn a_block_that_changes_the_saga_around_it_is_refused() {
    let source =
        "let mut sum = 0; join((async { sum += 1; let s = &mut sum; one(s).await }, two())).await;";
    let errors = refused(&[], source);
    assert_eq!(errors.len(), 2, "{errors:#?}");
    for error in errors {
        assert!(
            error.starts_with("an `async` block has a copy of `sum`"),
            "{error}"
        );
    }
}

#[test]
fn blocks_are_refused_where_they_have_no_place() {
    for (source, wanted) in [
        (
            "let b = timeout(a, async { 1 });",
            "an `async` block stands beside other operations",
        ),
        (
            "join((timeout(a, race((async { 1 }, two()))), one())).await;",
            "`timeout` takes one `async` block",
        ),
        (
            "other(join((async { 1 }, two())));",
            "an `async` block stands beside other operations",
        ),
        (
            "map(a, |x| async move { one(x).await }).await;",
            "`map` takes no `async` blocks",
        ),
        (
            "async { 1 }.await;",
            "an `async` block that is awaited by itself",
        ),
        (
            "caught(async { 1 }).await;",
            "an `async` block stands beside other operations",
        ),
    ] {
        let errors = refused(&["a"], source);
        assert_eq!(errors.len(), 1, "{source}: {errors:#?}");
        assert!(errors[0].starts_with(wanted), "{errors:#?}");
    }
}
