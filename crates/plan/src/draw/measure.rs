//! How wide a text will be, without a font at hand.
//!
//! The viewer picks the font, so this must never be too little: the widths are
//! those of DejaVu Sans, the widest of the usual sans fonts, rounded up.

/// Width in pixels, at most.
pub(super) fn width(text: &str, size: i32) -> i32 {
    let hundredths: i32 = text.chars().map(advance).sum();
    (hundredths * size + 99) / 100
}

/// The same in bold.
pub(super) fn bold(text: &str, size: i32) -> i32 {
    width(text, size) * 23 / 20 + 1
}

/// Hundredths of the font's size.
fn advance(c: char) -> i32 {
    match c {
        'i' | 'j' | 'l' | '\'' => 29,
        ' ' | '.' | ',' | '·' => 33,
        '/' | ':' | ';' | '|' => 34,
        'I' => 30,
        'f' | 't' | 'r' | '-' | '(' | ')' | '[' | ']' | '!' | 'J' => 42,
        'm' | 'W' | '…' | '%' | '@' => 100,
        'w' | 'M' | '+' | '→' | '<' | '>' | '=' | '~' => 87,
        c if c.is_ascii_lowercase() || c.is_ascii_digit() => 64,
        c if c.is_ascii() => 79,
        // Of other scripts some are as wide as high.
        _ => 100,
    }
}

/// The text, or as much of it as there is room for.
pub(super) fn cut(text: &str, room: i32, measure: impl Fn(&str) -> i32) -> String {
    if measure(text) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if measure(&format!("{kept}…")) > room {
            kept.pop();
            break;
        }
    }
    format!("{}…", kept.trim_end())
}

/// The items in lines, divided by a dot; an item that has no line to itself is
/// cut.
pub(super) fn wrap(items: &[String], room: i32, size: i32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in items {
        let item = cut(item, room, |text| width(text, size));
        let longer = lines.last().map(|line| format!("{line} · {item}"));
        match (lines.last_mut(), longer) {
            (Some(line), Some(longer)) if width(&longer, size) <= room => *line = longer,
            _ => lines.push(item),
        }
    }
    lines
}
