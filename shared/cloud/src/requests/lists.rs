//! What an account has asked and answered, newest first, page by page.

use std::collections::HashMap;

use callout_domain::ids::{AccountId, RequestId, ResponseId};
use callout_domain::moment::Moment;

use crate::failure::CloudError;
use crate::paging::{Page, Paging};
use crate::requests::kept::{self, Kept};
use crate::requests::{REQUEST, Requests, partition, requester, responder, response_sk};
use crate::stored::s;

const INDEX: &str = "mine";

impl Requests {
    /// The requests of a kind that an account made.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub async fn of_requester<R: Kept<Id = RequestId>>(
        &self,
        account: AccountId,
        paging: Paging<RequestId>,
        now: Moment,
    ) -> Result<Page<R, RequestId>, CloudError> {
        self.mine(requester(account), paging, now).await
    }

    /// What an account answered to requests of a kind.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub async fn answered_by<A: Kept<Id = ResponseId>>(
        &self,
        account: AccountId,
        paging: Paging<ResponseId>,
        now: Moment,
    ) -> Result<Page<A, ResponseId>, CloudError> {
        self.mine(responder(account), paging, now).await
    }

    /// The requests of these ids that there are.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn read_many<R: Kept<Id = RequestId>>(
        &self,
        ids: &[RequestId],
        now: Moment,
    ) -> Result<HashMap<RequestId, R>, CloudError> {
        let key = |id: &RequestId| (partition(*id), REQUEST.to_owned());
        let found: Vec<R> = self.many(ids.iter().map(key).collect(), now).await?;
        Ok(found
            .into_iter()
            .map(|request| (request.id(), request))
            .collect())
    }

    /// What an account answered to these requests, where it did, in no order.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn answers_of<A: Kept<Id = ResponseId>>(
        &self,
        account: AccountId,
        ids: &[RequestId],
        now: Moment,
    ) -> Result<Vec<A>, CloudError> {
        let key = |id: &RequestId| (partition(*id), response_sk(account));
        self.many(ids.iter().map(key).collect(), now).await
    }

    pub(super) async fn many<T: Kept>(
        &self,
        keys: Vec<(String, String)>,
        now: Moment,
    ) -> Result<Vec<T>, CloudError> {
        let mut found = Vec::new();
        for item in self.table.read_many(keys).await? {
            found.extend(kept::read(item, now)?);
        }
        Ok(found)
    }

    async fn mine<T: Kept>(
        &self,
        owner: String,
        paging: Paging<T::Id>,
        now: Moment,
    ) -> Result<Page<T, T::Id>, CloudError> {
        let mut query = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .index_name(INDEX)
            .scan_index_forward(false)
            .expression_attribute_values(":owner", s(owner));
        query = match paging.before {
            None => query.key_condition_expression("mine_pk = :owner"),
            Some(before) => query
                .key_condition_expression("mine_pk = :owner AND mine_sk < :before")
                .expression_attribute_values(":before", s(before.to_string())),
        };
        // One more than asked for tells whether there is more.
        let most = i32::try_from(paging.limit + 1).unwrap_or(i32::MAX);
        let mut pages = query.limit(most).into_paginator().send();
        let mut items: Vec<T> = Vec::new();
        while items.len() <= paging.limit
            && let Some(page) = pages.next().await
        {
            let page = page.map_err(CloudError::call("Query"))?;
            for item in page.items.unwrap_or_default() {
                items.extend(kept::read(item, now)?);
            }
        }
        let more = items.len() > paging.limit;
        items.truncate(paging.limit);
        let next = items.last().filter(|_| more).map(Kept::id);
        Ok(Page { items, next })
    }
}
