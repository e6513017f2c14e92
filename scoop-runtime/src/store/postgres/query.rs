//! The statements, one file each. The first lines of each file say who runs it and what it locks.

macro_rules! statements {
    ($($name:ident = $file:literal,)*) => {
        $(pub(super) const $name: &str = include_str!(concat!("sql/", $file, ".sql"));)*

        #[cfg(test)]
        pub(super) const ALL: &[(&str, &str)] = &[$(($file, $name),)*];
    };
}

statements! {
    MIGRATION_KNOWN = "migration_known",
    MIGRATION_VERSION = "migration_version",
    MIGRATION_LOCK = "migration_lock",
    SCHEMA_FRONT = "schema_front",
    WORKER_ATTACH = "worker_attach",
    WORKER_LEFT = "worker_left",
    WORKER_HEARTBEAT = "worker_heartbeat",
    WORKER_DETACH = "worker_detach",
    WORKER_BURY = "worker_bury",
    WORKER_SILENCE = "worker_silence",
    WORKER_ASK_BACK = "worker_ask_back",
    WORKER_ASKED_BACK = "worker_asked_back",
    COMMIT = "commit",
    COMMIT_ONE = "commit_one",
    COMMIT_NEW = "commit_new",
    RUN_START = "run_start",
    RUN_CLAIM = "run_claim",
    RUN_REST = "run_rest",
    RUN_WAKE = "run_wake",
    HINT_SAY = "hint_say",
    QUEUE_LIMIT = "queue_limit",
    RUNS_REMOVE = "runs_remove",
    RUNS_REMOVE_THESE = "runs_remove_these",
    RUN_CANCELLED = "run_cancelled",
    RUN_DUE = "run_due",
    RUN = "run",
    RUN_BY_KEY = "run_by_key",
    RUNS = "runs",
    RUNS_OF_SAGA = "runs_of_saga",
    RUNS_OF_PARENT = "runs_of_parent",
    ROWS_AT = "rows_at",
    ROWS_BEFORE = "rows_before",
}
