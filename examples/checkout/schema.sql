-- The shop's own tables, beside those of Scoop in one database; and, in a schema of its own, what the
-- payment provider keeps. Nothing in the shop's tables forbids that something is entered twice:
-- if it were, the books would not balance.

create schema if not exists checkout;

create table if not exists checkout.stock (
    article text primary key,
    cents bigint not null,
    at_start bigint not null,
    pieces bigint not null check (pieces >= 0)
);

-- What left the stock (less than nothing), and what came back. Only appended to, as the next two.
create table if not exists checkout.movement (
    id bigserial primary key,
    order_id text not null,
    article text not null,
    pieces bigint not null
);

-- What was paid; what was paid back is less than nothing.
create table if not exists checkout.payment (
    id bigserial primary key,
    order_id text not null,
    receipt text not null,
    cents bigint not null
);

create table if not exists checkout.shipment (
    id bigserial primary key,
    order_id text not null,
    article text not null,
    pieces bigint not null
);

insert into checkout.stock (article, cents, at_start, pieces)
values
    ('lamp', 2900, 5000, 5000),
    ('desk', 14900, 5000, 5000),
    ('chair', 7900, 5000, 5000),
    ('shelf', 5900, 5000, 5000),
    ('clock', 1900, 5000, 5000),
    ('vase', 900, 5000, 5000),
    ('unicorn', 99900, 0, 0)
on conflict do nothing;

create schema if not exists provider;

-- What the provider did: once for each key.
create table if not exists provider.entry (
    key text primary key,
    reference text not null,
    cents bigint not null
);

create index if not exists entry_reference on provider.entry (reference);

-- What it was asked to do, however often.
create table if not exists provider.call (
    id bigserial primary key,
    key text not null
);
