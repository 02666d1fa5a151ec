//! What an account has asked and answered, newest first, page by page.

use std::collections::HashMap;

use callout_domain::ids::{AccountId, RequestId, ResponseId};
use callout_domain::medicine::{MedicineRequest, MedicineResponse};
use callout_domain::moment::Moment;

use crate::failure::CloudError;
use crate::paging::{Page, Paging};
use crate::requests::stored::{medicine_request, medicine_response};
use crate::requests::{REQUEST, Requests, partition, requester, responder, response_sk};
use crate::stored::{Item, s};

const INDEX: &str = "mine";

impl Requests {
    /// The requests for medicine that an account made.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub async fn of_requester(
        &self,
        account: AccountId,
        paging: Paging<RequestId>,
        now: Moment,
    ) -> Result<Page<MedicineRequest, RequestId>, CloudError> {
        let read = |item| medicine_request(item, now);
        self.mine(requester(account), paging, read, |request| request.id)
            .await
    }

    /// What an account answered to requests for medicine.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub async fn answered_by(
        &self,
        account: AccountId,
        paging: Paging<ResponseId>,
        now: Moment,
    ) -> Result<Page<MedicineResponse, ResponseId>, CloudError> {
        let read = |item| medicine_response(item, now);
        self.mine(responder(account), paging, read, |response| response.id)
            .await
    }

    /// The requests of these ids that there are.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn read_many(
        &self,
        ids: &[RequestId],
        now: Moment,
    ) -> Result<HashMap<RequestId, MedicineRequest>, CloudError> {
        let key = |id: &RequestId| (partition(*id), REQUEST.to_owned());
        let keys = ids.iter().map(key).collect();
        let mut found = HashMap::new();
        for item in self.table.read_many(keys).await? {
            if let Some(request) = medicine_request(item, now)? {
                found.insert(request.id, request);
            }
        }
        Ok(found)
    }

    /// What an account answered to these requests, where it did.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn responses_of(
        &self,
        account: AccountId,
        ids: &[RequestId],
        now: Moment,
    ) -> Result<HashMap<RequestId, MedicineResponse>, CloudError> {
        let key = |id: &RequestId| (partition(*id), response_sk(account));
        let keys = ids.iter().map(key).collect();
        let mut found = HashMap::new();
        for item in self.table.read_many(keys).await? {
            if let Some(response) = medicine_response(item, now)? {
                found.insert(response.request, response);
            }
        }
        Ok(found)
    }

    async fn mine<T, Id: ToString>(
        &self,
        owner: String,
        paging: Paging<Id>,
        read: impl Fn(Item) -> Result<Option<T>, CloudError>,
        id: impl Fn(&T) -> Id,
    ) -> Result<Page<T, Id>, CloudError> {
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
        let mut items = Vec::new();
        while items.len() <= paging.limit
            && let Some(page) = pages.next().await
        {
            let page = page.map_err(CloudError::call("Query"))?;
            for item in page.items.unwrap_or_default() {
                items.extend(read(item)?);
            }
        }
        let more = items.len() > paging.limit;
        items.truncate(paging.limit);
        let next = items.last().filter(|_| more).map(id);
        Ok(Page { items, next })
    }
}
