//! Kernel `json`: a parser by recursive descent that builds nothing: it folds what it sees into a checksum.

static TEXT: &[u8] = br#"{"id": 4711, "name": "sensor \"north\"", "unit": "celsius", "on": true, "error": null,
 "limits": {"low": -40, "high": 125, "steps": [1, 2, 5, 10, 20, 50]},
 "values": [21.5, 21.75, 22.0, 22.25, 21.9, 21.0, 20.5, -3.25, 1e3],
 "history": [{"t": 1700000000, "v": [1, 2, 3]}, {"t": 1700000060, "v": [4, 5, 6]}, {"t": 1700000120, "v": []}],
 "tags": ["roof", "north", "\u00e4\n"], "nested": [[[[[]]]]]}"#;

/// Checksum of the text, from a seed on; 0 if it is wrong, which it is not.
pub fn checksum(seed: u32) -> u32 {
    let mut parser = Parser { text: TEXT, at: 0, sum: seed };
    if parser.value(0).is_some() { parser.sum } else { 0 }
}

/// How deep values may be in values.
const DEPTH_MAX: u32 = 12;

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    sum: u32,
}

impl Parser<'_> {
    fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    fn fold(&mut self, value: u32) {
        self.sum = (self.sum ^ value).wrapping_mul(16_777_619);
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        self.skip_space();
        (self.peek() == byte).then(|| self.at += 1)
    }

    #[inline(never)]
    fn value(&mut self, depth: u32) -> Option<()> {
        self.skip_space();
        match self.peek() {
            _ if depth == DEPTH_MAX => None,
            b'{' => self.list(b'}', depth),
            b'[' => self.list(b']', depth),
            b'"' => self.string(),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.number(),
        }
    }

    fn list(&mut self, end: u8, depth: u32) -> Option<()> {
        self.at += 1;
        self.fold(end.into());
        if self.take(end).is_some() {
            return Some(());
        }
        loop {
            if end == b'}' {
                self.skip_space();
                self.string()?;
                self.take(b':')?;
            }
            self.value(depth + 1)?;
            if self.take(b',').is_none() {
                return self.take(end);
            }
        }
    }

    #[inline(never)]
    fn string(&mut self) -> Option<()> {
        self.take(b'"')?;
        loop {
            let byte = *self.text.get(self.at)?;
            self.at += 1;
            match byte {
                b'"' => return Some(()),
                b'\\' => {
                    self.fold(self.peek().into());
                    self.at += 1;
                }
                _ => self.fold(byte.into()),
            }
        }
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        for byte in word {
            (self.peek() == *byte).then(|| self.at += 1)?;
        }
        self.fold(word.len() as u32);
        Some(())
    }

    #[inline(never)]
    fn number(&mut self) -> Option<()> {
        let (mut value, start) = (0_u32, self.at);
        while let byte @ (b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E') = self.peek() {
            value = if byte.is_ascii_digit() { value.wrapping_mul(10) + u32::from(byte - b'0') } else { !value };
            self.at += 1;
        }
        self.fold(value);
        (self.at > start).then_some(())
    }
}
