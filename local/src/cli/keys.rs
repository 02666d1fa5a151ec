//! `callout keys`: a key pair for access tokens, which `CloudFormation` cannot make.

use std::io::Write as _;

use callout_local::cloud::TokenKey;

use super::Failure;

/// Makes a key pair and tells where its halves go.
pub(super) fn run() -> Result<(), Failure> {
    let key = TokenKey::generate()?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "TokenPublicKeys={}", key.public_entry())?;
    writeln!(out, "TokenSigningKey={}", key.private_base64())?;
    // Apart, so that the halves can be taken by a program.
    eprintln!("{ADVICE}");
    Ok(())
}

const ADVICE: &str = "
The first is the parameter TokenPublicKeys of the template: the public key under its name. It takes
several keys with commas between them, which all verify (docs/operations.md says how to rotate them).
The second is the value of the secret TokenSigningKey. Keep it nowhere else.

  sam deploy --config-env dev --parameter-overrides Stage=dev <the first line>
  aws secretsmanager put-secret-value --secret-id <TokenSigningKey's ARN> --secret-string <the second's value>";
