//! The donors whom a requester is told of by name.

use callout_domain::blood::{BloodRequest, DonorResponse};
use callout_domain::moment::Moment;

use crate::failure::CloudError;
use crate::requests::blood::{Blood, NAMED};
use crate::requests::{kept, partition, response_sk};
use crate::stored::s;

/// How many are read of one request: more than anybody calls back, and little enough for one page.
const MOST: i32 = 200;

impl Blood<'_> {
    /// The answers of the newest 200 donors whom the requester of a request is told of by name, and those
    /// of all who promised a unit or gave it, oldest first.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn named(
        self,
        request: &BloodRequest,
        now: Moment,
    ) -> Result<Vec<DonorResponse>, CloudError> {
        let table = &self.requests.table;
        let id = request.header.id;
        let newest = table
            .client
            .query()
            .table_name(&table.name)
            .index_name(NAMED)
            .consistent_read(true)
            .scan_index_forward(false)
            .key_condition_expression("pk = :request")
            .expression_attribute_values(":request", s(partition(id)))
            .limit(MOST)
            .send()
            .await
            .map_err(CloudError::call("Query"))?;
        let mut named: Vec<DonorResponse> = Vec::new();
        for item in newest.items.unwrap_or_default() {
            named.extend(kept::read(item, now)?);
        }
        // Whoever promised a unit does not disappear behind 200 who only called.
        let missing = request
            .givers
            .iter()
            .filter(|giver| named.iter().all(|one| one.donor != **giver))
            .map(|giver| (partition(id), response_sk(*giver)));
        let givers: Vec<DonorResponse> = self.requests.many(missing.collect(), now).await?;
        named.extend(givers);
        named.sort_by_key(|response| response.id);
        Ok(named)
    }
}

#[cfg(test)]
mod tests;
