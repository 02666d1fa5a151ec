//! For whom an event is.

use callout_cloud::Cloud;
use callout_cloud::failure::CloudError;
use callout_domain::audience::Told;
use callout_domain::event::{Message, Recipient, Recipients};
use callout_domain::ids::AccountId;

/// The recipients of a message, each with what is only for them.
pub(super) async fn of(
    cloud: &Cloud,
    message: &Message,
    to: Recipients,
) -> Result<Vec<Recipient>, CloudError> {
    match to {
        Recipients::Listed(people) => Ok(people),
        Recipients::Audience {
            request,
            chunk,
            except,
        } => {
            let told = cloud.requests().await?.audience(request, chunk).await?;
            Ok(but_for(&told, &except, message))
        }
    }
}

fn but_for(told: &[Told], except: &[AccountId], message: &Message) -> Vec<Recipient> {
    told.iter()
        .filter(|told| !except.contains(&told.account))
        .map(|told| told.recipient_of(message))
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::audience::Told;
    use callout_domain::event::{Message, Recipient};
    use callout_domain::ids::AccountId;
    use serde_json::json;

    use super::but_for;

    fn account(last: char) -> AccountId {
        format!("01ARZ3NDEKTSV4RRFFQ69G5FA{last}").parse().unwrap()
    }

    #[test]
    fn an_audience_is_told_but_for_some() {
        let audience = ['A', 'B', 'C'].map(|last| Told::by_name(account(last)));
        let message = Message::new("request_taken", json!({}));
        let told = but_for(&audience, &[account('B')], &message);
        assert_eq!(
            told,
            [
                Recipient::plain(account('A')),
                Recipient::plain(account('C'))
            ]
        );
    }

    #[test]
    fn each_of_an_audience_is_told_their_own_distance() {
        let audience = [Told {
            account: account('A'),
            distance_km: Some(2.5),
        }];
        let message = Message::new("new_request", json!({"distance_km": null}));
        let told = but_for(&audience, &[], &message);
        assert_eq!(told[0].fields["distance_km"], json!(2.5));
    }
}
