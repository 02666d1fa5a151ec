//! One request of any kind, with what was answered and who was told.

use callout_domain::audience::Told;
use callout_domain::ids::{AccountId, RequestId, ResponseId};
use callout_domain::moment::Moment;
use callout_domain::request::Header;
use futures::future::try_join_all;
use serde::de::DeserializeOwned;

use crate::failure::CloudError;
use crate::requests::kept::{self, Kept, StoredAudience};
use crate::requests::{
    REQUEST, Requests, audience_sk, counters_key, partition, request_key, response_sk,
};
use crate::stored::{self, SK, key, s};

impl Requests {
    /// A request; none if it is of another kind.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn read<R: Kept<Id = RequestId>>(
        &self,
        id: RequestId,
        now: Moment,
    ) -> Result<Option<R>, CloudError> {
        match self.item(request_key(id)).await? {
            Some(item) => kept::read(item, now),
            None => Ok(None),
        }
    }

    /// A request with every answer so far, oldest first.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn with_answers<R: Kept<Id = RequestId>, A: Kept<Id = ResponseId>>(
        &self,
        id: RequestId,
        now: Moment,
    ) -> Result<Option<(R, Vec<A>)>, CloudError> {
        // `REQUEST` and all of `RESPONSE#…`; the audience sorts before them, and stays unread.
        let mut pages = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", s(partition(id)))
            .expression_attribute_values(":from", s(REQUEST))
            .expression_attribute_values(":to", s("RESPONSE#~"))
            .into_paginator()
            .send();
        let mut request = None;
        let mut answers: Vec<A> = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(CloudError::call("Query"))?;
            for item in page.items.unwrap_or_default() {
                if item.get(SK) == Some(&s(REQUEST)) {
                    request = kept::read(item, now)?;
                } else {
                    answers.extend(kept::read(item, now)?);
                }
            }
        }
        answers.sort_by_key(Kept::id);
        Ok(request.map(|request| (request, answers)))
    }

    /// What an account answered to a request.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn answer<A: Kept<Id = ResponseId>>(
        &self,
        id: RequestId,
        account: AccountId,
        now: Moment,
    ) -> Result<Option<A>, CloudError> {
        match self.item(key(partition(id), response_sk(account))).await? {
            Some(item) => kept::read(item, now),
            None => Ok(None),
        }
    }

    /// One chunk of those who were told of a request, nearest first; nobody, if there is no such
    /// chunk.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn audience(&self, id: RequestId, chunk: u16) -> Result<Vec<Told>, CloudError> {
        match self.item(key(partition(id), audience_sk(chunk))).await? {
            Some(item) => {
                let chunk: StoredAudience = stored::read("an audience", item)?;
                Ok(chunk.told)
            }
            None => Ok(Vec::new()),
        }
    }

    /// What an account was told of a request, if it was among those who were.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn told(
        &self,
        request: &Header,
        account: AccountId,
    ) -> Result<Option<Told>, CloudError> {
        let chunks = (0..request.chunks).map(|chunk| self.audience(request.id, chunk));
        let everybody = try_join_all(chunks).await?;
        Ok(everybody
            .into_iter()
            .flatten()
            .find(|told| told.account == account))
    }

    /// What an account did about requests of a kind, counted; nothing, before it did any of it.
    pub(super) async fn counters<T: DeserializeOwned + Default>(
        &self,
        account: AccountId,
        kind: &str,
    ) -> Result<T, CloudError> {
        match self.item(counters_key(account, kind)).await? {
            Some(item) => stored::read("a responder's counters", item),
            None => Ok(T::default()),
        }
    }
}
