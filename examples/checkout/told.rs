//! How a process hears that it is to end.

/// Waits for ctrl-c, or for what an operating system says to a service that is to end.
pub(crate) async fn told_to_end() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let kind = tokio::signal::unix::SignalKind::terminate();
        let mut terminated = tokio::signal::unix::signal(kind)?;
        tokio::select! {
            _ = terminated.recv() => Ok(()),
            told = tokio::signal::ctrl_c() => told,
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
