//! Dead letters: what could not be delivered, kept until somebody looks.

mod door;

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

pub use door::serve;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::watch;

use crate::identifiers::hex;
use crate::state::State;
use crate::template::STACK_NAME;

/// Name of the file in the state folder: one letter a line.
const FILE: &str = "dead-letters.jsonl";

/// The dead-letter queues of a stack. Clones are handles to the same queues.
///
/// A letter is `{queue, received_at, message, records}`: `queue` the queue's logical id,
/// `received_at` RFC 3339, `message` what the queue would hold in AWS, and `records` the records
/// themselves, which AWS leaves in the stream and which are trimmed here.
#[derive(Debug, Clone)]
pub struct DeadLetters {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    file: Mutex<File>,
    count: watch::Sender<u64>,
    /// Keeps a temporary folder for as long as its file is open.
    _state: State,
}

impl DeadLetters {
    /// Opens the queues in the state folder, with what they held before.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(state: &State) -> io::Result<Self> {
        std::fs::create_dir_all(state.path())?;
        let path = state.path().join(FILE);
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        Ok(Self {
            inner: Arc::new(Inner {
                path,
                file: Mutex::new(file),
                count: watch::Sender::new(0),
                _state: state.clone(),
            }),
        })
    }

    /// Adds a letter to the queue of that logical id. Blocks.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add(&self, queue: &str, message: &Value, records: &[Value]) -> io::Result<()> {
        let letter = json!({
            "queue": queue,
            "received_at": OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default(),
            "message": message,
            "records": records,
        });
        let mut line = letter.to_string();
        line.push('\n');
        let mut file = self
            .inner
            .file
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        file.write_all(line.as_bytes())?;
        drop(file);
        self.inner.count.send_modify(|count| *count += 1);
        Ok(())
    }

    /// Takes a letter out of its queue, if it is there. Blocks.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn remove(&self, id: &str) -> io::Result<()> {
        let mut file = self
            .inner
            .file
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let text = std::fs::read_to_string(&self.inner.path)?;
        let rest: String = text
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n') && id_of(line.trim_end()) != id)
            .collect();
        let beside = self.inner.path.with_extension("new");
        std::fs::write(&beside, rest)?;
        std::fs::rename(&beside, &self.inner.path)?;
        *file = OpenOptions::new().append(true).open(&self.inner.path)?;
        Ok(())
    }

    /// Every letter with its name, oldest first. Blocks.
    fn letters(&self) -> Vec<Letter> {
        let Ok(file) = File::open(&self.inner.path) else {
            return Vec::new();
        };
        let lines = BufReader::new(file).lines().map_while(Result::ok);
        lines
            .filter_map(|line| {
                Some(Letter {
                    content: serde_json::from_str(&line).ok()?,
                    id: id_of(&line),
                })
            })
            .collect()
    }

    /// Letters of the queue of that physical name, oldest first. Blocks.
    fn of_physical_queue(&self, name: &str) -> Vec<Letter> {
        let mut letters = self.letters();
        letters.retain(|letter| {
            let queue = letter.content["queue"].as_str().unwrap_or_default();
            name == queue || name == format!("{STACK_NAME}-{queue}")
        });
        letters
    }

    /// Every letter, oldest first. Blocks. What cannot be read is left out: a process may have
    /// ended in the middle of a line.
    pub fn list(&self) -> Vec<Value> {
        let letters = self.letters().into_iter();
        letters.map(|letter| letter.content).collect()
    }

    /// Letters of the queue of that logical id, oldest first. Blocks.
    pub fn in_queue(&self, queue: &str) -> Vec<Value> {
        let mut letters = self.list();
        letters.retain(|letter| letter["queue"] == queue);
        letters
    }

    /// Changes with every letter added from now on: how many there were.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.inner.count.subscribe()
    }
}

/// A letter and its name.
#[derive(Debug)]
struct Letter {
    id: String,
    content: Value,
}

/// A letter has no name of its own in the file: what it says is its name.
fn id_of(line: &str) -> String {
    hex(&Sha256::digest(line.as_bytes()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn letters_outlive_the_process_and_a_broken_line() {
        let state = State::temporary().unwrap();
        let letters = DeadLetters::open(&state).unwrap();
        letters
            .add("Dead", &json!({ "version": "1.0" }), &[json!(1)])
            .unwrap();
        letters.add("Other", &json!({}), &[]).unwrap();
        std::fs::write(
            state.path().join(FILE),
            std::fs::read_to_string(state.path().join(FILE)).unwrap() + "{\"queue\": \"De",
        )
        .unwrap();
        drop(letters);

        let letters = DeadLetters::open(&state).unwrap();
        assert_eq!(letters.list().len(), 2);
        let dead = letters.in_queue("Dead");
        assert_eq!(dead[0]["message"], json!({ "version": "1.0" }));
        assert_eq!(dead[0]["records"], json!([1]));

        let named = letters.of_physical_queue("callout-local-Dead");
        letters.remove(&named[0].id).unwrap();
        letters.remove("of nobody").unwrap();
        assert_eq!(letters.in_queue("Dead"), Vec::<Value>::new());
        assert_eq!(letters.in_queue("Other").len(), 1);
        letters.add("Dead", &json!({}), &[]).unwrap();
        assert_eq!(letters.in_queue("Dead").len(), 1, "written after a removal");
    }
}
