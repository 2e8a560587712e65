//! Separates the code of a Rust source from its comments and literals, as far as the rules need it: a small scanner
//! over bytes, not a parser. The text keeps its length and its lines, so that line numbers stay right.

/// The source with the contents of comments, strings and character literals replaced by spaces.
pub fn code_only(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = Vec::with_capacity(bytes.len());
    while code.len() < bytes.len() {
        let at = code.len();
        let length = hidden_length(bytes, at);
        if length == 0 {
            code.push(bytes[at]);
        } else {
            let end = (at + length).min(bytes.len());
            code.extend(bytes[at..end].iter().map(|&byte| if byte == b'\n' { b'\n' } else { b' ' }));
        }
    }
    // Only whole literals and comments are blanked, so what is left is still UTF-8.
    String::from_utf8_lossy(&code).into_owned()
}

/// Length of the comment or literal that starts at `at`; 0 if none does.
fn hidden_length(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let in_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    match rest {
        [b'/', b'/', ..] => rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len()),
        [b'/', b'*', ..] => block_comment_length(rest),
        [b'"', ..] => string_length(rest),
        [b'\'', ..] => character_length(rest),
        [b'r' | b'b' | b'c', ..] if !in_word => raw_string_length(rest),
        _ => 0,
    }
}

/// Block comments nest.
fn block_comment_length(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    rest.len()
}

/// `"…"`, with escapes.
fn string_length(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// `'x'`, `'\n'`, `'\u{1f}'`; 0 for a lifetime, which has no closing quote after one character.
fn character_length(rest: &[u8]) -> usize {
    if rest.get(1) == Some(&b'\\') {
        let close = rest.iter().skip(3).position(|&byte| byte == b'\'');
        return close.map_or(0, |position| position + 4);
    }
    let character = std::str::from_utf8(&rest[1..rest.len().min(5)]).map_or_else(
        |error| if error.valid_up_to() > 0 { first_length(rest[1]) } else { 1 },
        |_| rest.get(1).map_or(1, |&byte| first_length(byte)),
    );
    if rest.get(1 + character) == Some(&b'\'') { character + 2 } else { 0 }
}

/// Length of the UTF-8 character that starts with `byte`.
fn first_length(byte: u8) -> usize {
    match byte {
        0..0x80 => 1,
        0x80..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0.. => 4,
    }
}

/// `r"…"`, `r#"…"#`, `br"…"`, `cr"…"`; 0 if it is not one. Other prefixed strings are found at their quote.
fn raw_string_length(rest: &[u8]) -> usize {
    let prefix = match rest {
        [b'r', ..] => 1,
        [b'b' | b'c', b'r', ..] => 2,
        _ => return 0,
    };
    let hashes = rest[prefix..].iter().take_while(|&&byte| byte == b'#').count();
    if rest.get(prefix + hashes) != Some(&b'"') {
        return 0;
    }
    let mut close = vec![b'"'];
    close.resize(hashes + 1, b'#');
    let start = prefix + hashes + 1;
    let end = rest[start..].windows(close.len()).position(|window| window == close);
    end.map_or(rest.len(), |position| start + position + close.len())
}

#[cfg(test)]
mod tests {
    use super::code_only;

    #[test]
    fn comments_and_literals_become_spaces() {
        let cases = [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d\n */ e", "a               \n    e"),
            (r#"f("x\"y", 1)"#, "f(      , 1)"),
            (r##"f(r#"x"y"#)"##, "f(        )"),
            (r#"f(br"x\")"#, "f(      )"),
            (r"f('\'', 'x', '\u{1f}')", "f(    ,    ,         )"),
            ("f('€', b'x')", "f(     , b   )"),
            ("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}"),
            ("r#type = var\"x\"", "r#type = var   "),
            ("let s = \"open", "let s =      "),
        ];
        for (text, expected) in cases {
            assert_eq!(code_only(text), expected, "{text}");
        }
    }

    #[test]
    fn every_prefix_of_a_source_can_be_scanned() {
        let text = "fn f<'a>() { g('\\u{1f}', '€', r#\"x\"#, \"\\\"\"); /* /* */ */ } // é\n";
        for (end, _) in text.char_indices() {
            assert_eq!(code_only(&text[..end]).lines().count(), text[..end].lines().count());
        }
    }
}
