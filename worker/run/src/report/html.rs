//! Markup, with every text escaped.

use std::fmt::Write;

/// Longest text of a file that is shown: what is longer is no name.
const LONGEST: usize = 4000;

/// A text as HTML shows it, in elements and in quoted attributes.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().take(LONGEST) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() && !c.is_whitespace() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// JSON that may stand in a script element: nothing in it ends the element or begins a comment.
pub fn json(value: &serde_json::Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

/// A cell of a table.
pub enum Cell {
    /// Words, to the left.
    Text(String),
    /// A number, to the right.
    Number(String),
    /// A number with a class of colour.
    Shaded(String, &'static str),
}

impl Cell {
    /// Words.
    pub fn text(text: impl Into<String>) -> Cell {
        Cell::Text(text.into())
    }
}

/// A table whose first column names the rows.
pub struct Table {
    caption: String,
    header: Vec<(String, bool)>,
    rows: String,
    empty: bool,
}

impl Table {
    /// `header`: names of the columns; those from the second on are to the right.
    pub fn new(caption: &str, header: &[&str]) -> Table {
        let header = header.iter().enumerate().map(|(i, name)| ((*name).to_owned(), i > 0)).collect();
        Table { caption: caption.to_owned(), header, rows: String::new(), empty: true }
    }

    /// Columns with words.
    pub fn words(mut self, columns: &[usize]) -> Table {
        for (_, (_, right)) in self.header.iter_mut().enumerate().filter(|(i, _)| columns.contains(i)) {
            *right = false;
        }
        self
    }

    /// A row: its name and its cells.
    pub fn row(&mut self, name: &str, cells: impl IntoIterator<Item = Cell>) {
        self.marked(name, "", cells);
    }

    /// A row of a class.
    pub fn marked(&mut self, name: &str, class: &str, cells: impl IntoIterator<Item = Cell>) {
        self.empty = false;
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        let _ = write!(self.rows, "<tr{class}><th scope=\"row\">{}</th>", escape(name));
        for cell in cells {
            let _ = match cell {
                Cell::Text(text) => write!(self.rows, "<td>{}</td>", escape(&text)),
                Cell::Number(text) => write!(self.rows, "<td class=\"n\">{}</td>", escape(&text)),
                Cell::Shaded(text, class) => {
                    write!(self.rows, "<td class=\"n {class}\">{}</td>", escape(&text))
                }
            };
        }
        self.rows.push_str("</tr>\n");
    }

    /// The markup; nothing without a row.
    pub fn finish(self) -> String {
        if self.empty {
            return String::new();
        }
        let caption = escape(&self.caption);
        let head = self.header.iter().map(|(name, right)| {
            let class = if *right { " class=\"n\"" } else { "" };
            // An empty header is no header to who hears the page.
            if name.is_empty() {
                "<td></td>".to_owned()
            } else {
                format!("<th scope=\"col\"{class}>{}</th>", escape(name))
            }
        });
        format!(
            "<div class=\"wide\" role=\"region\" aria-label=\"{caption}\" tabindex=\"0\"><table><caption>{caption}</caption>\
             <thead><tr>{}</tr></thead>\n<tbody>{}</tbody></table></div>\n",
            head.collect::<String>(),
            self.rows
        )
    }
}

/// A paragraph.
pub fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escape(text))
}

/// A remark in small print.
pub fn note(text: &str) -> String {
    format!("<p class=\"note\">{}</p>\n", escape(text))
}

/// A section with its heading; nothing without content.
pub fn section(id: &str, heading: &str, content: &str) -> String {
    if content.is_empty() {
        return String::new();
    }
    format!(
        "<section id=\"{id}\" aria-labelledby=\"{id}-h\"><h2 id=\"{id}-h\">{}</h2>\n{content}</section>\n",
        escape(heading)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup() {
        assert_eq!(escape("<b a=\"x\" b='y'>&\u{1}"), "&lt;b a=&quot;x&quot; b=&#39;y&#39;&gt;&amp;\u{fffd}");
        let mut table = Table::new("<i>", &["<b>", "</table>"]);
        table.row("<script>", [Cell::text("</td>"), Cell::Number("<".into())]);
        let text = table.finish();
        assert!(!text.contains("<script") && !text.contains("<i>") && !text.contains("<b>"), "{text}");
        assert_eq!(text.matches("</table>").count(), 1);
    }

    #[test]
    fn no_json_ends_its_script() {
        let value = serde_json::json!({"a": "</script><!--"});
        let text = json(&value);
        assert!(!text.contains('<'), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
