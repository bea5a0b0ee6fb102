//! The reference's path patterns: `*`, `?`, `[..]`, `[!..]`, `[^..]`, `{a,b}` (nested, also around slashes), `\` quotes.
//!
//! Matching one name is the `glob` crate's work; this file cuts comma lists and translates. Invariant: braces are gone
//! before a pattern reaches the `glob` crate, which does not know them.

use super::InputError;
use glob::{MatchOptions, Pattern};

/// Wildcards see a leading dot like any character: what is hidden is decided for the whole match, by the listing.
const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: false,
    require_literal_leading_dot: false,
};

/// One component of a path.
#[derive(Debug)]
pub(super) enum Step {
    /// A name, quotes removed.
    Literal(String),
    /// Any name that one of these matches.
    Wildcard(Vec<Pattern>),
}

impl Step {
    /// Translates one component.
    pub fn parse(component: &str) -> Result<Self, InputError> {
        if !has_wildcard(component) {
            return unquote(component).map(Step::Literal);
        }
        expand_braces(component, |_| true)?
            .iter()
            .map(|alternative| translate(alternative))
            .collect::<Result<_, _>>()
            .map(Step::Wildcard)
    }
}

/// Whether a name is matched by one of the alternatives.
pub(super) fn matches_any(alternatives: &[Pattern], name: &str) -> bool {
    alternatives.iter().any(|pattern| pattern.matches_with(name, OPTIONS))
}

/// Cuts a comma list; commas in braces belong to the pattern.
pub(super) fn split_list(paths: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    paths
        .split(|letter| {
            match letter {
                '{' => depth += 1,
                '}' => depth = (depth - 1).max(0),
                _ => {}
            }
            letter == ',' && depth == 0
        })
        .collect()
}

/// Resolves the braces that have a slash inside, so that the rest can be walked component by component.
pub(super) fn expand_folders(pattern: &str) -> Result<Vec<String>, InputError> {
    expand_braces(pattern, |group| group.contains('/'))
}

/// Replaces the first outermost group that is wanted by each of its alternatives, then looks again.
fn expand_braces(pattern: &str, wanted: fn(&str) -> bool) -> Result<Vec<String>, InputError> {
    let mut from = 0;
    while let Some(Group { open, close, alternatives }) = next_group(pattern, from)? {
        if wanted(&pattern[open..close]) {
            let (head, tail) = (&pattern[..open], &pattern[close + 1..]);
            let each = alternatives
                .iter()
                .map(|middle| expand_braces(&format!("{head}{middle}{tail}"), wanted));
            return Ok(each.collect::<Result<Vec<_>, _>>()?.concat());
        }
        from = close + 1;
    }
    Ok(vec![pattern.to_owned()])
}

/// Where the braces of a group stand and what its commas separate.
struct Group<'a> {
    open: usize,
    close: usize,
    alternatives: Vec<&'a str>,
}

/// The next group that is in no other.
fn next_group(pattern: &str, from: usize) -> Result<Option<Group<'_>>, InputError> {
    let (mut depth, mut open, mut begin) = (0, 0, 0);
    let mut alternatives = Vec::new();
    for (at, letter) in unquoted(&pattern[from..]).map(|(at, letter)| (from + at, letter)) {
        match (letter, depth) {
            ('{', 0) => (depth, open, begin) = (1, at, at + 1),
            ('{', _) => depth += 1,
            (',', 1) => alternatives.push(&pattern[std::mem::replace(&mut begin, at + 1)..at]),
            ('}', 1) => {
                alternatives.push(&pattern[begin..at]);
                return Ok(Some(Group { open, close: at, alternatives }));
            }
            ('}', 2..) => depth -= 1,
            _ => {}
        }
    }
    if depth > 0 { Err(bad(pattern, "unclosed group")) } else { Ok(None) }
}

/// The characters of a pattern that no backslash quotes, with their places.
fn unquoted(pattern: &str) -> impl Iterator<Item = (usize, char)> {
    let mut letters = pattern.char_indices();
    std::iter::from_fn(move || {
        loop {
            match letters.next()? {
                (_, '\\') => drop(letters.next()),
                found => return Some(found),
            }
        }
    })
}

/// Whether anything in a pattern stands for something else than itself.
pub(super) fn has_wildcard(pattern: &str) -> bool {
    unquoted(pattern).any(|(_, letter)| matches!(letter, '*' | '?' | '[' | '{'))
}

fn unquote(component: &str) -> Result<String, InputError> {
    let mut name = String::with_capacity(component.len());
    let mut letters = component.chars();
    while let Some(letter) = letters.next() {
        name.push(match letter {
            '\\' => {
                letters.next().ok_or_else(|| bad(component, "nothing follows the backslash"))?
            }
            _ => letter,
        });
    }
    Ok(name)
}

