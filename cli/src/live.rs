//! A text in the terminal that is shown anew in its own place. No screen is taken, no mode is changed: what was there before
//! stays above, and whoever is interrupted leaves the terminal as it was.

use crate::exit::CommandResult;
use crate::terminal;
use console::{Term, measure_text_width};
use std::io::IsTerminal;

/// Rows and columns of the terminal at standard output; `None`: it is none.
pub fn size() -> Option<(u16, u16)> {
    std::io::stdout().is_terminal().then(|| Term::stdout().size_checked().unwrap_or((24, 80)))
}

/// Rows that a line of so many signs takes.
fn height(width: usize, columns: u16) -> usize {
    width.div_ceil(usize::from(columns.max(1))).max(1)
}

/// Rows that a text takes where there are so many columns: the terminal breaks long lines.
pub fn rows(text: &str, columns: u16) -> usize {
    text.lines().map(|line| height(measure_text_width(line), columns)).sum()
}

/// What is shown.
#[derive(Debug, Default)]
pub struct Live {
    /// The width of each of its lines.
    shown: Vec<usize>,
}

impl Live {
    /// Shows a text in place of the last one.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub fn show(&mut self, text: &str, size: (u16, u16)) -> CommandResult {
        terminal::print(&self.frame(text, size))
    }

    /// What the terminal is to be sent. It breaks long lines by itself, so their rows are counted with its width of now.
    fn frame(&mut self, text: &str, (rows, columns): (u16, u16)) -> String {
        let up: usize = self.shown.iter().map(|width| height(*width, columns)).sum();
        let most = usize::from(rows.max(2)) - 1;
        let mut frame = String::new();
        if up > 0 {
            frame.push_str(&format!("\x1b[{}A", up.min(most)));
        }
        frame.push_str("\r\x1b[J");
        self.shown.clear();
        let mut used = 0;
        for line in text.lines() {
            let width = measure_text_width(line);
            used += height(width, columns);
            // What scrolls out of sight could not be shown anew.
            if used > most {
                break;
            }
            frame.push_str(line);
            frame.push('\n');
            self.shown.push(width);
        }
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_takes_the_place_of_the_one_before() {
        let mut live = Live::default();
        assert_eq!(live.frame("one\ntwo\n", (24, 80)), "\r\x1b[Jone\ntwo\n");
        assert_eq!(live.frame("three\n", (24, 80)), "\x1b[2A\r\x1b[Jthree\n");
        assert_eq!(live.frame("four\n", (24, 80)), "\x1b[1A\r\x1b[Jfour\n");
    }

    #[test]
    fn a_line_that_the_terminal_breaks_counts_as_often_as_it_has_rows() {
        let mut live = Live::default();
        live.frame(&format!("{}\n", "x".repeat(81)), (24, 80));
        // The terminal was made narrower since: it shows three rows of the line now.
        assert!(live.frame("y\n", (24, 30)).starts_with("\x1b[3A"));
        live.frame(&format!("{}\n", "▁".repeat(80)), (24, 80));
        assert!(live.frame("y\n", (24, 80)).starts_with("\x1b[1A"), "one row, though it has 240 bytes");
    }

    #[test]
    fn what_is_taller_than_the_terminal_is_cut() {
        let mut live = Live::default();
        assert_eq!(live.frame("1\n2\n3\n4\n5\n", (4, 80)), "\r\x1b[J1\n2\n3\n");
        assert!(live.frame("1\n", (4, 80)).starts_with("\x1b[3A"));
    }
}
