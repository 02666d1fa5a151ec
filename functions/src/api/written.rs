//! The files in `docs/`: written anew on demand, and else held against what they should be.

use std::path::Path;

/// Fails where the file is not this text, or writes it where `UPDATE_DOCS` is set.
pub(super) fn hold(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs")
        .join(file);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, text).unwrap();
        return;
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    let mut pairs = found.lines().zip(text.lines()).enumerate();
    if let Some((line, (found, expected))) = pairs.find(|(_, (found, expected))| found != expected)
    {
        panic!(
            "docs/{file} differs from the code in line {}: it has {found:?}, and should have \
             {expected:?}. UPDATE_DOCS=1 cargo test --workspace description writes it anew.",
            line + 1
        );
    }
    assert_eq!(
        found.len(),
        text.len(),
        "docs/{file} ends otherwise than the code"
    );
}
