insert into scoop_worker (name, epoch, live) values (
    'worker',
    1,
    1
);
insert into scoop_run (id, saga, key, input, status, owner, epoch, wake_at, pending_children, cancel, seq, output, failure, created_at, finished_at, parent, depth) values (
    X'018BCFE5680070008000000000000001',
    'hotel::stay',
    'Ritz',
    cast(x'014A' || '["golden","Ritz",{"name":"Ada \"the Countess\" Lovelace — 1815","note":null}]' as blob),
    1,
    'worker',
    1,
    1700000060000,
    0,
    0,
    4,
    null,
    null,
    1700000000000,
    NULL,
    NULL,
    0
);
insert into scoop_run (id, saga, key, input, status, owner, epoch, wake_at, pending_children, cancel, seq, output, failure, created_at, finished_at, parent, depth) values (
    X'018BCFE5680070008000000000000002',
    'hotel::stay',
    'Full',
    cast(x'014A' || '["golden","Full",{"name":"Ada \"the Countess\" Lovelace — 1815","note":null}]' as blob),
    2,
    'worker',
    1,
    1700000060000,
    0,
    0,
    5,
    null,
    cast(x'014A' || '{"kind":"error","error":{"type-name":"durable::stay::StayError","message":"Full is full on night 3","value":{"Full":{"hotel":"Full","night":3}}},"hop":{"saga":"hotel::stay","run":"018bcfe5-6800-7000-8000-000000000002","point":"reserve","operation":"durable::stay::reserve","file":"tests/durable/stay.rs","line":62,"attempt":1,"at":1700000000000}}' as blob),
    1700000000000,
    NULL,
    NULL,
    0
);
insert into scoop_checkpoint (run, seq, part, direction, kind, point, operation, arguments, frame, outcome, created_at) values (
    X'018BCFE5680070008000000000000001',
    1,
    '',
    1,
    1,
    'reserve',
    'durable::stay::reserve',
    cast(x'014A' || '["golden","Ritz",1]' as blob),
    cast(x'014A' || '{"promise":{"undo":"durable::stay::release"},"slots":{"case":{"is":"golden"},"for night":{"is":{"start":2,"end":3}},"guest":{"is":{"name":"Ada \"the Countess\" Lovelace — 1815","note":null}},"hotel":{"is":"Ritz"},"rooms":{"is":[]}}}' as blob),
    null,
    1700000000000
);
insert into scoop_checkpoint (run, seq, part, direction, kind, point, operation, arguments, frame, outcome, created_at) values (
    X'018BCFE5680070008000000000000001',
    2,
    '',
    1,
    1,
    'reserve',
    'durable::stay::reserve',
    cast(x'014A' || '["golden","Ritz",2]' as blob),
    cast(x'014A' || '{"promise":{"undo":"durable::stay::release"},"rows":[1],"slots":{"case":{"same":1},"for night":{"is":{"start":3,"end":3}},"guest":{"same":1},"hotel":{"same":1},"rooms":{"is":[100]}}}' as blob),
    cast(x'014A' || '{"done":100}' as blob),
    1700000000000
);
insert into scoop_checkpoint (run, seq, part, direction, kind, point, operation, arguments, frame, outcome, created_at) values (
    X'018BCFE5680070008000000000000001',
    3,
    '',
    1,
    1,
    'reserve',
    'durable::stay::reserve',
    cast(x'014A' || '["golden","Ritz",3]' as blob),
    cast(x'014A' || '{"promise":{"undo":"durable::stay::release"},"rows":[1],"slots":{"case":{"same":1},"for night":{"is":null},"guest":{"same":1},"hotel":{"same":1},"rooms":{"is":[100,200]}}}' as blob),
    cast(x'014A' || '{"done":200}' as blob),
    1700000000000
);
insert into scoop_checkpoint (run, seq, part, direction, kind, point, operation, arguments, frame, outcome, created_at) values (
    X'018BCFE5680070008000000000000001',
    4,
    '',
    1,
    1,
    'confirm:said',
    'durable::stay::confirm',
    cast(x'014A' || '["golden",{"name":"Ada \"the Countess\" Lovelace — 1815","note":null}]' as blob),
    cast(x'014A' || '{"slots":{"rooms":{"is":[100,200,300]}}}' as blob),
    cast(x'014A' || '{"done":300}' as blob),
    1700000000000
);
insert into scoop_checkpoint (run, seq, part, direction, kind, point, operation, arguments, frame, outcome, created_at) values (
    X'018BCFE5680070008000000000000001',
    4,
    '@1',
    1,
    2,
    'confirm:said',
    'durable::stay::confirm',
    null,
    null,
    cast(x'014A' || '{"attempt":1,"doubt":false,"error":{"type-name":"durable::stay::StayError","message":"nobody answers","value":"NoAnswer"},"next-at":1700000060000}' as blob),
    1700000000000
);
insert into scoop_checkpoint (run, seq, part, direction, kind, point, operation, arguments, frame, outcome, created_at) values (
    X'018BCFE5680070008000000000000002',
    1,
    '',
    1,
    1,
    'reserve',
    'durable::stay::reserve',
    cast(x'014A' || '["golden","Full",1]' as blob),
    cast(x'014A' || '{"promise":{"undo":"durable::stay::release"},"slots":{"case":{"is":"golden"},"for night":{"is":{"start":2,"end":3}},"guest":{"is":{"name":"Ada \"the Countess\" Lovelace — 1815","note":null}},"hotel":{"is":"Full"},"rooms":{"is":[]}}}' as blob),
    null,
    1700000000000
);
insert into scoop_checkpoint (run, seq, part, direction, kind, point, operation, arguments, frame, outcome, created_at) values (
    X'018BCFE5680070008000000000000002',
    2,
    '',
    1,
    1,
    'reserve',
    'durable::stay::reserve',
    cast(x'014A' || '["golden","Full",2]' as blob),
    cast(x'014A' || '{"promise":{"undo":"durable::stay::release"},"rows":[1],"slots":{"case":{"same":1},"for night":{"is":{"start":3,"end":3}},"guest":{"same":1},"hotel":{"same":1},"rooms":{"is":[100]}}}' as blob),
    cast(x'014A' || '{"done":100}' as blob),
    1700000000000
);
insert into scoop_checkpoint (run, seq, part, direction, kind, point, operation, arguments, frame, outcome, created_at) values (
    X'018BCFE5680070008000000000000002',
    3,
    '',
    1,
    1,
    'reserve',
    'durable::stay::reserve',
    cast(x'014A' || '["golden","Full",3]' as blob),
    cast(x'014A' || '{"promise":{"undo":"durable::stay::release"},"rows":[1],"slots":{"case":{"same":1},"for night":{"is":null},"guest":{"same":1},"hotel":{"same":1},"rooms":{"is":[100,200]}}}' as blob),
    cast(x'014A' || '{"done":200}' as blob),
    1700000000000
);
insert into scoop_checkpoint (run, seq, part, direction, kind, point, operation, arguments, frame, outcome, created_at) values (
    X'018BCFE5680070008000000000000002',
    4,
    '',
    1,
    3,
    '',
    NULL,
    null,
    null,
    cast(x'014A' || '{"failed":{"type-name":"durable::stay::StayError","message":"Full is full on night 3","value":{"Full":{"hotel":"Full","night":3}}}}' as blob),
    1700000000000
);
insert into scoop_checkpoint (run, seq, part, direction, kind, point, operation, arguments, frame, outcome, created_at) values (
    X'018BCFE5680070008000000000000002',
    5,
    '',
    2,
    1,
    'reserve',
    'durable::stay::release',
    cast(x'014A' || '{"seq":2,"output":200}' as blob),
    null,
    null,
    1700000000000
);
insert into scoop_checkpoint (run, seq, part, direction, kind, point, operation, arguments, frame, outcome, created_at) values (
    X'018BCFE5680070008000000000000002',
    5,
    '@1',
    2,
    2,
    '',
    NULL,
    null,
    null,
    cast(x'014A' || '{"attempt":1,"doubt":true,"error":{"type-name":"durable::stay::StayError","message":"nobody answers"},"next-at":1700000060000}' as blob),
    1700000000000
);
