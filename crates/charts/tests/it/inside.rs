//! Reads a chart as XML and follows every mark: all of it must lie inside the picture.

use charts::Drawn;
use roxmltree::{Document, Node};

/// A picture that was read.
pub struct Read {
    pub texts: Vec<String>,
    /// How many shapes of each class.
    pub classes: Vec<String>,
    /// The commands of every line of a series.
    pub lines: Vec<String>,
}

/// Reads it; panics where it is not well-formed, leaves its picture or holds what is no number.
pub fn read(svg: &str) -> Read {
    let document = Document::parse(svg).unwrap_or_else(|e| panic!("{e}\n{svg}"));
    let root = document.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    let view: Vec<f64> = numbers(root.attribute("viewBox").unwrap());
    let &[0.0, 0.0, wide, high] = view.as_slice() else { panic!("viewBox {view:?}") };
    assert!(wide >= 1.0 && high >= 1.0, "{view:?}");
    let title = root.children().find(|n| n.has_tag_name("title")).expect("a title");
    assert_eq!(root.attribute("aria-labelledby"), title.attribute("id"));
    let mut read = Read { texts: Vec::new(), classes: Vec::new(), lines: Vec::new() };
    let inside = |x: f64, y: f64, of: &Node| {
        let near = -0.11..=wide + 0.11;
        assert!(near.contains(&x) && (-0.11..=high + 0.11).contains(&y), "{x} {y} of {of:?} in {view:?}\n{svg}");
    };
    for node in root.descendants().filter(|n| n.is_element()) {
        let number = |name| node.attribute(name).map(|v: &str| numbers(v)[0]);
        let tag = node.tag_name().name();
        if node.ancestors().any(|n| n.has_tag_name("pattern")) {
            continue;
        }
        read.classes.extend(node.attribute("class").map(str::to_owned));
        match tag {
            "rect" => {
                let (x, y) = (number("x").unwrap(), number("y").unwrap());
                let (w, h) = (number("width").unwrap(), number("height").unwrap());
                assert!(w >= 0.0 && h >= 0.0);
                inside(x, y, &node);
                inside(x + w, y + h, &node);
            }
            "text" => {
                inside(number("x").unwrap(), number("y").unwrap(), &node);
                read.texts.push(node.text().unwrap_or("").to_owned());
            }
            "path" => {
                let commands = node.attribute("d").unwrap();
                follow(commands).into_iter().for_each(|(x, y)| inside(x, y, &node));
                if node.attribute("class").is_some_and(|c| c.starts_with("c-line")) {
                    read.lines.push(commands.to_owned());
                }
            }
            _ => {}
        }
    }
    read
}

/// The same of a finished chart, whose table is as wide as its head in every row.
pub fn chart(drawn: &Drawn) -> Read {
    for row in &drawn.table.rows {
        assert_eq!(row.len(), drawn.table.heads.len());
    }
    read(&drawn.svg)
}

fn numbers(text: &str) -> Vec<f64> {
    let parse = |t: &str| t.parse::<f64>().unwrap_or_else(|e| panic!("{t:?}: {e}"));
    let all: Vec<f64> = text.split([' ', ',']).filter(|t| !t.is_empty()).map(parse).collect();
    assert!(all.iter().all(|n| n.is_finite()), "{text}");
    all
}

/// Every corner of a path.
fn follow(commands: &str) -> Vec<(f64, f64)> {
    let mut places = Vec::new();
    let (mut x, mut y) = (0.0, 0.0);
    let mut rest = commands;
    while let Some(command) = rest.chars().next() {
        let end = rest[1..].find(|c: char| c.is_ascii_alphabetic() && c != 'e').map_or(rest.len(), |at| at + 1);
        let given = rest[1..end].replace('-', " -");
        let given = if given.trim().is_empty() { Vec::new() } else { numbers(&given) };
        rest = &rest[end..];
        match command {
            'M' | 'L' => (x, y) = (given[0], given[1]),
            'l' => (x, y) = (x + given[0], y + given[1]),
            'h' => x += given[0],
            'v' => y += given[0],
            // A circle's halves: as high as wide.
            'a' => {
                places.extend([(x, y - given[0]), (x, y + given[0])]);
                (x, y) = (x + given[5], y + given[6]);
            }
            'z' => continue,
            other => panic!("a path commands {other}"),
        }
        places.push((x, y));
    }
    places
}
