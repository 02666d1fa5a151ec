//! Requests and answers as items: what every kind has, and where a kind adds its own.

use std::fmt::Display;

use callout_domain::audience::Told;
use callout_domain::ids::{AccountId, EventId, RequestId, ResponseId};
use callout_domain::moment::Moment;
use callout_domain::request::Header;
use serde::{Deserialize, Serialize};

use crate::failure::CloudError;
use crate::requests::{KEPT, REQUEST, partition, requester, responder, response_sk};
use crate::stored::{self, Item};

/// A request or an answer of one kind, as the table keeps it. A kind has two: its requests, named by a
/// [`RequestId`], and its answers, named by a [`ResponseId`].
pub trait Kept: Sized {
    /// Tells its items from those of other kinds.
    const KIND: &'static str;

    /// How it is named.
    type Id: Copy + Ord + Display;

    /// Its name.
    fn id(&self) -> Self::Id;

    /// Reads an item of this kind, which has not ended.
    ///
    /// # Errors
    /// When it does not read.
    fn from_item(item: Item) -> Result<Self, CloudError>;
}

/// What is read of any item before it is read as what it is.
#[derive(Deserialize)]
struct Head {
    kind: String,
    expires_at: i64,
}

/// What an item is kept as; none if it is of another kind, or has ended.
pub(super) fn read<T: Kept>(item: Item, now: Moment) -> Result<Option<T>, CloudError> {
    let head: Head = stored::read("an item of a request", item.clone())?;
    // TTL deletes late.
    if head.kind != T::KIND || head.expires_at <= now.unix_seconds() {
        return Ok(None);
    }
    T::from_item(item).map(Some)
}

/// The attributes that a request of any kind has.
#[derive(Serialize, Deserialize)]
struct StoredHeader {
    kind: String,
    id: RequestId,
    requester: AccountId,
    created_at: Moment,
    told: u32,
    chunks: u16,
    announced: Vec<EventId>,
    mine_pk: String,
    mine_sk: RequestId,
    expires_at: i64,
}

/// The item of a request: its header, and what its kind keeps besides.
pub(super) fn request_item<T: Serialize>(
    kind: &str,
    header: &Header,
    besides: &T,
) -> Result<Item, CloudError> {
    let head = StoredHeader {
        kind: kind.to_owned(),
        id: header.id,
        requester: header.requester,
        created_at: header.created_at,
        told: header.told,
        chunks: header.chunks,
        announced: header.announced.clone(),
        mine_pk: requester(header.requester),
        mine_sk: header.id,
        expires_at: ends(header),
    };
    both(partition(header.id), REQUEST.to_owned(), &head, besides)
}

/// The header of a request's item.
pub(super) fn header(item: &Item) -> Result<Header, CloudError> {
    let head: StoredHeader = stored::read("a request's header", item.clone())?;
    Ok(Header {
        id: head.id,
        requester: head.requester,
        created_at: head.created_at,
        told: head.told,
        chunks: head.chunks,
        announced: head.announced,
    })
}

/// The attributes that an answer of any kind has.
#[derive(Serialize, Deserialize)]
struct StoredAnswer {
    kind: String,
    id: ResponseId,
    request_id: RequestId,
    responder: AccountId,
    mine_pk: String,
    mine_sk: ResponseId,
    expires_at: i64,
}

/// What an answer of any kind has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answered {
    /// Its name.
    pub(super) id: ResponseId,
    /// What it answers.
    pub(super) request: RequestId,
    /// Who answers.
    pub(super) responder: AccountId,
}

/// The item of an answer to a request, with which it ends: what every answer has, and what its kind
/// keeps besides.
pub(super) fn answer_item<T: Serialize>(
    kind: &str,
    request: &Header,
    answered: Answered,
    besides: &T,
) -> Result<Item, CloudError> {
    let head = StoredAnswer {
        kind: kind.to_owned(),
        id: answered.id,
        request_id: answered.request,
        responder: answered.responder,
        mine_pk: responder(answered.responder),
        mine_sk: answered.id,
        expires_at: ends(request),
    };
    let sk = response_sk(answered.responder);
    both(partition(answered.request), sk, &head, besides)
}

/// What every answer has, of an answer's item.
pub(super) fn answered(item: &Item) -> Result<Answered, CloudError> {
    let head: StoredAnswer = stored::read("an answer", item.clone())?;
    Ok(Answered {
        id: head.id,
        request: head.request_id,
        responder: head.responder,
    })
}

/// When everything of a request ends, in seconds of Unix time.
pub(super) fn ends(request: &Header) -> i64 {
    request.created_at.plus(KEPT).unix_seconds()
}

