//! The last words of a process: a small file that Kubernetes keeps in the status of the finished container.

use std::io;
use std::path::Path;

use super::exit::Exit;

/// What Kubernetes keeps of the file, in bytes.
pub const LIMIT: usize = 4096;

/// Writes `text`, cut to [`LIMIT`] bytes at a character.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    std::fs::write(path, cut(text, LIMIT))
}

/// Why a process failed, as JSON that stays whole whatever the length of the error: `{"reason": .., "message": ..}`.
pub fn failure(exit: &Exit) -> String {
    let message = format!("{:#}", exit.error);
    // Escapes may make text six times as long.
    let mut limit = message.len();
    loop {
        let text =
            serde_json::json!({"reason": exit.reason.as_str(), "message": cut(&message, limit)}).to_string();
        if text.len() <= LIMIT {
            return text;
        }
        limit = limit.min(LIMIT) * 3 / 4;
    }
}

fn cut(text: &str, limit: usize) -> &str {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::exit::Code;

    #[test]
    fn a_failure_of_any_length_is_whole_json_within_the_limit() {
        for message in ["short".to_owned(), "é\n\u{1}".repeat(5000)] {
            let text = failure(&Exit::new(Code::DataInvalid, anyhow::anyhow!(message.clone())));
            assert!(text.len() <= LIMIT, "{}", text.len());
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(value["reason"], "DataInvalid");
            assert!(message.starts_with(value["message"].as_str().unwrap()));
        }
    }
}
