//! What was measured, as tables for a person and as JSON for a program.

use std::fmt::{self, Write as _};

use serde_json::{Map, Value, json};

/// Everything that was measured, and on what.
#[derive(Debug)]
pub struct Report {
    machine: Vec<(&'static str, String)>,
    pub(super) sections: Vec<Section>,
}

/// One table.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) title: &'static str,
    /// What one must know to read the figures.
    pub(super) notes: Vec<String>,
    pub(super) columns: Vec<&'static str>,
    pub(super) rows: Vec<Vec<Cell>>,
}

/// One figure or word.
#[derive(Debug, Clone)]
pub(super) enum Cell {
    Text(String),
    Count(u64),
    /// With how many decimals it is shown.
    Number(f64, usize),
    Nothing,
}

impl Cell {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn count(count: usize) -> Self {
        Self::Count(u64::try_from(count).unwrap_or(u64::MAX))
    }

    /// Milliseconds: two decimals under ten, one under a hundred.
    pub(super) fn ms(milliseconds: Option<f64>) -> Self {
        milliseconds.map_or(Self::Nothing, |ms| {
            let decimals = if ms < 10.0 {
                2
            } else {
                usize::from(ms < 100.0)
            };
            Self::Number(ms, decimals)
        })
    }

    fn json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Count(count) => json!(count),
            Self::Number(number, _) => json!((number * 1_000.0).round() / 1_000.0),
            Self::Nothing => Value::Null,
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => formatter.write_str(text),
            Self::Count(count) => formatter.write_str(&grouped(*count)),
            Self::Number(number, decimals) => write!(formatter, "{number:.decimals$}"),
            Self::Nothing => formatter.write_str("-"),
        }
    }
}

impl Report {
    pub(super) fn new() -> Self {
        Self {
            machine: machine(),
            sections: Vec::new(),
        }
    }

    /// As JSON: each table with its rows as objects.
    pub fn json(&self) -> Value {
        let machine: Map<String, Value> = self
            .machine
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        let sections: Vec<Value> = self.sections.iter().map(Section::json).collect();
        json!({"machine": machine, "sections": sections})
    }
}

/// As Markdown, which reads well on a terminal too.
impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let machine: Vec<String> = self
            .machine
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        writeln!(formatter, "{}", machine.join("; "))?;
        for section in &self.sections {
            write!(formatter, "\n{section}")?;
        }
        Ok(())
    }
}

impl Section {
    fn json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            let cells = self.columns.iter().zip(row);
            cells
                .map(|(column, cell)| ((*column).to_owned(), cell.json()))
                .collect::<Map<_, _>>()
        });
        json!({
            "title": self.title,
            "notes": self.notes,
            "rows": rows.map(Value::Object).collect::<Vec<_>>(),
        })
    }
}

impl fmt::Display for Section {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "## {}\n", self.title)?;
        let texts: Vec<Vec<String>> = self
            .rows
            .iter()
            .map(|row| row.iter().map(ToString::to_string).collect())
            .collect();
        let widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(place, column)| {
                let cells = texts.iter().filter_map(|row| row.get(place));
                let widest = cells.map(|cell| cell.chars().count()).max();
                widest.unwrap_or(0).max(column.chars().count()).max(3)
            })
            .collect();
        let is_text = |place: usize| {
            let mut cells = self.rows.iter().filter_map(|row| row.get(place));
            cells.any(|cell| matches!(cell, Cell::Text(_)))
        };
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let mut line = String::from("|");
            for (place, (cell, width)) in cells.zip(&widths).enumerate() {
                let _ = if is_text(place) {
                    write!(line, " {cell:<width$} |")
                } else {
                    write!(line, " {cell:>width$} |")
                };
            }
            line
        };
        writeln!(formatter, "{}", line(&mut self.columns.iter().copied()))?;
        formatter.write_char('|')?;
        for (place, width) in widths.iter().enumerate() {
            let end = if is_text(place) { '-' } else { ':' };
            write!(formatter, "{}{end}|", "-".repeat(width + 1))?;
        }
        writeln!(formatter)?;
        for row in &texts {
            writeln!(formatter, "{}", line(&mut row.iter().map(String::as_str)))?;
        }
        for note in &self.notes {
            write!(formatter, "\n- {note}")?;
        }
        if !self.notes.is_empty() {
            writeln!(formatter)?;
        }
        Ok(())
    }
}

/// 1,000,000.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn machine() -> Vec<(&'static str, String)> {
    let first = |file: &str, name: &str| {
        let text = std::fs::read_to_string(file).ok()?;
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let build = if cfg!(debug_assertions) {
        "debug: these figures mean nothing"
    } else {
        "release"
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let mut machine = vec![
        ("build", build.to_owned()),
        ("system", std::env::consts::OS.to_owned()),
        ("architecture", std::env::consts::ARCH.to_owned()),
        ("cores", cores.to_string()),
    ];
    machine.extend(first("/proc/cpuinfo", "model name").map(|model| ("processor", model)));
    machine.extend(first("/proc/meminfo", "MemTotal").map(|memory| ("memory", memory)));
    machine
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section() -> Section {
        Section {
            title: "Speed",
            notes: vec!["on foot".to_owned()],
            columns: vec!["who", "ms"],
            rows: vec![
                vec![Cell::text("a tortoise"), Cell::ms(Some(1234.56))],
                vec![Cell::text("a hare"), Cell::Nothing],
            ],
        }
    }

    #[test]
    fn a_table_is_aligned_markdown() {
        let expected = "\
## Speed

| who        |   ms |
|------------|-----:|
| a tortoise | 1235 |
| a hare     |    - |

- on foot
";
        assert_eq!(section().to_string(), expected);
    }

    #[test]
    fn json_names_every_figure() {
        let rows = &section().json()["rows"];
        assert_eq!(rows[0], json!({"who": "a tortoise", "ms": 1234.56}));
        assert_eq!(rows[1]["ms"], Value::Null);
    }

    #[test]
    fn large_numbers_are_grouped() {
        for (count, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(count), text);
        }
    }
}