/// A chunk of those who were told of a request.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredAudience {
    pub(super) told: Vec<Told>,
    pub(super) expires_at: i64,
}

/// What every kind has is not for a kind to overwrite.
fn both<H: Serialize, T: Serialize>(
    pk: String,
    sk: String,
    head: &H,
    besides: &T,
) -> Result<Item, CloudError> {
    let mut item = stored::item(pk.clone(), sk.clone(), besides)?;
    item.extend(stored::item(pk, sk, head)?);
    Ok(item)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::audience::Told;
    use callout_domain::ids::{AccountId, EventId, RequestId, ResponseId};
    use callout_domain::moment::Moment;
    use callout_domain::request::Header;
    use serde::{Deserialize, Serialize};
    use time::Duration;
    use ulid::Ulid;

    use super::{Answered, Kept, StoredAudience};
    use crate::failure::CloudError;
    use crate::requests::KEPT;
    use crate::stored::{self, Item};

    fn made() -> Moment {
        "2026-02-24T10:30:00Z".parse().unwrap()
    }

    fn account(number: u128) -> AccountId {
        AccountId::new(Ulid::from(number))
    }

    fn header() -> Header {
        Header {
            id: RequestId::new(Ulid::from(1)),
            requester: account(7),
            created_at: made(),
            told: 501,
            chunks: 2,
            announced: vec![EventId::new(Ulid::from(8)), EventId::new(Ulid::from(9))],
        }
    }

    /// A kind that keeps one word besides.
    #[derive(Debug, PartialEq)]
    struct Wish(Header, String);

    #[derive(Serialize, Deserialize)]
    struct StoredWish {
        word: String,
    }

    impl Kept for Wish {
        const KIND: &'static str = "WISH";
        type Id = RequestId;

        fn id(&self) -> RequestId {
            self.0.id
        }

        fn from_item(item: Item) -> Result<Self, CloudError> {
            let header = super::header(&item)?;
            let stored: StoredWish = stored::read("a wish", item)?;
            Ok(Self(header, stored.word))
        }
    }

    fn wish_of_kind(kind: &str) -> Item {
        let word = "rain".to_owned();
        super::request_item(kind, &header(), &StoredWish { word }).unwrap()
    }

    #[test]
    fn a_request_reads_back_with_what_its_kind_keeps_besides() {
        let read = super::read::<Wish>(wish_of_kind(Wish::KIND), made()).unwrap();
        assert_eq!(read, Some(Wish(header(), "rain".to_owned())));
    }

    #[test]
    fn a_request_of_another_kind_is_none_of_this() {
        let other = wish_of_kind("HOPE");
        assert_eq!(super::read::<Wish>(other, made()).unwrap(), None);
    }

    #[test]
    fn what_ttl_should_have_deleted_is_not_there() {
        let last = made().plus(KEPT).plus(-Duration::seconds(1));
        let read = |now| super::read::<Wish>(wish_of_kind(Wish::KIND), now).unwrap();
        assert!(read(last).is_some());
        assert!(read(made().plus(KEPT)).is_none());
    }

    #[test]
    fn an_answer_ends_with_its_request_and_is_found_by_who_gave_it() {
        let answered = Answered {
            id: ResponseId::new(Ulid::from(4)),
            request: header().id,
            responder: account(3),
        };
        let word = "yes".to_owned();
        let item = super::answer_item("WISH", &header(), answered, &StoredWish { word }).unwrap();
        assert_eq!(super::answered(&item).unwrap(), answered);
        let key = stored::key(
            format!("REQUEST#{}", header().id),
            format!("RESPONSE#{}", account(3)),
        );
        assert!(key.iter().all(|(name, value)| item[name] == *value));
        assert_eq!(
            item["mine_pk"],
            stored::s(format!("RESPONDER#{}", account(3)))
        );
        assert_eq!(item["mine_sk"], stored::s(answered.id.to_string()));
        let end = made().plus(KEPT).unix_seconds();
        assert_eq!(item["expires_at"], stored::n(end));
        assert_eq!(item["word"], stored::s("yes"));
    }

    #[test]
    fn an_audience_reads_back_with_and_without_distances() {
        let chunk = StoredAudience {
            told: vec![
                Told {
                    account: account(1),
                    distance_km: Some(0.99),
                },
                Told::by_name(account(2)),
            ],
            expires_at: 9,
        };
        let item = stored::item("pk".to_owned(), "sk".to_owned(), &chunk).unwrap();
        let read: StoredAudience = stored::read("chunk", item).unwrap();
        assert_eq!(read.told, chunk.told);
    }
}
