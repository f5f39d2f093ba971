//! A chart as SVG. Nothing is decided here but how corners are rounded.

use std::fmt::Write as _;

use super::page::SAMPLE;
use super::picture::Part;
use super::shape::{Chart, Chip, Frame, Line, Node, Sample, Stub, Text, Trunk};
use super::theme;

/// Of a corner, in pixels.
const ROUND: i32 = 6;
/// Of an arrow.
const TIP: i32 = 8;

/// The whole file.
pub(super) fn text(chart: &Chart) -> String {
    let (w, h) = (chart.width, chart.height);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" role=\"img\">\n\
         <title>{}</title>\n<style>{}</style>\n\
         <rect class=\"paper\" width=\"{w}\" height=\"{h}\"/>\n",
        escaped(&chart.title.text),
        theme::style(),
    );
    rose(&mut svg, w - 60, 54);
    if let Some(file) = &chart.up {
        put(
            &mut svg,
            format_args!("<a href=\"{}\"><title>back to all sites</title>", escaped(file)),
        );
    }
    write(&mut svg, &chart.title);
    svg.push_str(if chart.up.is_some() { "</a>\n" } else { "\n" });
    for words in std::iter::once(&chart.facts).chain(&chart.notes) {
        write(&mut svg, words);
        svg.push('\n');
    }
    chart.frames.iter().for_each(|it| frame(&mut svg, it));
    chart.lines.iter().for_each(|it| line(&mut svg, it));
    chart.nodes.iter().for_each(|it| node(&mut svg, it));
    chart.legend.iter().for_each(|it| sample(&mut svg, it));
    svg.push_str("</svg>\n");
    svg
}

/// A compass rose, as on every chart.
fn rose(svg: &mut String, x: i32, y: i32) {
    put(svg, format_args!("<g transform=\"translate({x} {y})\">"));
    put(svg, format_args!("<circle class=\"rose thin\" r=\"15\"/>"));
    for turn in [45, 0] {
        let long = if turn == 0 { 26 } else { 18 };
        put(
            svg,
            format_args!(
                "<path class=\"rose\" transform=\"rotate({turn})\" d=\"M0 -{long}L3 -3 {long} 0 3 3 0 {long} -3 3 -{long} 0 -3 -3Z\"/>"
            ),
        );
    }
    svg.push_str("</g>\n");
}

fn frame(svg: &mut String, it: &Frame) {
    let r = it.rect;
    put(svg, format_args!("<g><title>{}</title>", escaped(&it.hint)));
    put(
        svg,
        format_args!(
            "<rect class=\"frame\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"10\"/>",
            r.x, r.y, r.w, r.h
        ),
    );
    it.texts.iter().for_each(|words| write(svg, words));
    svg.push_str("</g>\n");
}

fn node(svg: &mut String, it: &Node) {
    let r = it.rect;
    let strip = match it.part {
        Part::Clients => "clients",
        Part::SiteServer => "head",
        Part::Site => "site",
        Part::Other => "other",
    };
    if let Some(file) = &it.link {
        put(svg, format_args!("<a href=\"{}\">", escaped(file)));
    }
    put(svg, format_args!("<g><title>{}</title>", escaped(&it.hint)));
    put(
        svg,
        format_args!(
            "<rect class=\"card\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"6\"/>",
            r.x, r.y, r.w, r.h
        ),
    );
    put(
        svg,
        format_args!(
            "<rect class=\"strip {strip}\" x=\"{}\" y=\"{}\" width=\"3\" height=\"{}\" rx=\"1.5\"/>",
            r.x + 5,
            r.y + 9,
            r.h - 18
        ),
    );
    it.texts.iter().for_each(|words| write(svg, words));
    svg.push_str(if it.link.is_some() { "</g></a>\n" } else { "</g>\n" });
    // Behind the card's own link, not within it.
    it.chips.iter().for_each(|it| chip(svg, it));
}

fn chip(svg: &mut String, it: &Chip) {
    let r = it.rect;
    if let Some(file) = &it.link {
        put(svg, format_args!("<a href=\"{}\">", escaped(file)));
    }
    put(svg, format_args!("<g><title>{}</title>", escaped(&it.hint)));
    put(
        svg,
        format_args!(
            "<rect class=\"chip\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"4\"/>",
            r.x, r.y, r.w, r.h
        ),
    );
    write(svg, &it.text);
    svg.push_str(if it.link.is_some() { "</g></a>\n" } else { "</g>\n" });
}

