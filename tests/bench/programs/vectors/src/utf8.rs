//! Whether bytes are UTF-8 (crate simdutf8), n × 100 times an article and a text of several scripts: with vectors by looking up nibbles,
//! without as the standard library does it.

const ARTICLE: &[u8] = include_bytes!("../../inputs/article.md");
/// Words of two, three and four bytes a letter.
const SCRIPTS: &str = "Scheibe, Äquator, Größe; шкив и канат, τροχαλία; 滑車と綱, 도르래; 🛞🪢🏗 ";

pub fn run(n: i32) -> u64 {
    let mut text = Vec::from(ARTICLE);
    (0..200).for_each(|_| text.extend(SCRIPTS.as_bytes()));
    // A cut letter at the end is noticed, and so is a byte that begins none.
    let cut = text.len() - 2;
    assert!(simdutf8::basic::from_utf8(&text[..cut]).is_err(), "a letter is cut");
    let end = text.len() - 1;
    let mut sum = 0;
    for round in 0..n as usize * 100 {
        // Every eighth time it is not UTF-8, by its last byte.
        let byte = core::mem::replace(&mut text[end], if round % 8 == 7 { 0xff } else { b'.' });
        let is_valid = simdutf8::basic::from_utf8(core::hint::black_box(&text)).is_ok();
        sum = crate::fold(sum, u64::from(is_valid) << 32 | round as u64);
        text[end] = byte;
    }
    sum
}
