//! What is printed: tables that are Markdown and line up as plain text, and what a reader needs to
//! judge them.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use crate::Result;
use crate::process::{Program, version_of};

/// A table under construction.
#[derive(Debug)]
pub(crate) struct Table {
    title: String,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(title: &str, columns: &[&str]) -> Self {
        Self {
            title: title.to_owned(),
            rows: vec![columns.iter().map(ToString::to_string).collect()],
        }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    fn render(&self) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..self.rows[0].len()).map(width).collect();
        let mut text = format!("## {}\n\n", self.title);
        for (number, row) in self.rows.iter().enumerate() {
            text.push('|');
            for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                let _ = if column == 0 {
                    write!(text, " {cell:<width$} |")
                } else {
                    write!(text, " {cell:>width$} |")
                };
            }
            text.push('\n');
            if number == 0 {
                let rule = widths.iter().enumerate().map(|(column, &width)| match column {
                    0 => "-".repeat(width + 2) + "|",
                    _ => "-".repeat(width + 1) + ":|",
                });
                let _ = writeln!(text, "|{}", rule.collect::<String>());
            }
        }
        text
    }
}

/// Where the report goes: the terminal, and a file if one was named.
#[derive(Debug)]
pub(crate) struct Report {
    markdown: Option<PathBuf>,
    text: String,
}

impl Report {
    pub(crate) fn new(markdown: Option<PathBuf>) -> Self {
        Self { markdown, text: String::new() }
    }

    pub(crate) fn table(&mut self, table: &Table) -> Result<()> {
        self.text(&table.render())
    }

    pub(crate) fn text(&mut self, text: &str) -> Result<()> {
        writeln!(std::io::stdout(), "{text}")?;
        writeln!(self.text, "{text}")?;
        match &self.markdown {
            Some(path) => Ok(fs::write(path, &self.text)?),
            None => Ok(()),
        }
    }
}

/// A line on the terminal about what is going on; it belongs to no report.
pub(crate) fn progress(text: &str) {
    let _ = writeln!(std::io::stderr(), "  {text}");
}

/// The machine and the versions.
pub(crate) fn circumstances(programs: &[&Program]) -> Result<String> {
    let file = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let field = |path: &str, name: &str| {
        let text = file(path);
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.split_once(':'));
        value.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let cpus = std::thread::available_parallelism()?;
    let mut text = format!("- machine: {cpus} CPUs ({})", field("/proc/cpuinfo", "model name"));
    let memory = field("/proc/meminfo", "MemTotal");
    let memory_gib = memory.trim_end_matches(" kB").parse::<f64>().unwrap_or_default() / 1048576.0;
    let kernel = file("/proc/sys/kernel/osrelease");
    writeln!(text, ", {memory_gib:.0} GiB, Linux {}", kernel.trim())?;
    writeln!(text, "- load average when the run began: {}", file("/proc/loadavg").trim())?;
    for program in programs {
        let pinned = program.cpu.map(|cpu| format!(", on CPU {cpu}")).unwrap_or_default();
        writeln!(
            text,
            "- {}: `{}`{pinned}: {}",
            program.label,
            command_line(&program.command),
            program.version()?
        )?;
    }
    if let Ok(version) = version_of("rustc") {
        writeln!(text, "- driver: redstart-bench {}, {version}", env!("CARGO_PKG_VERSION"))?;
    }
    Ok(text)
}

/// The words as they would be typed, paths relative to where the run was started.
fn command_line(words: &[String]) -> String {
    let here = std::env::current_dir().map(|here| format!("{}/", here.display()));
    let here = here.unwrap_or_default();
    let typed = words.iter().map(|word| match word.strip_prefix(&here).unwrap_or(word) {
        "" => "\"\"",
        word => word,
    });
    typed.collect::<Vec<_>>().join(" ")
}

/// A count with its thousands apart.
pub(crate) fn thousands(count: f64) -> String {
    let digits = format!("{count:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && digit.is_ascii_digit() && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// Three significant digits, more or less.
pub(crate) fn short(number: f64) -> String {
    match number.abs() {
        n if n < 10.0 => format!("{number:.2}"),
        n if n < 100.0 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
}
