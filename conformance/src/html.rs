//! The report as one HTML file: no scripts, no links, nothing from elsewhere. Files that need a look are open, others folded.

use std::fmt::Write as _;

use crate::report::{Counts, DeviceReport, FileReport, SliceReport, Summary};

const STYLE: &str = "\
:root{color-scheme:light dark;--good:#2a7d46;--bad:#c0392b;--skip:#b7791f;--host:#7a869a;--line:#8884}\
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
table{border-collapse:collapse;width:100%}td,th{padding:.2rem .6rem;text-align:right;border-bottom:1px solid var(--line)}\
td:first-child,th:first-child{text-align:left}td{font-variant-numeric:tabular-nums}\
.bar{display:flex;height:.8rem;border-radius:.4rem;overflow:hidden;margin:1rem 0}\
.passed{background:var(--good)}.failed{background:var(--bad)}.skipped{background:var(--skip)}.host{background:var(--host)}\
.is-bad{color:var(--bad);font-weight:600}.is-skip{color:var(--skip)}ul{margin:.2rem 0 .6rem;padding-left:1.4rem}\
code{font-size:.9em;overflow-wrap:anywhere}h2{margin-top:2.5rem}";

/// Writes the report.
pub fn to_html(summary: &Summary) -> String {
    let mut out = String::new();
    write(&mut out, summary).expect("a string grows");
    out
}

fn write(out: &mut String, summary: &Summary) -> std::fmt::Result {
    let counts = summary.counts();
    let verdict = if summary.is_ok() { "all is well" } else { "something is wrong" };
    let title = summary.device.as_ref().map_or("in process", |device| device.board.name.as_str());
    let title = format!("WebAssembly test suite: {}", escape(title));
    writeln!(out, "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>")?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style>")?;
    let Counts { passed, failed, skipped, .. } = counts;
    writeln!(out, "<h1>{title}</h1><p><b>{passed} passed, {failed} failed, {skipped} skipped</b>: {verdict}.")?;
    for line in summary.device.iter().flat_map(DeviceReport::lines) {
        writeln!(out, "<br>{}", escape(&line))?;
    }
    write_bar(out, counts)?;
    for slice in &summary.slices {
        write_slice(out, slice)?;
    }
    writeln!(
        out,
        "<p>Numbers are assertions. <i>Text-only</i>: malformed text, which no engine reads. <i>Host-only</i>: wasm that"
    )?;
    writeln!(out, "must be rejected, judged on the host because a device reads images only. Slices overlap.</html>")
}

fn write_bar(out: &mut String, counts: Counts) -> std::fmt::Result {
    let parts = [
        ("passed", counts.passed),
        ("failed", counts.failed + counts.expected_failures),
        ("skipped", counts.skipped),
        ("host", counts.text_only + counts.host_only),
    ];
    write!(out, "<div class=\"bar\" role=\"img\" aria-label=\"passed, failed, skipped, judged on the host\">")?;
    for (class, count) in parts.into_iter().filter(|(_, count)| *count > 0) {
        write!(out, "<div class=\"{class}\" style=\"flex:{count}\" title=\"{class}: {count}\"></div>")?;
    }
    writeln!(out, "</div>")
}

fn write_slice(out: &mut String, slice: &SliceReport) -> std::fmt::Result {
    writeln!(out, "<h2>{}</h2><table><tr><th>script", escape(&slice.slice))?;
    writeln!(out, "<th>assertions<th>passed<th>failed<th>expected<th>skipped<th>text-only<th>host-only")?;
    for file in &slice.files {
        write_row(out, &file.file, file.assertions, file.counts)?;
        write_details(out, file)?;
    }
    write_row(out, "total", slice.assertions(), slice.counts())?;
    writeln!(out, "</table>")?;
    write_list(out, slice.problems.iter().map(|problem| ("is-bad", problem.clone())))
}

fn write_row(out: &mut String, name: &str, assertions: u32, counts: Counts) -> std::fmt::Result {
    let Counts { passed, failed, expected_failures, skipped, text_only, host_only } = counts;
    let class = |count: u32, class: &'static str| if count > 0 { class } else { "" };
    write!(
        out,
        "<tr><td>{}<td>{assertions}<td>{passed}<td class=\"{}\">{failed}",
        escape(name),
        class(failed, "is-bad")
    )?;
    let is_skip = class(skipped, "is-skip");
    writeln!(out, "<td>{expected_failures}<td class=\"{is_skip}\">{skipped}<td>{text_only}<td>{host_only}")
}

fn write_details(out: &mut String, file: &FileReport) -> std::fmt::Result {
    let failures =
        file.failures.iter().map(|failure| ("is-bad", format!("line {}: {}", failure.line, failure.message)));
    let skips = file.skipped.iter().map(|(reason, skip)| {
        ("is-skip", format!("from line {}: {reason}: {} commands skipped", skip.first_line, skip.commands))
    });
    let passes = file.unexpected_passes.iter().map(|message| ("is-bad", message.clone()));
    let items: Vec<_> = failures.chain(skips).chain(passes).collect();
    if items.is_empty() {
        return Ok(());
    }
    let open = if file.is_ok() { "" } else { " open" };
    write!(out, "<tr><td colspan=\"8\"><details{open}><summary>{} remarks</summary>", items.len())?;
    write_list(out, items.into_iter())?;
    writeln!(out, "</details>")
}

fn write_list(out: &mut String, items: impl Iterator<Item = (&'static str, String)>) -> std::fmt::Result {
    let mut items = items.peekable();
    if items.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "<ul>")?;
    for (class, text) in items {
        writeln!(out, "<li class=\"{class}\"><code>{}</code>", escape(&text))?;
    }
    writeln!(out, "</ul>")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Outcome, wast};

    #[test]
    fn failures_are_shown_and_escaped() {
        let script = wast::parse("(module)\n(assert_return (invoke \"f\"))").expect("a script");
        let failed = Outcome::Failed("expected <1> & got \"2\"".into());
        let file = FileReport::new("a.wast", &script, vec![Outcome::Passed, failed], &[]);
        let slice = SliceReport { slice: "s".into(), files: vec![file], problems: vec![] };
        let html = to_html(&Summary { slices: vec![slice], device: None });
        assert!(html.contains("line 2: expected &lt;1&gt; &amp; got &quot;2&quot;"), "{html}");
        assert!(html.contains("0 passed, 1 failed, 0 skipped</b>: something is wrong"), "{html}");
        assert!(!html.contains("http"), "{html}");
    }
}
