//! What the operations of an API need.

use super::{Api, Method};
use crate::filter::Template;
use crate::run::Scopes;

/// Stands in the place of a filter. No path holds it, since none holds control characters.
const FILLED: &str = "\0";

/// An operation of an API, as its documentation lists them.
#[derive(Clone, Debug)]
pub struct Operation {
    /// GET, POST, …
    pub method: Method,
    /// Which paths are its.
    pub path: PathPattern,
    /// What a token must hold; none for an operation that needs none.
    pub scopes: Scopes,
}

/// The path of an operation below its API's base: `/datasets/{dataset_id}`, where `{…}` stands for any text
/// without `/`.
#[derive(Clone, Debug)]
pub struct PathPattern {
    text: String,
    segments: Vec<Segment>,
}

#[derive(Clone, Debug)]
enum Segment {
    Fixed(String),
    Open { before: String, after: String },
}

/// How much of a pattern is fixed: how many whole segments, then which, then how much of each other one.
type Fixed = (usize, Vec<usize>);

impl PathPattern {
    /// Reads a pattern. `None` when it does not begin with `/`, when a segment has more than one `{…}`, or when a
    /// brace has no partner or nothing in it.
    ///
    /// ```
    /// use apicron::job::PathPattern;
    /// assert_eq!(PathPattern::new("/files/{file_id}/content").expect("it is one").shape(), "/files/{}/content");
    /// assert!(PathPattern::new("/files/{}").is_none());
    /// ```
    pub fn new(text: &str) -> Option<PathPattern> {
        let segments = text.strip_prefix('/')?.split('/').map(Segment::new).collect::<Option<_>>()?;
        Some(PathPattern { text: text.to_owned(), segments })
    }

    /// The pattern as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The pattern without the names in it: patterns of one shape are one.
    pub fn shape(&self) -> String {
        let segment = |segment: &Segment| match segment {
            Segment::Fixed(text) => format!("/{text}"),
            Segment::Open { before, after } => format!("/{before}{{}}{after}"),
        };
        self.segments.iter().map(segment).collect()
    }

    fn fits(&self, path: &[&str]) -> bool {
        self.segments.len() == path.len() && self.segments.iter().zip(path).all(|(segment, text)| segment.fits(text))
    }

    fn fixed(&self) -> Fixed {
        let lengths = self.segments.iter().map(Segment::fixed).collect::<Vec<_>>();
        (lengths.iter().filter(|length| **length == usize::MAX).count(), lengths)
    }
}

impl Segment {
    fn new(text: &str) -> Option<Segment> {
        let Some((before, rest)) = text.split_once('{') else {
            return (!text.contains('}')).then(|| Segment::Fixed(text.to_owned()));
        };
        let (name, after) = rest.split_once('}')?;
        let is_sound = !name.is_empty() && ![before, name, after].iter().any(|part| part.contains(['{', '}']));
        is_sound.then(|| Segment::Open { before: before.to_owned(), after: after.to_owned() })
    }

    fn fits(&self, text: &str) -> bool {
        match self {
            Segment::Fixed(fixed) => fixed == text,
            Segment::Open { before, after } => text
                .strip_prefix(before.as_str())
                .and_then(|rest| rest.strip_suffix(after.as_str()))
                .is_some_and(|value| !value.is_empty()),
        }
    }

    fn fixed(&self) -> usize {
        match self {
            Segment::Fixed(_) => usize::MAX,
            Segment::Open { before, after } => before.len() + after.len(),
        }
    }
}

impl Api {
    /// The operation that a call with this method and path is; `None` when the file lists none.
    ///
    /// `{{ … }}` in a path is a value that nobody knows yet, which fits a `{…}` and nothing else. When several
    /// operations fit, it is the one with the most fixed segments, then the one whose fixed segments come first.
    pub fn operation(&self, method: Method, path: &Template) -> Option<&Operation> {
        let path = path.with_filters_as(FILLED);
        let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        let fits = |operation: &&Operation| operation.method == method && operation.path.fits(&segments);
        self.operations.iter().filter(fits).max_by_key(|operation| operation.path.fixed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::Variable;
    use crate::run::Name;

    fn api(paths: &[&str]) -> Api {
        let operation = |path: &&str| Operation {
            method: Method::Get,
            path: PathPattern::new(path).expect(path),
            scopes: Scopes::default(),
        };
        Api {
            name: Name::new("api").expect("a name"),
            base_url: "https://api.example.com/v1".parse().expect("a URL"),
            credential: None,
            headers: Vec::new(),
            rate_limit: None,
            operations: paths.iter().map(operation).collect(),
        }
    }

    fn found<'a>(api: &'a Api, path: &str) -> Option<&'a str> {
        let template = Template::compile(path, &[Variable::Each]).expect(path);
        api.operation(Method::Get, &template).map(|operation| operation.path.text())
    }

    #[test]
    fn a_call_is_the_operation_that_has_its_path() {
        let api = api(&["/", "/models", "/models/{id}", "/models/{id}/datasets", "/models/{id}:copy", "/v{n}/x.json"]);
        for (path, expected) in [
            ("/", Some("/")),
            ("/models", Some("/models")),
            ("/models/gpt", Some("/models/{id}")),
            ("/models/{{ $each.a / 2 }}", Some("/models/{id}")),
            ("/models/m-{{ $each.id }}/datasets", Some("/models/{id}/datasets")),
            ("/models/{{ $each.id }}:copy", Some("/models/{id}:copy")),
            ("/v2/x.json", Some("/v{n}/x.json")),
            ("/models/", None),
            ("/Models", None),
            ("/{{ $each.id }}", None),
            ("/v{{ $each.id }}/{{ $each.name }}", None),
            ("/models/gpt/datasets/1", None),
        ] {
            assert_eq!(found(&api, path), expected, "{path}");
        }
        let path = Template::compile("/models", &[]).expect("a path");
        assert!(api.operation(Method::Post, &path).is_none(), "another method");
    }

    #[test]
    fn of_several_the_most_fixed_one_wins_in_whatever_order_they_stand() {
        let mut paths = ["/{a}/{b}", "/models/{id}", "/{a}/catalog", "/models/catalog", "/models/{id}.json"];
        for _ in 0..2 {
            let api = api(&paths);
            for (path, expected) in [
                ("/models/catalog", "/models/catalog"),
                ("/models/{{ $each.id }}", "/models/{id}"),
                ("/models/x.json", "/models/{id}.json"),
                ("/{{ $each.kind }}/catalog", "/{a}/catalog"),
                ("/files/x", "/{a}/{b}"),
            ] {
                assert_eq!(found(&api, path), Some(expected), "{path}");
            }
            paths.reverse();
        }
        assert_eq!(found(&api(&["/{a}/c", "/b/{c}"]), "/b/c"), Some("/b/{c}"));
    }

    #[test]
    fn braces_come_in_pairs_with_a_name_once_in_a_segment() {
        for text in ["", "models", "/{", "/}", "/{}", "/{a}{b}", "/{{a}}", "/a}b{c", "/{a/b}"] {
            assert!(PathPattern::new(text).is_none(), "{text}");
        }
    }
}
