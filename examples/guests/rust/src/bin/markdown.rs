//! `markdown [--colour] [--width N] [--html] [FILE]`: renders Markdown (CommonMark, tables, task lists, strikethrough) as text for
//! a terminal, with ANSI colours on request, or as HTML. Parsing is pulldown-cmark's; the layout is here.
//!
//! Inline text gathers in `spans` until its block ends, and is then wrapped between the prefixes of the quotes and list
//! items it stands in. Widths are counted in characters.
#![forbid(unsafe_code)]

use guests::{Args, fail, read_text, write_stdout};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

const USAGE: &str = "usage: markdown [--colour] [--width N] [--html] [FILE]";

fn main() {
    let mut args = Args::from_env();
    let colour = args.flag(&["--colour", "--color"]);
    let as_html = args.flag(&["--html"]);
    let width = args.number("--width").unwrap_or(80);
    let operands = args.operands(USAGE);
    if operands.len() > 1 {
        fail(USAGE);
    }
    let text = read_text(operands.first().map(String::as_str));
    let parser =
        Parser::new_ext(&text, Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH);
    let mut out = String::new();
    if as_html {
        html::push_html(&mut out, parser);
    } else {
        let mut renderer = Renderer::new(colour, width);
        parser.for_each(|event| renderer.event(event));
        out = renderer.out;
    }
    write_stdout(out.as_bytes());
}

/// How a piece of text looks: a set of bits, each with its ANSI code.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Style(u8);

