//! The article rendered to HTML (crate pulldown-cmark), n times.

use crate::{ARTICLE, fold_bytes};
use pulldown_cmark::{Options, Parser, html};

pub fn run(n: i32) -> u64 {
    let mut sum = 0;
    for _ in 0..n {
        let mut page = String::new();
        html::push_html(&mut page, Parser::new_ext(ARTICLE, Options::all()));
        sum = fold_bytes(sum, page.as_bytes());
    }
    sum
}
