//! The chart beside the page: each program's run time as a ratio to the base engine's, on a logarithmic scale, as one SVG
//! that needs nothing else and is readable on light and on dark pages.
//!
//! A row a program, sorted by the first engine's ratio; its bar goes from the base's line to its ratio, the other engines are dots.

use crate::report::Report;
use std::fmt::Write;

/// Width of the names on the left, of the plot, and of the margin behind it; height of a row and of what stands above the
/// rows; all in pixels.
const NAMES: f64 = 110.0;
const PLOT: f64 = 620.0;
const MARGIN: f64 = 30.0;
const ROW: f64 = 18.0;
const HEAD: f64 = 64.0;
/// Colours of the engines, in their order, that differ in lightness too.
const COLOURS: [&str; 5] = ["#d9480f", "#868e96", "#1c7ed6", "#2b8a3e", "#ae3ec9"];

/// The chart; nothing where fewer than two engines ran.
pub fn svg(report: &Report) -> Option<String> {
    let names: Vec<&str> = report.engines.iter().map(|(name, _)| *name).collect();
    let mut rows: Vec<(&str, Vec<f64>)> = report
        .runs
        .iter()
        .map(|times| (times.program.as_str(), report.ratios(times, |cell| cell.median).collect()))
        .collect();
    if names.len() < 2 || rows.is_empty() {
        return None;
    }
    rows.sort_by(|a, b| a.1[0].total_cmp(&b.1[0]));
    let (mut least, mut most) = (1.0_f64, 1.0_f64);
    for ratio in rows.iter().flat_map(|(_, ratios)| ratios) {
        (least, most) = (least.min(*ratio), most.max(*ratio));
    }
    // Whole powers of two at both ends.
    let (first, last) = (least.log2().floor(), most.log2().ceil());
    let x = |ratio: f64| NAMES + PLOT * (ratio.log2() - first) / (last - first).max(1.0);
    let (width, bottom) = (NAMES + PLOT + MARGIN, HEAD + ROW * rows.len() as f64);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {}\" font-family=\"system-ui, sans-serif\" font-size=\"11\">\n\
         <style>text {{ fill: #212529 }} line {{ stroke: #adb5bd }} @media (prefers-color-scheme: dark) {{ text {{ fill: #e9ecef }} line {{ stroke: #495057 }} }}</style>\n\
         <text x=\"8\" y=\"18\" font-size=\"14\">run time / {}, logarithmic; left is faster</text>\n",
        bottom + 22.0,
        escaped(names[report.base])
    );
    let mut legend = 8.0;
    for (at, name) in names.iter().enumerate() {
        let colour = COLOURS[at % COLOURS.len()];
        let _ = writeln!(
            svg,
            "<circle cx=\"{}\" cy=\"36\" r=\"4\" fill=\"{colour}\"/><text x=\"{}\" y=\"40\">{}</text>",
            legend + 4.0,
            legend + 12.0,
            escaped(name)
        );
        legend += 30.0 + 7.0 * name.len() as f64;
    }
    for power in first as i32..=last as i32 {
        let (ratio, weight) = (2_f64.powi(power), if power == 0 { 2 } else { 1 });
        let at = x(ratio);
        let _ = writeln!(
            svg,
            "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{}\" y2=\"{bottom}\" stroke-width=\"{weight}\"/>\
             <text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{ratio}</text>",
            HEAD - 6.0,
            bottom + 14.0
        );
    }
    for (row, (program, ratios)) in rows.iter().enumerate() {
        let y = HEAD + ROW * row as f64 + ROW / 2.0;
        let _ = writeln!(svg, "<text x=\"8\" y=\"{}\">{}</text>", y + 4.0, escaped(program));
        let (one, end) = (x(1.0), x(ratios[0]));
        let _ = writeln!(
            svg,
            "<rect x=\"{:.1}\" y=\"{}\" width=\"{:.1}\" height=\"8\" fill=\"{}\"><title>{}: {:.2}</title></rect>",
            one.min(end),
            y - 4.0,
            (one - end).abs().max(1.0),
            COLOURS[0],
            escaped(names[0]),
            ratios[0]
        );
        for (at, ratio) in ratios.iter().enumerate().skip(1).filter(|(at, _)| *at != report.base) {
            let _ = writeln!(
                svg,
                "<circle cx=\"{:.1}\" cy=\"{y}\" r=\"3.5\" fill=\"{}\"><title>{}: {ratio:.2}</title></circle>",
                x(*ratio),
                COLOURS[at % COLOURS.len()],
                escaped(names[at])
            );
        }
    }
    Some(svg + "</svg>\n")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Cell, ProgramTimes};

    fn report(engines: usize) -> Report {
        let cell = |seconds| Cell { seconds: vec![seconds], median: seconds, minimum: seconds };
        let times = |program: &str, cells: [f64; 3]| ProgramTimes {
            program: program.into(),
            cells: cells[..engines].iter().map(|seconds| cell(*seconds)).collect(),
        };
        Report {
            circumstances: vec![],
            engines: [("ours", ""), ("base", ""), ("a<b", "")][..engines].to_vec(),
            base: engines.min(2) - 1,
            runs: vec![times("slow", [2.0, 1.0, 4.0]), times("fast", [0.5, 1.0, 0.25])],
            counts: vec![],
            loads: vec![],
            objects: crate::objects::Objects::new(&[], Vec::new(), Vec::new(), Vec::new()),
            programs: vec![],
            vectors: vec![],
            vector_counts: vec![],
            vector_programs: vec![],
        }
    }

    #[test]
    fn programs_are_sorted_and_ratios_lie_on_the_scale() {
        let svg = svg(&report(3)).expect("two engines and more");
        assert!(svg.find(">fast<").unwrap() < svg.find(">slow<").unwrap());
        // From 1/4 to 4: the base's line is in the middle, both bars are as long as a quarter of the plot.
        assert!(svg.contains(&format!("width=\"{:.1}\" height=\"8\"", PLOT / 4.0)));
        assert!(svg.contains(&format!("x1=\"{:.1}\"", NAMES + PLOT / 2.0)));
        assert!(svg.contains("a&lt;b: 4.00"));
    }

    #[test]
    fn one_engine_alone_gives_none() {
        assert_eq!(svg(&report(1)), None);
    }
}
