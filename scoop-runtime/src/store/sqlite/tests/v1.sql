PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE scoop_migration (
    version integer not null primary key,
    name text not null,
    applied_at integer not null
) strict;
INSERT INTO scoop_migration VALUES(1,'runs',1700000000000);
CREATE TABLE scoop_run (
    id blob not null primary key check (length(id) = 16),
    saga text not null,
    key text,
    input blob not null,
    status integer not null check (status between 1 and 5),
    owner text,
    epoch integer not null check (epoch >= 0),
    wake_at integer,
    pending_children integer not null default 0 check (pending_children >= 0),
    cancel integer not null default 0 check (cancel in (0, 1)),
    seq integer not null check (seq >= 0),
    output blob,
    failure blob,
    created_at integer not null,
    finished_at integer
) strict, without rowid;
INSERT INTO scoop_run VALUES(X'00000000000000000000000000000001','trip',NULL,X'014A5B5D',1,'w',1,NULL,0,0,1,NULL,NULL,1000,NULL);
INSERT INTO scoop_run VALUES(X'0191000000007000800000000000002A','travel::book_trip','order-42',X'014A5B22526F6D65225D',5,'w',1,1700000000001,0,0,3,X'014A37',X'014A7B7D',1700000000000,1700000000002);
CREATE TABLE scoop_checkpoint (
    run blob not null references scoop_run (id) on delete cascade,
    seq integer not null check (seq >= 1),
    part text not null,
    direction integer not null check (direction in (1, 2)),
    kind integer not null check (kind between 1 and 5),
    point text not null,
    operation text,
    arguments blob,
    frame blob,
    outcome blob,
    created_at integer not null,
    primary key (run, seq, part)
) strict, without rowid;
INSERT INTO scoop_checkpoint VALUES(X'00000000000000000000000000000001',1,'',1,1,'hotel',NULL,NULL,NULL,NULL,2000);
INSERT INTO scoop_checkpoint VALUES(X'0191000000007000800000000000002A',3,'1.0@2',2,2,'hotel','travel::cancel_hotel',X'014A5B315D',X'014A7B22736C6F7473223A7B7D7D',X'014A7B22646F6E65223A6E756C6C7D',1700000000003);
CREATE TABLE scoop_worker (
    name text not null primary key,
    epoch integer not null check (epoch >= 1),
    live integer not null check (live in (0, 1))
) strict, without rowid;
INSERT INTO scoop_worker VALUES('w',1,1);
CREATE UNIQUE INDEX scoop_run_key on scoop_run (saga, key) where key is not null;
CREATE INDEX scoop_run_saga on scoop_run (saga, id);
CREATE INDEX scoop_run_active on scoop_run (id) where status in (1, 2);
COMMIT;
