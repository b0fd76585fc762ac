//! Names with values, as a query and a form have them.

use crate::filter::Template;

/// The names in the order in which each comes first, with all its values in theirs.
pub fn values_by_name(pairs: &[(String, Template)]) -> Vec<(&str, Vec<&Template>)> {
    let mut by_name: Vec<(&str, Vec<&Template>)> = Vec::new();
    for (name, value) in pairs {
        match by_name.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => values.push(value),
            None => by_name.push((name, vec![value])),
        }
    }
    by_name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_comes_again_has_its_values_together_where_it_came_first() {
        let pair = |(name, value): (&str, &str)| (name.to_owned(), Template::compile(value, &[]).expect("a template"));
        let pairs = [("b", "1"), ("a", "2"), ("b", "3")].map(pair);
        let texts = |values: Vec<&Template>| values.iter().map(|value| value.text().to_owned()).collect::<Vec<_>>();
        let by_name = values_by_name(&pairs).into_iter().map(|(name, values)| (name, texts(values)));
        let expected = [("b", vec!["1".to_owned(), "3".to_owned()]), ("a", vec!["2".to_owned()])];
        assert_eq!(by_name.collect::<Vec<_>>(), expected);
    }
}
