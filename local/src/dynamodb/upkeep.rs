//! What AWS does to tables unasked: expired items are deleted, and old stream records trimmed.

use std::convert::Infallible;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Engine;

/// How often expired items are looked for. AWS may take days, so every reader checks expiry itself.
const SWEEP_EVERY: Duration = Duration::from_mins(5);

/// How long AWS keeps a stream record.
const RECORD_LIFE_SECONDS: i64 = 24 * 60 * 60;

/// Keeps the tables for as long as it is polled.
pub(super) async fn keep(engine: Engine) -> Infallible {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = sweep(&engine).await {
            tracing::warn!(%error, "expired items could not be deleted");
        }
        if let Err(error) = trim(&engine).await {
            tracing::warn!(%error, "old stream records could not be trimmed");
        }
    }
}

/// Deletes what has expired; gives how many items went.
pub(super) async fn sweep(engine: &Engine) -> dynoxide::Result<usize> {
    let swept = engine.run(dynoxide::Database::sweep_ttl).await?;
    if swept > 0 {
        engine.wrote_somewhere();
    }
    Ok(swept)
}

/// Trims what is past its life, read or not. What has been read is trimmed by its readers, sooner.
async fn trim(engine: &Engine) -> dynoxide::Result<()> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let oldest = i64::try_from(now.as_secs()).unwrap_or(i64::MAX) - RECORD_LIFE_SECONDS;
    for table in engine.streamed_tables() {
        let trimming = engine.clone();
        engine
            .run(move |_| {
                let position = trimming.position_before(&table, oldest)?;
                trimming.trim(&table, position)?;
                Ok(())
            })
            .await?;
    }
    Ok(())
}