impl Style {
    const CODES: [&'static str; 8] = ["1", "3", "36", "4;34", "9", "1;35", "2", "33"];
    const BOLD: Self = Self(1);
    const ITALIC: Self = Self(2);
    const CODE: Self = Self(4);
    const LINK: Self = Self(8);
    const STRUCK: Self = Self(16);
    const HEADING: Self = Self(32);
    const DIM: Self = Self(64);
    const MARK: Self = Self(128);

    fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// Text of one style.
struct Span {
    text: String,
    style: Style,
}

/// What a quote or list item puts before its first line and before the others.
struct Prefix {
    first: Option<String>,
    rest: String,
}

struct Renderer {
    colour: bool,
    width: usize,
    out: String,
    spans: Vec<Span>,
    style: Style,
    prefixes: Vec<Prefix>,
    /// The open lists: the next number, or none for bullets.
    lists: Vec<Option<u64>>,
    /// Whether a blank line is due before the next block.
    gap: bool,
    in_code: bool,
    link: String,
    link_start: usize,
    rows: Vec<Vec<Vec<Span>>>,
}

impl Renderer {
    fn new(colour: bool, width: usize) -> Self {
        Self {
            colour,
            width,
            out: String::new(),
            spans: Vec::new(),
            style: Style::default(),
            prefixes: Vec::new(),
            lists: Vec::new(),
            gap: false,
            in_code: false,
            link: String::new(),
            link_start: 0,
            rows: Vec::new(),
        }
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.in_code => self.code_lines(&text),
            Event::Text(text) => self.push(&text, self.style),
            Event::Code(text) => self.push(&text, self.style.with(Style::CODE)),
            Event::SoftBreak => self.push(" ", self.style),
            Event::HardBreak => self.push("\n", self.style),
            Event::Rule => {
                self.begin_block();
                let rule = "─".repeat(self.room());
                self.line(&[Span { text: rule, style: Style::DIM }]);
                self.gap = true;
            }
            Event::TaskListMarker(done) => self.push(if done { "☑ " } else { "☐ " }, Style::MARK),
            Event::Html(text) | Event::InlineHtml(text) => self.push(&text, Style::DIM),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.begin_block(),
            Tag::Heading { level, .. } => {
                self.begin_block();
                self.style = Style::HEADING;
                if level > HeadingLevel::H2 {
                    self.push(&format!("{} ", "#".repeat(level as usize)), self.style);
                }
            }
            Tag::BlockQuote(_) => {
                self.begin_block();
                let bar = self.paint("│ ", Style::DIM);
                self.prefixes.push(Prefix { first: None, rest: bar });
            }
            Tag::CodeBlock(kind) => {
                self.begin_block();
                self.in_code = true;
                if let CodeBlockKind::Fenced(language) = kind
                    && !language.is_empty()
                {
                    self.line(&[Span { text: format!("  [{language}]"), style: Style::DIM }]);
                }
            }
            Tag::List(first) => {
                if self.lists.is_empty() || self.spans.is_empty() {
                    self.begin_block();
                } else {
                    self.flush();
                }
                self.lists.push(first);
            }
            Tag::Item => self.start_item(),
            Tag::Table(_) => {
                self.begin_block();
                self.rows.clear();
            }
            Tag::TableHead => {
                self.rows.push(Vec::new());
                self.style = Style::BOLD;
            }
            Tag::TableRow => self.rows.push(Vec::new()),
            Tag::Emphasis => self.style = self.style.with(Style::ITALIC),
            Tag::Strong => self.style = self.style.with(Style::BOLD),
            Tag::Strikethrough => self.style = self.style.with(Style::STRUCK),
            Tag::Link { dest_url, .. } => {
                self.link = dest_url.to_string();
                self.link_start = self.spans.len();
                self.style = self.style.with(Style::LINK);
            }
            Tag::Image { .. } => self.push("[image: ", Style::DIM),
            _ => {}
        }
    }

    fn start_item(&mut self) {
        self.begin_block();
        let bullets = ["•", "◦", "▪"];
        let depth = self.lists.len();
        let marker = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{:>2}. ", *number - 1)
            }
            _ => format!(" {} ", bullets[(depth - 1) % bullets.len()]),
        };
        let rest = " ".repeat(marker.chars().count());
        let first = Some(self.paint(&marker, Style::MARK));
        self.prefixes.push(Prefix { first, rest });
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => {
                self.flush();
                self.gap = true;
            }
            TagEnd::Heading(level) => self.end_heading(level),
            TagEnd::BlockQuote(_) => {
                self.prefixes.pop();
                self.gap = true;
            }
            TagEnd::CodeBlock => {
                self.in_code = false;
                self.gap = true;
            }
            TagEnd::List(_) => {
                self.lists.pop();
                self.gap |= self.lists.is_empty();
            }
            TagEnd::Item => {
                self.flush();
                self.prefixes.pop();
            }
            TagEnd::Table => {
                self.table();
                self.gap = true;
            }
            TagEnd::TableHead => self.style = Style::default(),
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.spans);
                self.rows.last_mut().expect("a cell stands in a row").push(cell);
            }
            TagEnd::Emphasis => self.style = self.style.without(Style::ITALIC),
            TagEnd::Strong => self.style = self.style.without(Style::BOLD),
            TagEnd::Strikethrough => self.style = self.style.without(Style::STRUCK),
            TagEnd::Link => self.end_link(),
            TagEnd::Image => self.push("]", Style::DIM),
            _ => {}
        }
    }

    /// Underlines the two upper levels over the heading's own length.
    fn end_heading(&mut self, level: HeadingLevel) {
        let length = self.spans.iter().map(|span| span.text.chars().count()).sum::<usize>().min(self.room());
        self.flush();
        let rule = match level {
            HeadingLevel::H1 => "═",
            HeadingLevel::H2 => "─",
            _ => "",
        };
        if !rule.is_empty() {
            self.line(&[Span { text: rule.repeat(length), style: Style::HEADING }]);
        }
        self.style = Style::default();
        self.gap = true;
    }

    /// Names the address of a link behind its text, unless the text is the address.
    fn end_link(&mut self) {
        self.style = self.style.without(Style::LINK);
        let shown: String = self.spans[self.link_start..].iter().map(|span| span.text.as_str()).collect();
        if shown != self.link {
            let address = format!(" <{}>", self.link);
            self.push(&address, Style::DIM);
        }
    }

    fn push(&mut self, text: &str, style: Style) {
        self.spans.push(Span { text: text.to_string(), style });
    }

    /// Ends what is open in a tight list item, and puts the blank line that is due.
    fn begin_block(&mut self) {
        self.flush();
        if self.gap {
            for prefix in &self.prefixes {
                self.out.push_str(prefix.rest.as_str());
            }
            self.out.truncate(self.out.trim_end_matches(' ').len());
            self.out.push('\n');
            self.gap = false;
        }
    }

    /// Columns left between the prefixes and the right edge.
    fn room(&self) -> usize {
        let used: usize =
            self.prefixes
                .iter()
                .map(|prefix| {
                    if prefix.first.is_some() || self.lists.is_empty() { 2 } else { prefix.rest.chars().count().min(4) }
                })
                .sum();
        self.width.saturating_sub(used).max(8)
    }

    /// Wraps the gathered spans: words are what stands between blanks, over span borders.
    fn flush(&mut self) {
        let spans = std::mem::take(&mut self.spans);
        if spans.is_empty() {
            return;
        }
        let room = self.room();
        let mut line: Vec<Span> = Vec::new();
        let mut column = 0;
        for word in words(&spans) {
            let length: usize = word.iter().map(|span| span.text.chars().count()).sum();
            let breaks = word.first().is_some_and(|span| span.text == "\n");
            if column > 0 && (breaks || column + 1 + length > room) {
                self.line(&line);
                line.clear();
                column = 0;
            }
            if breaks {
                continue;
            }
            if let (Some(last), Some(first)) = (line.last(), word.first()) {
                // The blank between two words keeps a style only if both share it.
                let style = if last.style == first.style { last.style } else { Style::default() };
                line.push(Span { text: " ".to_string(), style });
                column += 1;
            }
            column += length;
            line.extend(word);
        }
        if column > 0 {
            self.line(&line);
        }
    }

    fn line(&mut self, spans: &[Span]) {
        let mut text = String::new();
        for prefix in &mut self.prefixes {
            match prefix.first.take() {
                Some(first) => text.push_str(&first),
                None => text.push_str(&prefix.rest),
            }
        }
        let mut rest = spans;
        while let Some(first) = rest.first() {
            let run = rest.iter().take_while(|span| span.style == first.style).count();
            let joined: String = rest[..run].iter().map(|span| span.text.as_str()).collect();
            text.push_str(&self.paint(&joined, first.style));
            rest = &rest[run..];
        }
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    fn code_lines(&mut self, text: &str) {
        for line in text.lines() {
            self.line(&[Span { text: format!("    {line}"), style: Style::CODE }]);
        }
    }

    fn table(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        let length = |cell: &[Span]| cell.iter().map(|span| span.text.chars().count()).sum::<usize>();
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|column| rows.iter().filter_map(|row| row.get(column)).map(|cell| length(cell)).max().unwrap_or(0))
            .collect();
        for (index, row) in rows.into_iter().enumerate() {
            let mut line = Vec::new();
            for (column, cell) in row.into_iter().enumerate() {
                let pad = widths[column] - length(&cell);
                let border = if column == 0 { " " } else { " │ " };
                line.push(Span { text: border.to_string(), style: Style::DIM });
                line.extend(cell);
                line.push(Span { text: " ".repeat(pad), style: Style::default() });
            }
            self.line(&line);
            if index == 0 {
                let rule: Vec<String> = widths.iter().map(|width| "─".repeat(width + 2)).collect();
                self.line(&[Span { text: rule.join("┼"), style: Style::DIM }]);
            }
        }
    }

    fn paint(&self, text: &str, style: Style) -> String {
        if !self.colour || style == Style::default() || text.trim().is_empty() {
            return text.to_string();
        }
        let codes: Vec<&str> = (0..8).filter(|bit| style.0 & (1 << bit) != 0).map(|bit| Style::CODES[bit]).collect();
        format!("\x1b[{}m{text}\x1b[0m", codes.join(";"))
    }
}

/// Splits spans at blanks. A word is a list of spans; a forced line break is a word of its own.
fn words(spans: &[Span]) -> Vec<Vec<Span>> {
    let mut words: Vec<Vec<Span>> = vec![Vec::new()];
    for span in spans {
        for (index, line) in span.text.split('\n').enumerate() {
            if index > 0 {
                words.push(vec![Span { text: "\n".to_string(), style: span.style }]);
                words.push(Vec::new());
            }
            for (index, part) in line.split(' ').enumerate() {
                if index > 0 {
                    words.push(Vec::new());
                }
                if !part.is_empty() {
                    words
                        .last_mut()
                        .expect("starts with one word")
                        .push(Span { text: part.to_string(), style: span.style });
                }
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
