//! Whether bytes are UTF-8, in a fifth of the code of the standard library's faster way, for builds without an allocator, whose names are few.

/// Whether these bytes are UTF-8 (Unicode 16, table 3-7).
#[cfg_attr(not(compact), allow(dead_code))]
pub(super) fn is_utf8(mut bytes: &[u8]) -> bool {
    while let Some((&lead, rest)) = bytes.split_first() {
        let (len, least) = match lead {
            0..=0x7f => (0, 0),
            0xc2..=0xdf => (1, 0x80),
            0xe0..=0xef => (2, 0x800),
            0xf0..=0xf4 => (3, 0x1_0000),
            _ => return false,
        };
        let Some((tail, rest)) = rest.split_at_checked(len) else { return false };
        let mut code = u32::from(lead) & (0x7f >> len);
        for byte in tail {
            if byte & 0xc0 != 0x80 {
                return false;
            }
            code = code << 6 | u32::from(byte & 0x3f);
        }
        if code < least || code > 0x10_ffff || code >> 11 == 0xd800 >> 11 {
            return false;
        }
        bytes = rest;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::is_utf8;
    use core::str::from_utf8;

    fn check(bytes: &[u8]) {
        assert_eq!(is_utf8(bytes), from_utf8(bytes).is_ok(), "{bytes:x?}");
    }

    #[test]
    fn says_what_the_standard_library_says() {
        check(b"");
        for word in 0..=0xffff_u16 {
            let [a, b] = word.to_be_bytes();
            check(&[a]);
            check(&[a, b]);
            // What comes third and fourth matters only by its range.
            for c in [0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, b'a'] {
                check(&[a, b, c]);
                for d in [0x7f, 0x80, 0xbf, 0xc0] {
                    check(&[a, b, c, d]);
                }
            }
        }
        check("Größe, \u{10ffff}, \u{800}\u{7ff}\u{ffff}\u{10000}".as_bytes());
    }
}
