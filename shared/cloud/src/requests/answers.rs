//! One request, with what was answered and who was told.

use callout_domain::audience::Told;
use callout_domain::ids::{AccountId, RequestId};
use callout_domain::medicine::{MedicineRequest, MedicineResponse};
use callout_domain::moment::Moment;
use futures::future::try_join_all;
use serde::Deserialize;

use crate::failure::CloudError;
use crate::requests::stored::{StoredAudience, medicine_request, medicine_response};
use crate::requests::{
    REQUEST, Requests, STATS, audience_sk, partition, request_key, responder, response_sk,
};
use crate::stored::{self, SK, key, s};

/// How often a pharmacy has answered, since it began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Stats {
    /// Requests that it accepted and so was assigned.
    pub accepted: u64,
    /// Requests that it rejected.
    pub rejected: u64,
    /// Of those accepted, the ones that their customers closed.
    pub completed: u64,
}

impl Requests {
    /// A request for medicine.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn read(
        &self,
        id: RequestId,
        now: Moment,
    ) -> Result<Option<MedicineRequest>, CloudError> {
        match self.item(request_key(id)).await? {
            Some(item) => medicine_request(item, now),
            None => Ok(None),
        }
    }

    /// A request for medicine with every answer so far, oldest first.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn with_responses(
        &self,
        id: RequestId,
        now: Moment,
    ) -> Result<Option<(MedicineRequest, Vec<MedicineResponse>)>, CloudError> {
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
        let mut responses = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(CloudError::call("Query"))?;
            for item in page.items.unwrap_or_default() {
                if item.get(SK) == Some(&s(REQUEST)) {
                    request = medicine_request(item, now)?;
                } else {
                    responses.extend(medicine_response(item, now)?);
                }
            }
        }
        responses.sort_by_key(|response| response.id);
        Ok(request.map(|request| (request, responses)))
    }

    /// What an account answered to a request.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn response(
        &self,
        id: RequestId,
        account: AccountId,
        now: Moment,
    ) -> Result<Option<MedicineResponse>, CloudError> {
        match self.item(key(partition(id), response_sk(account))).await? {
            Some(item) => medicine_response(item, now),
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
        request: &MedicineRequest,
        account: AccountId,
    ) -> Result<Option<Told>, CloudError> {
        let chunks = (0..request.chunks).map(|chunk| self.audience(request.id, chunk));
        let everybody = try_join_all(chunks).await?;
        Ok(everybody
            .into_iter()
            .flatten()
            .find(|told| told.account == account))
    }

    /// How often a pharmacy has answered.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn stats(&self, account: AccountId) -> Result<Stats, CloudError> {
        match self.item(key(responder(account), STATS)).await? {
            Some(item) => stored::read("a responder's counters", item),
            None => Ok(Stats::default()),
        }
    }
}
