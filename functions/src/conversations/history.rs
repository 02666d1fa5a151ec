//! What was said, part by part, with how far each party has come and whether they are there: the same
//! over HTTP and over a socket.

use callout_cloud::Cloud;
use callout_cloud::failure::CloudError;
use callout_domain::conversation::{ChatMessage, Marks, Part};
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;
use serde_json::{Map, Value, json};

use crate::conversations::scene::{Named, Scene};
use crate::conversations::{presence, view};
use crate::http::{Failure, Linked};

/// Which part is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// From where.
    pub(crate) part: Part,
    /// How many messages at most.
    pub(crate) limit: usize,
    /// How many bytes of text they may have, where what carries them has a limit.
    pub(crate) most_bytes: usize,
}

/// The part of a conversation's history that a party asks for, oldest first.
pub(crate) async fn read(
    cloud: &Cloud,
    account: AccountId,
    named: Named,
    wanted: Wanted,
    now: Moment,
) -> Result<Linked, Failure> {
    let scene = Box::pin(Scene::find(cloud, account, named, now)).await?;
    let talk = &scene.conversation;
    let table = cloud.requests().await?;
    let conversations = table.conversations();
    let last = conversations.last(talk.id).await?;
    let limit = u64::try_from(wanted.limit).unwrap_or(u64::MAX);
    let (messages, marks, presences) = futures::try_join!(
        async {
            match wanted.part.range(last, limit) {
                Some(range) => conversations.messages(talk.id, range).await,
                None => Ok(Vec::new()),
            }
        },
        conversations.marks(talk.id, &talk.parties),
        presence::of_others(cloud, &scene, account, now),
    )?;
    let messages = fitting(messages, wanted);
    let cursor = cursor(wanted.part, &messages, last);
    let seen: Vec<Linked> = messages
        .iter()
        .map(|message| view::marked(message, &marks))
        .collect();
    let mut body = Linked::new(json!({
        "conversation_id": talk.id.to_string(),
        "request_id": talk.id.request,
        "parties": talk.parties,
        "is_open": talk.is_open(),
        "closed_at": talk.closed_at,
        "last_sequence": last,
        "count": seen.len(),
        "marks": by_party(&talk.parties, |party| marks.get(&party).copied().map(marks_of)),
        "presence": presences,
    }))
    .with_list("messages", seen);
    if let Some(cursor) = cursor {
        body = body.with("next_cursor", json!(cursor));
    }
    Ok(body)
}

/// As many as fit, from the end at which the part begins.
fn fitting(mut messages: Vec<ChatMessage>, wanted: Wanted) -> Vec<ChatMessage> {
    let forward = matches!(wanted.part, Part::After(_));
    if !forward {
        messages.reverse();
    }
    let mut bytes = 0;
    let fits = messages
        .iter()
        .take_while(|message| {
            bytes += size(message);
            bytes <= wanted.most_bytes
        })
        .count();
    // One always does.
    messages.truncate(fits.max(1));
    if !forward {
        messages.reverse();
    }
    messages
}

/// How many bytes a message has on the wire at most: its text twice, and what is the same for all.
fn size(message: &ChatMessage) -> usize {
    const REST: usize = 2_500;
    let content = message.content.as_ref();
    let text = content.and_then(|content| content.text.as_ref());
    let written = text.map_or(0, |text| Value::from(text.as_str()).to_string().len());
    REST + 2 * written
}

/// Where the history goes on in the same direction, if it does.
fn cursor(part: Part, messages: &[ChatMessage], last: u64) -> Option<String> {
    match part {
        Part::Newest | Part::Before(_) => {
            let first = messages.first()?.sequence;
            (first > 1).then(|| format!("b{first}"))
        }
        Part::After(_) => {
            let end = messages.last()?.sequence;
            (end < last).then(|| format!("a{end}"))
        }
    }
}

/// The part that a cursor, or `before` or `after`, names: at most one of them.
pub(crate) fn part(
    cursor: Option<&str>,
    before: Option<&str>,
    after: Option<&str>,
) -> Result<Part, Failure> {
    let number = |name: &'static str, text: &str| {
        text.parse()
            .map_err(|_| Failure::field(name, "must be the number of a message"))
    };
    match (cursor, before, after) {
        (None, None, None) => Ok(Part::Newest),
        (Some(cursor), None, None) => of_cursor(cursor)
            .ok_or_else(|| Failure::field("cursor", "must be a cursor of an earlier answer")),
        (None, Some(before), None) => Ok(Part::Before(number("before", before)?)),
        (None, None, Some(after)) => Ok(Part::After(number("after", after)?)),
        _ => Err(Failure::field(
            "cursor",
            "cannot be given together with before or after, nor these together",
        )),
    }
}

fn of_cursor(cursor: &str) -> Option<Part> {
    if let Some(number) = cursor.strip_prefix('b') {
        return number.parse().ok().map(Part::Before);
    }
    cursor.strip_prefix('a')?.parse().ok().map(Part::After)
}

/// Something of each party, by their account.
fn by_party(parties: &[AccountId], of: impl Fn(AccountId) -> Option<Value>) -> Map<String, Value> {
    let each = parties
        .iter()
        .filter_map(|party| Some((party.to_string(), of(*party)?)));
    each.collect()
}

