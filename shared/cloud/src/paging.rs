//! Lists that are read part by part, newest first.

use std::future::Future;

use futures::stream::{self, Stream, TryStreamExt as _};

use crate::failure::CloudError;

/// How many are read at once where all are wanted.
const AT_ONCE: usize = 100;

/// Which part of a list, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging<Id> {
    /// How many at most.
    pub limit: usize,
    /// Only what is older than this one.
    pub before: Option<Id>,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T, Id> {
    /// Newest first.
    pub items: Vec<T>,
    /// The last one of this part, if there is more after it.
    pub next: Option<Id>,
}

/// Everything of a list, read part by part as it is taken.
pub fn all<T, Id, F>(
    mut read: impl FnMut(Paging<Id>) -> F,
) -> impl Stream<Item = Result<T, CloudError>>
where
    F: Future<Output = Result<Page<T, Id>, CloudError>>,
{
    let first = Some(Paging {
        limit: AT_ONCE,
        before: None,
    });
    stream::try_unfold(first, move |paging| {
        let page = paging.map(&mut read);
        async move {
            let Some(page) = page else {
                return Ok(None);
            };
            let page = page.await?;
            let rest = page.next.map(|last| Paging {
                limit: AT_ONCE,
                before: Some(last),
            });
            Ok(Some((stream::iter(page.items.into_iter().map(Ok)), rest)))
        }
    })
    .try_flatten()
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt as _;

    use super::{Page, all};
    use crate::failure::CloudError;

    /// Pages of two of the numbers from `most` down to 1.
    fn page(most: u32, before: Option<u32>) -> Page<u32, u32> {
        let newest = before.map_or(most, |before| before - 1);
        let items: Vec<u32> = (1..=newest).rev().take(2).collect();
        let next = items.last().copied().filter(|last| *last > 1);
        Page { items, next }
    }

    #[tokio::test]
    async fn everything_is_taken_once_and_in_order_however_the_pages_fall() {
        for most in 0..=5 {
            let list = all(|paging| async move { Ok(page(most, paging.before)) });
            let taken: Result<Vec<u32>, CloudError> = list.try_collect().await;
            let expected: Vec<u32> = (1..=most).rev().collect();
            assert_eq!(taken.ok(), Some(expected));
        }
    }

    #[tokio::test]
    async fn a_part_that_cannot_be_read_ends_it() {
        let list = all(|paging| async move {
            match paging.before {
                None => Ok(page(5, None)),
                Some(_) => Err(CloudError::Contended),
            }
        });
        let taken: Result<Vec<u32>, CloudError> = list.try_collect().await;
        assert!(matches!(taken, Err(CloudError::Contended)));
    }
}
