-- Sums, as JSON. One statement, so that it sees one state of the database.
with article as (
    select
        stock.*,
        (select coalesce(sum(pieces), 0)::bigint from checkout.movement where article = stock.article) as moved,
        (select coalesce(sum(pieces), 0)::bigint from checkout.shipment where article = stock.article) as shipped
    from checkout.stock
),
-- Each order: what left the stock, was shipped, sold, paid, charged.
entry (order_id, moved, shipped, sold, paid, charged) as (
    select order_id, -pieces, 0, 0, 0, 0 from checkout.movement
    union all
    select order_id, 0, shipment.pieces, shipment.pieces * cents, 0, 0
    from checkout.shipment
    join checkout.stock using (article)
    union all
    select order_id, 0, 0, 0, cents, 0 from checkout.payment
    union all
    select reference, 0, 0, 0, 0, cents from provider.entry
),
one_order as (
    select
        sum(moved)::bigint as moved, sum(shipped)::bigint as shipped, sum(sold)::bigint as sold,
        sum(paid)::bigint as paid, sum(charged)::bigint as charged
    from entry
    group by order_id
)
select row_to_json(books)::text from (
    select
        sum(at_start)::bigint as at_start,
        sum(pieces)::bigint as in_stock,
        sum(shipped)::bigint as shipped,
        (select coalesce(sum(sold), 0)::bigint from one_order) as sold,
        (select coalesce(sum(paid), 0)::bigint from one_order) as paid,
        (select coalesce(sum(charged), 0)::bigint from one_order) as charged,
        (select count(*) from provider.call) as calls,
        (select count(*) from provider.entry) as entries,
        count(*) filter (where pieces <> at_start + moved or pieces <> at_start - shipped) as bad_articles,
        (select count(*) from one_order where moved <> shipped or sold <> paid or paid <> charged) as bad_orders
    from article
) books