fn line(svg: &mut String, it: &Line) {
    let trunks: Vec<String> = it.trunks.iter().map(trunk).collect();
    let crossing = it.crossing.map(|(from, to, y)| crossing(&it.trunks, from, to, y));
    let stubs: Vec<String> = it.stubs.iter().map(|stub| branch(&it.trunks, stub)).collect();
    put(
        svg,
        format_args!("<g class=\"bus {}\"><title>{}</title>", it.kind.class(), escaped(&it.hint)),
    );
    let body: String = trunks.into_iter().chain(crossing).collect();
    put(svg, format_args!("<path class=\"halo\" d=\"{body}{}\"/>", stubs.concat()));
    put(svg, format_args!("<path class=\"hit\" d=\"{body}\"/><path class=\"l\" d=\"{body}\"/>"));
    it.stubs.iter().zip(&stubs).for_each(|(it, path)| stub(svg, it, path));
    for stub in &it.stubs {
        if inner(&it.trunks, stub.to, stub.y) {
            put(
                svg,
                format_args!(
                    "<circle class=\"tip\" cx=\"{}\" cy=\"{}\" r=\"2.6\"/>",
                    stub.to, stub.y
                ),
            );
        }
    }
    svg.push_str("</g>\n");
}

fn stub(svg: &mut String, it: &Stub, path: &str) {
    put(svg, format_args!("<g><title>{}</title>", escaped(&it.hint)));
    put(svg, format_args!("<path class=\"hit\" d=\"{path}\"/><path class=\"l\" d=\"{path}\"/>"));
    if let Some((rect, words)) = &it.ports {
        let back = if it.to > it.from { TIP } else { -TIP };
        put(svg, format_args!("<path class=\"tip\" d=\"M{} {}l{back} -4v8Z\"/>", it.from, it.y));
        put(
            svg,
            format_args!(
                "<rect class=\"box\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"/>",
                rect.x,
                rect.y,
                rect.w,
                rect.h,
                rect.h / 2
            ),
        );
        write(svg, words);
    }
    svg.push_str("</g>");
}

/// A trunk is shorter than it is by the corners at its ends.
fn trunk(it: &Trunk) -> String {
    let round = round(it);
    format!("M{} {}V{}", it.x, it.top + round, it.bottom - round)
}

fn round(trunk: &Trunk) -> i32 {
    ROUND.min((trunk.bottom - trunk.top) / 2)
}

/// Whether a level line meets a trunk between its ends.
fn inner(trunks: &[Trunk], x: i32, y: i32) -> bool {
    trunks.iter().any(|trunk| trunk.x == x && trunk.top < y && y < trunk.bottom)
}

fn branch(trunks: &[Trunk], stub: &Stub) -> String {
    let towards = if stub.to > stub.from { 1 } else { -1 };
    let begin = if stub.ports.is_some() { stub.from + towards * (TIP - 1) } else { stub.from };
    format!("M{begin} {}{}", stub.y, turn(trunks, stub.to, stub.y, towards))
}

fn crossing(trunks: &[Trunk], from: i32, to: i32, y: i32) -> String {
    let middle = (from + to) / 2;
    format!("M{middle} {y}{}M{middle} {y}{}", turn(trunks, from, y, -1), turn(trunks, to, y, 1))
}

/// On along `y` to the trunk at `x`, and round the corner where it ends there.
fn turn(trunks: &[Trunk], x: i32, y: i32, towards: i32) -> String {
    let Some(trunk) =
        trunks.iter().find(|trunk| trunk.x == x && (trunk.top == y || trunk.bottom == y))
    else {
        return format!("H{x}");
    };
    let round = round(trunk);
    let end = if trunk.top == y { y + round } else { y - round };
    format!("H{}Q{x} {y} {x} {end}", x - towards * round)
}

fn sample(svg: &mut String, it: &Sample) {
    put(
        svg,
        format_args!(
            "<g class=\"{}\"><path class=\"l\" d=\"M{} {y}H{}\"/><path class=\"tip\" d=\"M{} {y}l-{TIP} -4v8Z\"/>",
            it.kind.class(),
            it.x,
            it.x + SAMPLE - TIP,
            it.x + SAMPLE,
            y = it.y
        ),
    );
    write(svg, &it.text);
    svg.push_str("</g>\n");
}

fn write(svg: &mut String, it: &Text) {
    let class = match (it.bold, it.class) {
        (true, class) => format!(" class=\"{}\"", format!("b {class}").trim_end()),
        (false, "") => String::new(),
        (false, class) => format!(" class=\"{class}\""),
    };
    put(
        svg,
        format_args!(
            "<text{class} x=\"{}\" y=\"{}\" font-size=\"{}\">{}</text>",
            it.x,
            it.y,
            it.size,
            escaped(&it.text)
        ),
    );
}

/// A `String` takes everything.
fn put(svg: &mut String, what: std::fmt::Arguments<'_>) {
    let _infallible = svg.write_fmt(what);
}

/// As XML takes it; what no XML may hold is left out.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() && c != '\n' => {}
            c => safe.push(c),
        }
    }
    safe
}
