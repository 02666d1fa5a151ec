//! `typing_indicator`: somebody types, or has stopped. It goes to the open sockets of the other parties and
//! is kept nowhere.

use callout_cloud::Cloud;
use callout_domain::conversation::typing;
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;

use crate::conversations::scene::{Named, Scene};
use crate::http::Failure;
use crate::realtime::pass::pass;
use crate::socket::frame;

pub(crate) async fn tell(
    cloud: &Cloud,
    account: AccountId,
    named: Named,
    is_typing: bool,
    now: Moment,
) -> Result<(), Failure> {
    let scene = Box::pin(Scene::find(cloud, account, named, now)).await?;
    scene.must_be_open()?;
    let talk = &scene.conversation;
    let told = typing(talk, account, is_typing, now);
    let frame = frame::reply(&told.kind, told.fields);
    for other in talk.others(account) {
        pass(cloud, other, &frame, now).await?;
    }
    Ok(())
}
