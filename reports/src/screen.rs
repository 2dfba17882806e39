//! Text for a terminal, in ANSI colours (ECMA-48 SGR) where it has them.

use history::Mark;

/// What is written so far.
pub(crate) struct Screen {
    colour: bool,
    /// Lines, each with its break.
    pub out: String,
}

impl Screen {
    /// An empty one.
    pub(crate) fn new(colour: bool) -> Self {
        Self {
            colour,
            out: String::new(),
        }
    }

    /// One more line.
    pub(crate) fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    /// A text in a colour or a weight.
    pub(crate) fn paint(&self, text: &str, code: &str) -> String {
        if self.colour {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// A text in the colour of a mark.
    pub(crate) fn mark(&self, mark: Mark, text: &str) -> String {
        let code = match mark {
            Mark::Pass => "1;32",
            Mark::Fail => "1;31",
            Mark::Inconclusive => "1;33",
        };
        self.paint(text, code)
    }

    /// A title with a line before it.
    pub(crate) fn title(&mut self, text: &str) {
        let title = self.paint(text, "1");
        self.line("");
        self.line(&title);
    }
}
