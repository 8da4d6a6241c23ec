//! Where a character of a text stands in the file, whichever way YAML spells the text: plain, quoted, in a block.

use super::Position;

/// Characters of a line that are shown at most.
const WIDEST: usize = 110;

/// The place in `source` of character `column`, from 1, of the text `value` that begins at `start`; one behind the last is
/// the end of the text.
///
/// White space is what YAML folds, so the characters between it are followed one by one.
pub fn place(source: &str, start: Position, value: &str, column: usize) -> Position {
    let mut reader = Reader::new(source, start);
    let wanted = column.saturating_sub(1);
    let mut last = reader.at;
    let mut skipped = 0;
    for (i, c) in value.chars().enumerate() {
        if c.is_whitespace() {
            if i == wanted {
                break;
            }
            skipped += 1;
            continue;
        }
        let Some((from, behind)) = reader.find(c) else { break };
        if i == wanted {
            return from;
        }
        (last, skipped) = (behind, 0);
    }
    Position { line: last.line, column: last.column + skipped }
}

/// The line of a place with carets below `length` characters of it.
pub fn excerpt(source: &str, at: Position, length: usize) -> String {
    let line = source.lines().nth(at.line.saturating_sub(1)).unwrap_or_default();
    let line: Vec<char> = line.chars().map(|c| if c == '\t' { ' ' } else { c }).collect();
    let column = at.column.saturating_sub(1).min(line.len());
    let indent = line.iter().take_while(|c| c.is_whitespace()).count().min(column);
    let from =
        if line.len() - indent > WIDEST { indent.max(column.saturating_sub(WIDEST / 2)) } else { indent };
    let to = line.len().min(from + WIDEST);
    let shown: String = line[from..to].iter().collect();
    let carets = length.clamp(1, (to.saturating_sub(column)).max(1));
    format!("{}\n{}{}", shown.trim_end(), " ".repeat(column - from), "^".repeat(carets))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
}

struct Reader<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    at: Position,
    style: Style,
}

impl<'a> Reader<'a> {
    /// Before the first character of the text: behind a quote, below the line of a block's sign.
    fn new(source: &'a str, start: Position) -> Reader<'a> {
        let before: usize =
            source.split_inclusive('\n').take(start.line.saturating_sub(1)).map(str::len).sum();
        let mut reader = Reader {
            rest: source.get(before..).unwrap_or_default().chars().peekable(),
            at: Position { line: start.line, column: 1 },
            style: Style::Plain,
        };
        while reader.at.column < start.column && reader.step().is_some() {}
        match reader.rest.peek() {
            Some('\'') => reader.style = Style::Single,
            Some('"') => reader.style = Style::Double,
            Some('|' | '>') => while reader.step().is_some_and(|c| c != '\n') {},
            _ => return reader,
        }
        if reader.style != Style::Plain {
            reader.step();
        }
        reader
    }

    fn step(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        self.at = match c {
            '\n' => Position { line: self.at.line + 1, column: 1 },
            _ => Position { line: self.at.line, column: self.at.column + 1 },
        };
        Some(c)
    }

    /// The next place that stands for `wanted`, and the one behind it.
    fn find(&mut self, wanted: char) -> Option<(Position, Position)> {
        loop {
            let from = self.at;
            if self.unit()? == wanted {
                return Some((from, self.at));
            }
        }
    }

    /// One character of the text, however many of the file spell it.
    fn unit(&mut self) -> Option<char> {
        let c = self.step()?;
        match (self.style, c) {
            (Style::Single, '\'') => self.step(),
            (Style::Double, '\\') => match self.step()? {
                'x' => self.code(2),
                'u' => self.code(4),
                'U' => self.code(8),
                // A space, a tab or a line break, which the text has as white space.
                '0' | 'a' | 'b' | 'e' | 'f' | 'n' | 'r' | 't' | 'v' | 'N' | '_' | 'L' | 'P' => Some(' '),
                other => Some(other),
            },
            _ => Some(c),
        }
    }

    fn code(&mut self, digits: u32) -> Option<char> {
        let mut code = 0;
        for _ in 0..digits {
            code = code * 16 + self.step()?.to_digit(16)?;
        }
        char::from_u32(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::yaml;

    /// The character of the file at the place of each character of the text that is no white space.
    #[track_caller]
    fn follows(source: &str, expected: &str) {
        let root = yaml::parse(source).unwrap().remove(0);
        let node = root.get("a").unwrap();
        let value = node.text().unwrap();
        assert_eq!(value, expected);
        let lines: Vec<Vec<char>> = source.lines().map(|line| line.chars().collect()).collect();
        for (i, c) in value.chars().enumerate().filter(|(_, c)| !c.is_whitespace()) {
            let at = place(source, node.at, value, i + 1);
            let found = lines[at.line - 1][at.column - 1];
            let spelled = found == c || found == '\\' || (c == '\'' && found == '\'');
            assert!(spelled, "character {} of {value:?} is at {at:?}, where {found:?} stands", i + 1);
        }
    }

    #[test]
    fn a_character_is_found_in_every_style_of_yaml() {
        follows("a: close > 3 # not a part\n", "close > 3");
        follows("{b: 1, a: close > 3}\n", "close > 3");
        follows("x: 1\na: 'it''s $n'\n", "it's $n");
        follows("a: \"a \\\"b\\\" \\u0063 \\\\ d\\n e\"\n", "a \"b\" c \\ d\n e");
        follows("a: |-\n  close >\n    open and\n  x\n", "close >\n  open and\nx");
        follows("a: >-\n  close >\n  open and\n\n  x\n", "close > open and\nx");
        follows("a: close >\n  open and\n  ü > x\n", "close > open and ü > x");
        follows("a: \"close >\n  open \\\n  and x\"\n", "close > open and x");
    }

    #[test]
    fn the_end_of_a_text_is_behind_its_last_character() {
        let source = "a: \"close >\"\n";
        let start = Position { line: 1, column: 4 };
        assert_eq!(place(source, start, "close >", 8), Position { line: 1, column: 12 });
        assert_eq!(place(source, start, "close >", 6), Position { line: 1, column: 10 });
    }

    #[test]
    fn a_long_line_is_cut_around_the_fault() {
        let source = format!("  {}clos{}", "x".repeat(300), "y".repeat(300));
        let text = excerpt(&source, Position { line: 1, column: 303 }, 4);
        let (line, carets) = text.split_once('\n').unwrap();
        assert_eq!(line.chars().count(), WIDEST);
        assert_eq!(&line[carets.find('^').unwrap()..][..carets.trim().len()], "clos");
        assert_eq!(excerpt("  close >", Position { line: 1, column: 10 }, 1), "close >\n       ^");
    }
}
