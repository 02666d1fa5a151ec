//! What S3 does to objects unasked: those that are older than a rule of their bucket allows are deleted.
//! AWS looks once a day; here it is done at the start and every hour.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::template::model::{Bucket, Expiration};

const SWEEP_EVERY: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Deletes what has ended for as long as it is polled.
pub(super) async fn keep(root: PathBuf, buckets: Vec<Bucket>) -> Infallible {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let (root, buckets) = (root.clone(), buckets.clone());
        let sweeping = tokio::task::spawn_blocking(move || {
            for bucket in &buckets {
                if let Err(error) = sweep(&root, bucket, SystemTime::now()) {
                    tracing::warn!(%error, bucket = bucket.name, "old objects could not be deleted");
                }
            }
        });
        if let Err(error) = sweeping.await {
            tracing::error!(%error, "old objects could not be looked for");
        }
    }
}

/// Deletes the objects of a bucket that have ended; gives how many went.
fn sweep(root: &Path, bucket: &Bucket, now: SystemTime) -> std::io::Result<usize> {
    let mut swept = 0;
    if bucket.expirations.is_empty() {
        return Ok(swept);
    }
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root.join(&bucket.name).join(&folder))? {
            let entry = entry?;
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
                continue;
            };
            let key = format!("{folder}{name}");
            // It may go while it is looked at.
            let Ok(about) = entry.metadata() else {
                continue;
            };
            if about.is_dir() {
                folders.push(format!("{key}/"));
            } else if has_ended(&bucket.expirations, &key, age(&about, now)) {
                delete(root, &bucket.name, &key)?;
                swept += 1;
            }
        }
    }
    Ok(swept)
}

fn age(about: &std::fs::Metadata, now: SystemTime) -> Duration {
    let written = about.modified().unwrap_or(now);
    now.duration_since(written).unwrap_or_default()
}

fn has_ended(rules: &[Expiration], key: &str, age: Duration) -> bool {
    rules
        .iter()
        .any(|rule| key.starts_with(&rule.prefix) && age >= DAY.saturating_mul(rule.days))
}

/// Deletes an object and what s3s keeps beside the buckets of it.
fn delete(root: &Path, bucket: &str, key: &str) -> std::io::Result<()> {
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let about = format!(".bucket-{}.object-{}", encode(bucket), encode(key));
    let besides = ["metadata.json", "internal.json"];
    let besides = besides.map(|kind| root.join(format!("{about}.{kind}")));
    for path in [root.join(bucket).join(key)].into_iter().chain(besides) {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs::File;
    use std::path::Path;
    use std::time::{Duration, SystemTime};

    use super::{DAY, sweep};
    use crate::template::model::{Bucket, Expiration};

    fn bucket() -> Bucket {
        let rule = |prefix: &str, days| Expiration {
            prefix: prefix.to_owned(),
            days,
        };
        Bucket {
            name: "callout-media".to_owned(),
            expirations: vec![rule("uploads/", 1), rule("media/", 90)],
            ..Bucket::default()
        }
    }

    fn write(root: &Path, key: &str, age: Duration) {
        let path = root.join("callout-media").join(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let file = File::create(path).unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
    }

    #[test]
    fn what_is_older_than_its_rule_goes_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let minute = Duration::from_mins(1);
        for (key, age) in [
            ("uploads/a/old", DAY + minute),
            ("uploads/a/young", minute * 1_439),
            ("uploads-not/old", DAY * 400),
            ("media/old", DAY * 90 + minute),
            ("media/young", minute * (90 * 1_440 - 1)),
            ("else", DAY * 400),
        ] {
            write(root.path(), key, age);
        }
        let besides = ".bucket-Y2FsbG91dC1tZWRpYQ.object-bWVkaWEvb2xk.metadata.json";
        std::fs::write(root.path().join(besides), "{}").unwrap();
        assert_eq!(sweep(root.path(), &bucket(), SystemTime::now()).unwrap(), 2);
        let is_there = |key: &str| root.path().join("callout-media").join(key).exists();
        assert!(!is_there("uploads/a/old") && !is_there("media/old"));
        for kept in ["uploads/a/young", "uploads-not/old", "media/young", "else"] {
            assert!(is_there(kept), "{kept}");
        }
        assert!(!root.path().join(besides).exists());
        assert_eq!(sweep(root.path(), &bucket(), SystemTime::now()).unwrap(), 0);
    }

    #[test]
    fn a_bucket_without_rules_is_left_alone() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "media/old", DAY * 4_000);
        let forever = Bucket {
            name: "callout-media".to_owned(),
            ..Bucket::default()
        };
        assert_eq!(sweep(root.path(), &forever, SystemTime::now()).unwrap(), 0);
    }
}
