//! One-time codes, as the accounts table keeps them. The rules are in [`callout_domain::otp`].
//!
//! | pk | sk | what |
//! |---|---|---|
//! | `EMAIL#<normalized address>` | `OTP` | `code_hash`, `code_ends_at`, `wrong_tries`: the code that was mailed last; `sends`: when mails went out in the last hour; `verified_until`: until when the address counts as proved; `verified_hash`, `verified_wrong_tries`: the code that proved it; `revision`; TTL |
//!
//! A code is stored as HMAC-SHA256 of address and code under a secret key: a million codes would
//! be guessed from a plain hash in no time. The item is the same whether or not the address has an
//! account, and every change of it is conditional on what was read: of guesses made at once, each
//! counts.

mod record;

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callout_domain::account::Email;
use callout_domain::moment::Moment;
use callout_domain::otp::{CODES, Guess, OtpCode, SendRefused};
use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::RngExt as _;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use self::record::{Stored, state};
use crate::commit::{Commit, Guard};
use crate::failure::CloudError;
use crate::revised::{Decision, Reading, Revised};
use crate::settings::ACCOUNTS_TABLE;
use crate::{Cloud, Table, clock, stored};

const OTP: &str = "OTP";

/// The one-time codes of all addresses.
#[derive(Debug)]
pub struct Otps<'a> {
    cloud: &'a Cloud,
    table: Table,
}

/// What a guess came to; it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was the code, and the address is proved.
    Right,
    /// It was not.
    Wrong,
    /// There was nothing to guess at.
    Ended,
}

/// What came of a code that was offered for one deed.
#[derive(Debug)]
pub enum Offer {
    /// It is the code, and is still to be spent.
    Right(Box<RightCode>),
    /// It is not; that is counted.
    Wrong,
    /// There was nothing to guess at.
    Ended,
}

/// A right code, not spent yet: [`Otps::spend`] does so, in the commit of the deed.
#[derive(Debug)]
pub struct RightCode {
    email: Email,
    reading: Reading<Stored>,
    next: Stored,
}

impl Cloud {
    /// One-time codes.
    ///
    /// # Errors
    /// When the function has no setting for the table.
    pub async fn otps(&self) -> Result<Otps<'_>, CloudError> {
        Ok(Otps {
            cloud: self,
            table: self.table(ACCOUNTS_TABLE).await?,
        })
    }
}

