//! What a file belongs to, and how much an account uploads; in the requests table.
//!
//! | pk | sk | what |
//! |---|---|---|
//! | `MEDIA#<media id>` | `MEDIA` | owner, content type, size, what it belongs to; 90 days, as the object |
//! | `UPLOADER#<account>` | `UPLOADS#<hour, RFC 3339>` | how many uploads an account has begun in that hour |
//!
//! A record is written in the commit of what refers to the file, and only once: a file belongs to one
//! thing, so that who may see it can be said from its record.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use callout_domain::ids::{AccountId, MediaId};
use callout_domain::media::BelongsTo;
use callout_domain::moment::Moment;
use serde::{Deserialize, Serialize};
use time::Duration;

use super::Claimed;
use crate::commit::{Commit, Guard};
use crate::failure::CloudError;
use crate::settings::REQUESTS_TABLE;
use crate::stored::{self, Item, key, n};
use crate::{Cloud, Table};

const MEDIA: &str = "MEDIA";

/// How long a file is kept.
const KEPT: Duration = Duration::days(90);

/// The most uploads that an account may begin in an hour.
pub const MOST_UPLOADS: u32 = 60;

/// The records of files.
#[derive(Debug, Clone)]
pub struct MediaRecords {
    table: Table,
}

/// Whose a file is, and what it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaRecord {
    /// Who uploaded it.
    pub owner: AccountId,
    /// Its media type.
    pub content_type: String,
    /// How large it is.
    pub bytes: u64,
    /// What it belongs to.
    pub belongs_to: BelongsTo,
    expires_at: i64,
}

/// Whether an account may begin one more upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It may.
    Granted,
    /// It has begun too many; when it may again, in seconds.
    TooMany {
        /// When to come back.
        seconds: u64,
    },
}

impl Cloud {
    /// The records of files.
    ///
    /// # Errors
    /// When the function has no setting for the table.
    pub async fn media_records(&self) -> Result<MediaRecords, CloudError> {
        Ok(MediaRecords {
            table: self.table(REQUESTS_TABLE).await?,
        })
    }
}

impl MediaRecords {
    /// Adds what a file belongs to.
    ///
    /// Refused by [`Guard::MediaFree`] if it belongs to something already.
    ///
    /// # Errors
    /// When it cannot be written as an item.
    pub fn keep(
        &self,
        commit: &mut Commit,
        file: &Claimed,
        belongs_to: BelongsTo,
        now: Moment,
    ) -> Result<(), CloudError> {
        let record = MediaRecord {
            owner: file.owner,
            content_type: file.kind.content_type().to_owned(),
            bytes: file.bytes,
            belongs_to,
            expires_at: now.plus(KEPT).unix_seconds(),
        };
        let put = Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(stored::item(
                partition(file.id),
                MEDIA.to_owned(),
                &record,
            )?))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .map_err(CloudError::call("a file's record"))?;
        commit.push(
            Guard::MediaFree,
            TransactWriteItem::builder().put(put).build(),
        );
        Ok(())
    }

    /// What a file belongs to, if it belongs to anything and has not ended.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn read(&self, id: MediaId, now: Moment) -> Result<Option<MediaRecord>, CloudError> {
        let found = self.table.read_one("GetItem", record_key(id)).await?;
        let record: Option<MediaRecord> = match found {
            Some(item) => Some(stored::read("a file's record", item)?),
            None => None,
        };
        // TTL deletes late.
        Ok(record.filter(|record| record.expires_at > now.unix_seconds()))
    }

    /// Removes a record; that it is gone already is as good.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn remove(&self, id: MediaId) -> Result<(), CloudError> {
        self.table
            .client
            .delete_item()
            .table_name(&self.table.name)
            .set_key(Some(record_key(id)))
            .send()
            .await
            .map_err(CloudError::call("DeleteItem"))?;
        Ok(())
    }

    /// Counts an upload that an account is about to begin.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn count_upload(&self, account: AccountId, now: Moment) -> Result<Turn, CloudError> {
        let (hour, ends) = hour_of(now);
        let outcome = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(key(
                format!("UPLOADER#{account}"),
                format!("UPLOADS#{hour}"),
            )))
            .update_expression("SET expires_at = :ends ADD uploads :one")
            .condition_expression("attribute_not_exists(uploads) OR uploads < :most")
            .expression_attribute_values(":ends", n(ends.unix_seconds()))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":most", n(MOST_UPLOADS.into()))
            .send()
            .await;
        let Err(error) = outcome else {
            return Ok(Turn::Granted);
        };
        if error
            .as_service_error()
            .is_some_and(UpdateItemError::is_conditional_check_failed_exception)
        {
            let seconds = ends.since(now).whole_seconds().max(1).unsigned_abs();
            return Ok(Turn::TooMany { seconds });
        }
        Err(CloudError::call("UpdateItem")(error))
    }
}

