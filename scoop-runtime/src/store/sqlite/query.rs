//! The statements, one file each. The first line of each file says who runs it and what it locks.

macro_rules! statements {
    ($($name:ident = $file:literal,)*) => {
        $(pub(super) const $name: &str = include_str!(concat!("queries/", $file, ".sql"));)*

        #[cfg(test)]
        pub(super) const ALL: &[(&str, &str)] = &[$(($file, $name),)*];
    };
}

statements! {
    MIGRATION_TABLE = "migration_table",
    MIGRATION_KNOWN = "migration_known",
    MIGRATION_VERSION = "migration_version",
    MIGRATION_APPLIED = "migration_applied",
    WORKER_BURY = "worker_bury",
    WORKER_ATTACH = "worker_attach",
    WORKER_DETACH = "worker_detach",
    WORKER_GUARD = "worker_guard",
    RUN_INSERT = "run_insert",
    RUN_ADVANCE = "run_advance",
    RUN_UPDATE = "run_update",
    RUN_RESTS = "run_rests",
    RUN_ACTIVE = "run_active",
    RUN_MARK = "run_mark",
    RUN_REST = "run_rest",
    RUN_WAKE = "run_wake",
    RUN_WAITS = "run_waits",
    RUN_CLAIM = "run_claim",
    QUEUE_LIMIT = "queue_limit",
    RUNS_OLD = "runs_old",
    RUN_REMOVE = "run_remove",
    RUN_CANCELLED = "run_cancelled",
    RUN_DUE = "run_due",
    RUN = "run",
    RUN_BY_KEY = "run_by_key",
    RUNS = "runs",
    RUNS_OF_SAGA = "runs_of_saga",
    RUNS_OF_PARENT = "runs_of_parent",
    ROW_APPEND = "row_append",
    ROW = "row",
    ROWS_AT = "rows_at",
    ROWS_BEFORE = "rows_before",
}