/// Writes a component without braces in the `glob` crate's language.
fn translate(component: &str) -> Result<Pattern, InputError> {
    let mut glob = String::with_capacity(component.len());
    let mut letters = component.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                let quoted = letters
                    .next()
                    .ok_or_else(|| bad(component, "nothing follows the backslash"))?;
                glob.push_str(&Pattern::escape(quoted.encode_utf8(&mut [0; 4])));
            }
            // `**` is no more than `*` here, but the crate gives it a meaning of its own.
            '*' if glob.ends_with('*') => {}
            '[' => glob.push_str(&translate_class(component, &mut letters)?),
            _ => glob.push(letter),
        }
    }
    Pattern::new(&glob).map_err(|error| bad(component, error.msg))
}

/// Reads the members of a class up to its bracket. The crate has no quotes inside: a `]` has to be the first member.
fn translate_class(
    component: &str,
    letters: &mut std::str::Chars<'_>,
) -> Result<String, InputError> {
    let negated = letters.as_str().starts_with(['!', '^']);
    if negated {
        letters.next();
    }
    let mut members = String::new();
    let unclosed = || bad(component, "unclosed character class");
    loop {
        match letters.next().ok_or_else(unclosed)? {
            ']' if !members.is_empty() => break,
            '\\' => match letters.next().ok_or_else(unclosed)? {
                ']' => members.insert(0, ']'),
                quoted => members.push(quoted),
            },
            member => members.push(member),
        }
    }
    Ok(format!("[{}{members}]", if negated { "!" } else { "" }))
}

fn bad(pattern: &str, reason: &'static str) -> InputError {
    InputError::BadPattern { pattern: pattern.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names that the tests try each pattern on.
    const NAMES: [&str; 9] = ["x{y", "x}y", "x[y", "x]y", "x*y", "x\\y", "x,y", "xy", "xzy"];

    fn matching(pattern: &str) -> Vec<&'static str> {
        match Step::parse(pattern).unwrap() {
            Step::Literal(name) => NAMES.into_iter().filter(|other| **other == name).collect(),
            Step::Wildcard(any) => {
                NAMES.into_iter().filter(|name| matches_any(&any, name)).collect()
            }
        }
    }

    /// Recorded from PySpark 4.3.0: `textFile` of each pattern in a folder with the nine names above.
    #[test]
    fn patterns_match_what_the_reference_matches() {
        let all_but = |skipped: &[&str]| -> Vec<&str> {
            NAMES.into_iter().filter(|name| !skipped.contains(name)).collect()
        };
        for (pattern, names) in [
            (r"x\{y", vec!["x{y"]),
            ("x[}]y", vec!["x}y"]),
            ("x[*]y", vec!["x*y"]),
            (r"x\[y", vec!["x[y"]),
            (r"x[\]]y", vec!["x]y"]),
            (r"x[!\]]y", all_but(&["x]y", "xy"])),
            (r"x[\\]y", vec!["x\\y"]),
            (r"x\\y", vec!["x\\y"]),
            ("x?y", all_but(&["xy"])),
            (r"x{\,,z}y", vec!["x,y", "xzy"]),
            ("x{}y", vec!["xy"]),
            ("x{,}y", vec!["xy"]),
            ("x{z}y", vec!["xzy"]),
            ("x{{z}}y", vec!["xzy"]),
            ("x{z,*}y", all_but(&[])),
            ("x[a-z]y", vec!["xzy"]),
            ("x[!a-z]y", all_but(&["xy", "xzy"])),
            ("x[^^]y", all_but(&["xy"])),
            ("{x[z]y,xy}", vec!["xy", "xzy"]),
            ("x[z|*]y", vec!["x*y", "xzy"]),
            ("x[&&z]y", vec!["xzy"]),
            ("x(z)y", vec![]),
            ("x.y", vec![]),
            ("xy}", vec![]),
            ("x**y", all_but(&[])),
        ] {
            assert_eq!(matching(pattern), names, "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_is_not_well_formed_says_what_is_missing() {
        for (pattern, reason) in [
            ("f{1", "unclosed group"),
            ("x[{]y", "unclosed group"),
            ("f[1", "unclosed character class"),
            ("x[]y", "unclosed character class"),
            (r"x\", "nothing follows the backslash"),
        ] {
            let message = Step::parse(pattern).unwrap_err().to_string();
            assert_eq!(message, format!("Illegal file pattern: {reason}: {pattern}"));
        }
    }

    #[test]
    fn commas_in_braces_do_not_end_a_path() {
        assert_eq!(split_list("a,{b,c}/d,e"), ["a", "{b,c}/d", "e"]);
        assert_eq!(split_list("a,"), ["a", ""]);
        assert_eq!(split_list("a},b"), ["a}", "b"]);
    }

    #[test]
    fn only_braces_around_a_slash_are_expanded_before_the_walk() {
        assert_eq!(expand_folders("g/{a,b}").unwrap(), ["g/{a,b}"]);
        assert_eq!(expand_folders("{a,b}{/c,/d}").unwrap(), ["{a,b}/c", "{a,b}/d"]);
        assert_eq!(expand_folders("g/{x,{y,/}}").unwrap(), ["g/x", "g/y", "g//"]);
    }
}
