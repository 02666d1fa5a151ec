//! What is to be done.

use serde::{Deserialize, Serialize};

/// What a seeker wants done, in their words: 1 to 1,000 characters without the space around them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Task(String);

/// What is wrong with a text that should have been a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {} characters long", Task::MOST_CHARACTERS)]
pub struct NotATask;

impl Task {
    const MOST_CHARACTERS: usize = 1_000;

    /// The text that somebody typed.
    ///
    /// # Errors
    /// [`NotATask`] for nothing but space, and for more than 1,000 characters.
    pub fn parse(typed: &str) -> Result<Self, NotATask> {
        let text = typed.trim();
        if text.is_empty() || text.chars().nth(Self::MOST_CHARACTERS).is_some() {
            return Err(NotATask);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Says nothing of what was said: it is between two people.
impl std::fmt::Debug for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Task(…)")
    }
}

impl TryFrom<String> for Task {
    type Error = NotATask;

    fn try_from(text: String) -> Result<Self, NotATask> {
        Self::parse(&text)
    }
}

impl From<Task> for String {
    fn from(task: Task) -> Self {
        task.0
    }
}

#[cfg(test)]
mod tests {
    use super::{NotATask, Task};

    #[test]
    fn a_task_has_1_to_1_000_characters_of_any_script() {
        for character in ["a", "औ", "🔧"] {
            let longest = character.repeat(1_000);
            let task = Task::parse(&format!("  {longest}\n"));
            assert_eq!(task.map(|task| task.0), Ok(longest));
            assert_eq!(Task::parse(&character.repeat(1_001)), Err(NotATask));
        }
        for nothing in ["", "   ", "\n\t\u{a0}"] {
            assert_eq!(Task::parse(nothing), Err(NotATask), "{nothing:?}");
        }
        assert_eq!(NotATask.to_string(), "must be 1 to 1000 characters long");
    }

    #[test]
    fn it_is_not_shown_by_accident() {
        let task = Task::parse("Paint the wall");
        assert!(!format!("{task:?}").contains("Paint"));
    }
}