impl Otps<'_> {
    /// Draws a code for an address and counts its mail as sent at `now`. The caller mails it, or
    /// [`withdraw`](Self::withdraw)s it.
    ///
    /// # Errors
    /// `Ok(Err(_))` when no mail may go out now; `Err` when the outside world fails.
    pub async fn issue(
        &self,
        email: &Email,
        now: Moment,
    ) -> Result<Result<OtpCode, SendRefused>, CloudError> {
        let code = OtpCode::of_draw(rand::rng().random_range(0..CODES));
        let hash = self.hash(email, &code).await?;
        let refused = self
            .item(email)
            .decide(
                |stored: Option<&Stored>| match state(stored).send(hash.clone(), now) {
                    Ok(next) => Decision::Replace(Stored::new(next, now), None),
                    Err(refused) => Decision::Keep(Some(refused)),
                },
            )
            .await?;
        Ok(refused.map_or(Ok(code), Err))
    }

    /// Takes back a code whose mail, counted as sent at `sent_at`, did not go out.
    ///
    /// # Errors
    /// When the outside world fails.
    pub async fn withdraw(
        &self,
        email: &Email,
        code: &OtpCode,
        sent_at: Moment,
    ) -> Result<(), CloudError> {
        let hash = self.hash(email, code).await?;
        self.item(email)
            .decide(|stored: Option<&Stored>| {
                let next = state(stored).withdraw(&hash, sent_at);
                Decision::Replace(Stored::new(next, sent_at), ())
            })
            .await
    }

    /// Checks a code; right, it is used up and the address is proved.
    ///
    /// # Errors
    /// When the outside world fails.
    pub async fn verify(
        &self,
        email: &Email,
        code: &OtpCode,
        now: Moment,
    ) -> Result<Verdict, CloudError> {
        let hash = self.hash(email, code).await?;
        self.item(email)
            .decide(
                |stored: Option<&Stored>| match state(stored).verify(now, is(&hash)) {
                    Guess::Right(next) => Decision::Replace(Stored::new(next, now), Verdict::Right),
                    Guess::Wrong(next) => Decision::Replace(Stored::new(next, now), Verdict::Wrong),
                    Guess::Ended => Decision::Keep(Verdict::Ended),
                },
            )
            .await
    }

    /// Checks a code that is offered for one deed: one that was never verified, or the one that
    /// proved the address. A wrong one is counted at once; a right one is spent with the deed.
    ///
    /// # Errors
    /// When the outside world fails.
    pub async fn offer(
        &self,
        email: &Email,
        code: &OtpCode,
        now: Moment,
    ) -> Result<Offer, CloudError> {
        let hash = self.hash(email, code).await?;
        let item = self.item(email);
        let reading: Reading<Stored> = item.read().await?;
        if let Guess::Right(next) = state(reading.body.as_ref()).redeem(now, is(&hash)) {
            return Ok(Offer::Right(Box::new(RightCode {
                email: email.clone(),
                reading,
                next: Stored::new(next, now),
            })));
        }
        item.decide(
            |stored: Option<&Stored>| match state(stored).redeem(now, is(&hash)) {
                Guess::Wrong(next) => Decision::Replace(Stored::new(next, now), Offer::Wrong),
                // Right only since a moment ago, by chance: it was not the code when it was offered.
                Guess::Right(_) | Guess::Ended => Decision::Keep(Offer::Ended),
            },
        )
        .await
    }

    /// Spends a right code. [`Guard::CodeUnspent`] refuses the commit if anything happened to the
    /// address's codes since it was checked.
    ///
    /// # Errors
    /// When it cannot be written as an item.
    pub fn spend(&self, commit: &mut Commit, code: &RightCode) -> Result<(), CloudError> {
        self.item(&code.email)
            .replace_in(commit, Guard::CodeUnspent, &code.reading, &code.next)
    }

    /// Uses up the proof of an address, as opening its account does. [`Guard::AddressProved`]
    /// refuses the commit if there is none at `now`. Needs no secret.
    ///
    /// # Errors
    /// When it cannot be written as an item.
    pub fn use_proof(
        &self,
        commit: &mut Commit,
        email: &Email,
        now: Moment,
    ) -> Result<(), CloudError> {
        let update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(stored::key(partition(email), OTP)))
            .condition_expression("verified_until > :now")
            .update_expression(
                "SET revision = :revision REMOVE verified_until, verified_hash, verified_wrong_tries",
            )
            .expression_attribute_values(":now", stored::s(now))
            .expression_attribute_values(":revision", stored::s(clock::fresh_ulid().to_string()))
            .build()
            .map_err(CloudError::call("an address's proof"))?;
        commit.push(
            Guard::AddressProved,
            TransactWriteItem::builder().update(update).build(),
        );
        Ok(())
    }

    fn item(&self, email: &Email) -> Revised<'_> {
        Revised {
            table: &self.table,
            pk: partition(email),
            sk: OTP,
            what: "the one-time code of an address",
        }
    }

    async fn hash(&self, email: &Email, code: &OtpCode) -> Result<String, CloudError> {
        keyed_hash(self.cloud.otp_pepper().await?, email, code)
    }
}

fn is(hash: &str) -> impl Fn(&str) -> bool {
    move |known| bool::from(known.as_bytes().ct_eq(hash.as_bytes()))
}

fn keyed_hash(key: &str, email: &Email, code: &OtpCode) -> Result<String, CloudError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes())
        .map_err(CloudError::malformed("the key of one-time codes"))?;
    mac.update(email.as_str().as_bytes());
    // No address has a line break, so that address and code cannot run into each other.
    mac.update(b"\n");
    mac.update(code.as_str().as_bytes());
    Ok(URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

pub(crate) fn partition(email: &Email) -> String {
    format!("EMAIL#{}", email.as_str())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::account::Email;
    use callout_domain::otp::OtpCode;

    use super::keyed_hash;

    fn hash(key: &str, email: &str, code: &str) -> String {
        let email = Email::parse(email).unwrap();
        keyed_hash(key, &email, &OtpCode::parse(code).unwrap()).unwrap()
    }

    #[test]
    fn a_hash_is_of_one_key_one_address_and_one_code() {
        let one = hash("pepper", "a@example.com", "123456");
        assert_eq!(one, hash("pepper", "A@example.com", "123456"));
        assert_ne!(one, hash("salt", "a@example.com", "123456"));
        assert_ne!(one, hash("pepper", "b@example.com", "123456"));
        assert_ne!(one, hash("pepper", "a@example.com", "123457"));
    }
}