fn partition(id: MediaId) -> String {
    format!("MEDIA#{id}")
}

fn record_key(id: MediaId) -> Item {
    key(partition(id), MEDIA)
}

/// The hour in which something is, by its beginning, and its end.
fn hour_of(now: Moment) -> (Moment, Moment) {
    let into = now.unix_seconds().rem_euclid(3_600);
    let begins = Moment::from_unix_milliseconds((now.unix_seconds() - into) * 1_000).unwrap_or(now);
    (begins, begins.plus(Duration::HOUR))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::ids::{AccountId, MediaId, RequestId};
    use callout_domain::media::{BelongsTo, MediaKind};
    use callout_domain::moment::Moment;
    use time::Duration;
    use ulid::Ulid;

    use super::{KEPT, MOST_UPLOADS, MediaRecords, Turn, hour_of};
    use crate::commit::{Commit, CommitError, Guard};
    use crate::fixture;
    use crate::media::Claimed;

    fn now() -> Moment {
        "2026-02-24T10:30:00Z".parse().unwrap()
    }

    fn account(number: u128) -> AccountId {
        AccountId::new(Ulid::from(number))
    }

    async fn records() -> MediaRecords {
        MediaRecords {
            table: fixture::table("requests").await,
        }
    }

    async fn keep(
        records: &MediaRecords,
        file: &Claimed,
        belongs_to: BelongsTo,
    ) -> Result<(), CommitError> {
        let mut commit = Commit::new(records.table.client.clone());
        records.keep(&mut commit, file, belongs_to, now())?;
        commit.run().await
    }

    #[tokio::test]
    async fn a_file_belongs_to_one_thing_until_it_ends_or_is_removed() {
        let records = records().await;
        let file = Claimed {
            id: MediaId::new(Ulid::from(1)),
            owner: account(1),
            kind: MediaKind::Png,
            bytes: 9,
        };
        let request = RequestId::new(Ulid::from(2));
        let parties = vec![account(1), account(3)];
        let talk = BelongsTo::Conversation { request, parties };
        assert_eq!(records.read(file.id, now()).await.unwrap(), None);
        keep(&records, &file, talk.clone()).await.unwrap();
        let again = keep(&records, &file, BelongsTo::Request { request }).await;
        assert!(
            matches!(again, Err(CommitError::Refused(refusal)) if refusal.guard == Guard::MediaFree)
        );
        let found = records.read(file.id, now()).await.unwrap().unwrap();
        assert_eq!((found.owner, found.bytes), (account(1), 9));
        assert_eq!(found.content_type, "image/png");
        assert_eq!(found.belongs_to, talk);
        let last = now().plus(KEPT);
        assert_eq!(records.read(file.id, last).await.unwrap(), None);
        for _ in 0..2 {
            records.remove(file.id).await.unwrap();
            assert_eq!(records.read(file.id, now()).await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn an_account_begins_so_many_uploads_an_hour() {
        let records = records().await;
        for _ in 0..MOST_UPLOADS {
            let turn = records.count_upload(account(1), now()).await.unwrap();
            assert_eq!(turn, Turn::Granted);
        }
        let turn = records.count_upload(account(1), now()).await.unwrap();
        assert_eq!(turn, Turn::TooMany { seconds: 1_800 });
        for (account, at) in [
            (account(2), now()),
            (account(1), now().plus(Duration::minutes(30))),
        ] {
            let turn = records.count_upload(account, at).await.unwrap();
            assert_eq!(turn, Turn::Granted);
        }
    }

    #[test]
    fn an_hour_begins_with_its_first_second() {
        let (begins, ends) = hour_of("2026-02-24T10:59:59.999Z".parse().unwrap());
        assert_eq!(begins.to_string(), "2026-02-24T10:00:00.000Z");
        assert_eq!(ends.to_string(), "2026-02-24T11:00:00.000Z");
    }
}