fn marks_of(marks: Marks) -> Value {
    json!({"delivered": marks.delivered, "read": marks.read})
}

/// A history over a socket, with its links.
pub(crate) async fn signed(cloud: &Cloud, body: Linked) -> Result<Map<String, Value>, CloudError> {
    match body.sign(cloud).await? {
        Value::Object(fields) => Ok(fields),
        _ => Ok(Map::new()),
    }
}

/// As [`read`] answers.
#[cfg(test)]
pub(crate) fn history_seen() -> crate::api::Object {
    use crate::api::Schema;
    use crate::api::{closed, count, cursor, flag, list, moment, text, ulid};
    let of_each = |schema: Schema| {
        let mut named = std::collections::BTreeMap::new();
        let schema = schema.into_json(&mut named);
        assert!(named.is_empty());
        Schema::of(json!({"type": "object", "additionalProperties": schema}))
    };
    let marks = closed().with("delivered", count()).with("read", count());
    closed()
        .with("conversation_id", text())
        .with("request_id", ulid())
        .with("parties", list(ulid()))
        .with("is_open", flag())
        .with("closed_at", moment().or_null())
        .with("last_sequence", count())
        .with("count", count())
        .with(
            "marks",
            of_each(marks.into()).about("How far each party has come, by their account."),
        )
        .with("presence", list(crate::api::presence_fields()))
        .with(
            "messages",
            list(super::view::message_seen().named("ChatMessage")),
        )
        .may("next_cursor", cursor())
}

/// One of these.
#[cfg(test)]
pub(crate) fn history_example() -> Value {
    use crate::api::id;
    json!({
        "conversation_id": format!("{}.{}", id('R'), id('P')), "request_id": id('R'),
        "parties": [id('C'), id('P')], "is_open": true, "closed_at": null, "last_sequence": 1,
        "count": 1, "marks": {id('P'): {"delivered": 0, "read": 0}}, "presence": [],
        "messages": [super::view::message_example()],
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::conversation::{ChatMessage, ChatText, Content, MessageKey, Part};
    use callout_domain::role::Role;

    use super::{Wanted, cursor, fitting, part};

    const ID: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

    fn messages(sequences: std::ops::RangeInclusive<u64>, text: &str) -> Vec<ChatMessage> {
        sequences
            .map(|sequence| ChatMessage {
                conversation: callout_domain::conversation::ConversationId {
                    request: ID.parse().unwrap(),
                    responder: ID.parse().unwrap(),
                },
                sequence,
                key: MessageKey::parse("1").unwrap(),
                event: ID.parse().unwrap(),
                sender: ID.parse().unwrap(),
                role: Role::Donor,
                content: Some(Content {
                    text: ChatText::parse(text).ok(),
                    attached: None,
                }),
                sent_at: "2026-02-24T10:30:00Z".parse().unwrap(),
            })
            .collect()
    }

    #[test]
    fn a_part_is_named_in_one_way() {
        let read = |cursor, before, after| part(cursor, before, after).ok();
        assert_eq!(read(None, None, None), Some(Part::Newest));
        assert_eq!(read(Some("b7"), None, None), Some(Part::Before(7)));
        assert_eq!(read(Some("a7"), None, None), Some(Part::After(7)));
        assert_eq!(read(None, Some("7"), None), Some(Part::Before(7)));
        assert_eq!(read(None, None, Some("0")), Some(Part::After(0)));
        for wrong in ["", "7", "b", "b-1", "c7", "b7 ", "b99999999999999999999999"] {
            assert_eq!(read(Some(wrong), None, None), None, "{wrong:?}");
            assert_eq!(read(None, Some(wrong), Some("1")), None);
        }
        assert_eq!(read(None, Some("-1"), None), None);
        assert_eq!(read(Some("b7"), Some("7"), None), None);
    }

    #[test]
    fn a_history_goes_on_until_its_end_is_reached() {
        let some = messages(5..=9, "x");
        assert_eq!(cursor(Part::Newest, &some, 9).as_deref(), Some("b5"));
        assert_eq!(cursor(Part::Before(10), &some, 20).as_deref(), Some("b5"));
        assert_eq!(cursor(Part::After(4), &some, 20).as_deref(), Some("a9"));
        assert_eq!(cursor(Part::After(4), &some, 9), None);
        assert_eq!(cursor(Part::Newest, &messages(1..=3, "x"), 3), None);
        assert_eq!(cursor(Part::Newest, &[], 0), None);
    }

    #[test]
    fn what_does_not_fit_is_left_for_the_next_part_and_one_always_fits() {
        let long = "\u{1}".repeat(4_000);
        let wanted = |part| Wanted {
            part,
            limit: 100,
            most_bytes: 110_000,
        };
        let kept = |part| -> Vec<u64> {
            let kept = fitting(messages(1..=10, &long), wanted(part));
            kept.iter().map(|message| message.sequence).collect()
        };
        assert_eq!(kept(Part::Newest), [9, 10]);
        assert_eq!(kept(Part::After(0)), [1, 2]);
        let narrow = Wanted {
            most_bytes: 1,
            ..wanted(Part::Newest)
        };
        assert_eq!(fitting(messages(1..=3, &long), narrow).len(), 1);
        assert!(fitting(Vec::new(), narrow).is_empty());
    }
}
