//! What the steps of every kind's requests are made of, each a part of one commit. Which step is
//! allowed when, and so its condition, is its kind's.

use aws_sdk_dynamodb::types::builders::{PutBuilder, UpdateBuilder};
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};
use callout_domain::audience::{Audience, MOST_CHUNKS};
use callout_domain::ids::{AccountId, EventId, RequestId};
use callout_domain::request::Header;

use crate::commit::{Commit, Guard, MOST_ITEMS};
use crate::failure::CloudError;
use crate::requests::due::{DUE, Due};
use crate::requests::kept::{StoredAudience, ends};
use crate::requests::{Requests, audience_sk, counters_key, partition, request_key};
use crate::stored::{self, Item, key, n, s};

/// The largest audience leaves room for the request, its place, its time, a key, the requester's account, and
/// for a second place or the record of a file: no kind has both.
const _: () = assert!(2 * MOST_CHUNKS + 6 <= MOST_ITEMS);

impl Requests {
    /// Adds a new request: its item, those who are told of it, its places among the open ones, and when
    /// its time is over, if it ends by itself.
    pub(super) fn create(
        &self,
        commit: &mut Commit,
        header: &Header,
        request: Item,
        audience: &Audience,
        places: Vec<Item>,
        due: impl Into<Option<Due>>,
    ) -> Result<(), CloudError> {
        self.put(commit, request)?;
        if let Some(due) = due.into() {
            self.put(commit, due.item(header)?)?;
        }
        for place in places {
            self.put(commit, place)?;
        }
        for (number, told) in audience.chunks() {
            let chunk = StoredAudience {
                told: told.to_vec(),
                expires_at: ends(header),
            };
            let chunk = stored::item(partition(header.id), audience_sk(number), &chunk)?;
            self.put(commit, chunk)?;
        }
        Ok(())
    }

    /// Adds somebody's first answer to a request.
    ///
    /// Refused by [`Guard::FirstResponse`] if they have answered before.
    pub(super) fn first_answer(&self, commit: &mut Commit, answer: Item) -> Result<(), CloudError> {
        let first = Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(answer))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .map_err(CloudError::call("a response"))?;
        commit.push(
            Guard::FirstResponse,
            TransactWriteItem::builder().put(first).build(),
        );
        Ok(())
    }

    /// Replaces somebody's answer, on the condition that it is as it was read.
    ///
    /// Refused by [`Guard::ResponseUnchanged`] if it is not.
    pub(super) fn changed_answer(
        &self,
        commit: &mut Commit,
        answer: PutBuilder,
    ) -> Result<(), CloudError> {
        let put = answer
            .table_name(&self.table.name)
            .build()
            .map_err(CloudError::call("a changed response"))?;
        commit.push(
            Guard::ResponseUnchanged,
            TransactWriteItem::builder().put(put).build(),
        );
        Ok(())
    }

    /// Replaces a request's item, on the condition that it is as it was read.
    ///
    /// Refused by [`Guard::RequestUnchanged`] if it is not.
    pub(super) fn changed_request(
        &self,
        commit: &mut Commit,
        request: PutBuilder,
    ) -> Result<(), CloudError> {
        let put = request
            .table_name(&self.table.name)
            .build()
            .map_err(CloudError::call("a changed request"))?;
        commit.push(
            Guard::RequestUnchanged,
            TransactWriteItem::builder().put(put).build(),
        );
        Ok(())
    }

    /// A change of a request's item, to be given its expression and its condition.
    pub(super) fn change(&self, request: RequestId) -> UpdateBuilder {
        Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(request_key(request)))
    }

    /// Takes a request that waits no more from its places among the open ones, and from what ends by
    /// itself.
    pub(super) fn leave(
        &self,
        commit: &mut Commit,
        request: RequestId,
        places: &[&str],
    ) -> Result<(), CloudError> {
        for sk in places.iter().copied().chain([DUE]) {
            self.remove(commit, request, sk)?;
        }
        Ok(())
    }

    /// Removes an item of a request, if it is there.
    pub(super) fn remove(
        &self,
        commit: &mut Commit,
        request: RequestId,
        sk: &str,
    ) -> Result<(), CloudError> {
        let delete = Delete::builder()
            .table_name(&self.table.name)
            .set_key(Some(key(partition(request), sk)))
            .build()
            .map_err(CloudError::call("an item of a request to remove"))?;
        commit.push(
            Guard::None,
            TransactWriteItem::builder().delete(delete).build(),
        );
        Ok(())
    }

    /// Counts one more of what an account did about requests of a kind.
    pub(super) fn count(
        &self,
        commit: &mut Commit,
        account: AccountId,
        kind: &str,
        what: &str,
    ) -> Result<(), CloudError> {
        let update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(counters_key(account, kind)))
            .update_expression("ADD #what :one")
            .expression_attribute_names("#what", what)
            .expression_attribute_values(":one", n(1))
            .build()
            .map_err(CloudError::call("a responder's counters"))?;
        commit.push(
            Guard::None,
            TransactWriteItem::builder().update(update).build(),
        );
        Ok(())
    }

    /// Adds an item of a request, whatever was there.
    pub(super) fn put(&self, commit: &mut Commit, item: Item) -> Result<(), CloudError> {
        let put = Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(item))
            .build()
            .map_err(CloudError::call("an item of a request"))?;
        commit.push(Guard::None, TransactWriteItem::builder().put(put).build());
        Ok(())
    }
}

/// In the `SET` of a change by which all who were told of a request are told more. Needs the value
/// of [`announcing`].
pub(super) const ANNOUNCED: &str = "announced = list_append(announced, :announced)";

/// What [`ANNOUNCED`] needs: the event by which they are told.
pub(super) fn announcing(change: UpdateBuilder, event: EventId) -> UpdateBuilder {
    let events = aws_sdk_dynamodb::types::AttributeValue::L(vec![s(event)]);
    change.expression_attribute_values(":announced", events)
}

/// Adds a change of a request. Refused by [`Guard::RequestUnchanged`] if its condition does not hold.
pub(super) fn push_change(commit: &mut Commit, change: UpdateBuilder) -> Result<(), CloudError> {
    let update = change
        .build()
        .map_err(CloudError::call("a change of a request"))?;
    commit.push(
        Guard::RequestUnchanged,
        TransactWriteItem::builder().update(update).build(),
    );
    Ok(())
}
