//! `message_delivered` and `message_read`: how far a party has come, which those who wait for it are told
//! at once, and read in the history later. Neither ever goes back.

use callout_cloud::Cloud;
use callout_cloud::requests::Requests;
use callout_domain::conversation::{Mark, MessageKey, marked};
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;

use crate::conversations::scene::{Named, Scene};
use crate::http::{Failure, Form};
use crate::realtime::pass::pass;
use crate::socket::frame;

/// How far somebody says that they have come.
#[derive(Debug)]
pub(crate) enum Place {
    /// To the message of this number.
    Number(u64),
    /// To the message that the other party's client calls so.
    Key(MessageKey),
}

impl Place {
    /// Reads `sequence`, or else `message_id`.
    pub(crate) fn read(form: &mut Form) -> Result<Self, Failure> {
        let number = form.optional("sequence", |given| {
            let number = given.whole_number()?;
            u64::try_from(number)
                .ok()
                .filter(|number| *number > 0)
                .ok_or("must be the number of a message")
        });
        let key = if form.is_absent("sequence") {
            form.required("message_id", |given| {
                let text = given.text().map_err(str::to_owned)?;
                MessageKey::parse(text).map_err(|error| error.to_string())
            })
        } else {
            None
        };
        form.check()?;
        let place = number.map(Self::Number).or(key.map(Self::Key));
        place.ok_or_else(|| form.reject())
    }
}

pub(crate) async fn mark(
    cloud: &Cloud,
    account: AccountId,
    named: Named,
    (mark, place): (Mark, Place),
    now: Moment,
) -> Result<(), Failure> {
    let scene = Box::pin(Scene::find(cloud, account, named, now)).await?;
    let table = cloud.requests().await?;
    let sequence = number(&table, &scene, account, place).await?;

    let talk = &scene.conversation;
    let conversations = table.conversations();
    let has_moved = conversations
        .mark(talk.id, account, mark, sequence, scene.kept_until(now))
        .await?;
    if !has_moved {
        return Ok(());
    }
    let marks = conversations.marks(talk.id, &[account]).await?;
    let marks = marks.get(&account).copied().unwrap_or_default();
    let told = marked(talk, account, mark, (sequence, marks), now);
    for other in talk.others(account) {
        pass(
            cloud,
            other,
            &frame::reply(&told.kind, told.fields.clone()),
            now,
        )
        .await?;
    }
    Ok(())
}

/// The number of a message that there is; 400 where there is none.
async fn number(
    table: &Requests,
    scene: &Scene,
    account: AccountId,
    place: Place,
) -> Result<u64, Failure> {
    let talk = &scene.conversation;
    let conversations = table.conversations();
    match place {
        Place::Number(number) if number <= conversations.last(talk.id).await? => Ok(number),
        Place::Number(_) => Err(Failure::field("sequence", "there is no such message")),
        Place::Key(key) => {
            for other in talk.others(account) {
                if let Some(sent) = conversations.sent(talk.id, other, &key).await? {
                    return Ok(sent.sequence);
                }
            }
            Err(Failure::field("message_id", "there is no such message"))
        }
    }
}
