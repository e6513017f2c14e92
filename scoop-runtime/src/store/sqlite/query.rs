//! The statements, one file each.

macro_rules! queries {
    ($($name:ident = $file:literal;)*) => {
        $(pub(super) const $name: &str = include_str!(concat!("queries/", $file));)*

        #[cfg(test)]
        const ALL: &[(&str, &str)] = &[$(($file, $name)),*];
    };
}

queries! {
    APPEND = "append.sql";
    ATTACH = "attach.sql";
    CLAIM = "claim.sql";
    CREATE = "create.sql";
    FENCE = "fence.sql";
    ROWS_AT = "rows_at.sql";
    ROWS_BEFORE = "rows_before.sql";
    RUN = "run.sql";
    RUN_BY_KEY = "run_by_key.sql";
    RUNS = "runs.sql";
    UPDATE = "update.sql";
}

#[cfg(test)]
mod tests {
    use sqlx::sqlite::SqliteConnection;
    use sqlx::{Connection, Executor, SqlSafeStr};

    #[tokio::test]
    async fn every_statement_fits_the_schema() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        super::super::migrate::migrate(&mut connection)
            .await
            .unwrap();
        for (file, sql) in super::ALL {
            assert!(sql.starts_with("-- "), "{file} says who runs it");
            if let Err(error) = connection.prepare((*sql).into_sql_str()).await {
                panic!("{file}: {error}");
            }
        }
    }
}
