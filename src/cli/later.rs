//! A command line that clap refuses; verbs and options of later versions are named as such.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::exit::Exit;

/// Verbs that are decided on but not built.
const VERBS: &[&str] = &["chart"];

/// Options that are decided on but not built.
const OPTIONS: &[&str] = &["--listen"];

/// Prints help, version or the error, and gives the exit code.
pub(super) fn explain(error: &clap::Error) -> Exit {
    match not_yet(error) {
        Some(what) => {
            let text = format!("error: `{what}` is not in this version yet\n");
            drop(std::io::Write::write_all(&mut anstream::stderr(), text.as_bytes()));
        }
        None => drop(error.print()),
    }
    if error.use_stderr() { Exit::Usage } else { Exit::Done }
}

fn not_yet(error: &clap::Error) -> Option<&'static str> {
    let (kind, known) = match error.kind() {
        ErrorKind::InvalidSubcommand => (ContextKind::InvalidSubcommand, VERBS),
        ErrorKind::UnknownArgument => (ContextKind::InvalidArg, OPTIONS),
        _ => return None,
    };
    let Some(ContextValue::String(word)) = error.get(kind) else { return None };
    known.iter().find(|name| *name == word).copied()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::args::Cli;

    #[test]
    fn verbs_and_options_of_later_versions_are_named_as_such() {
        let refused = |line: &[&str]| Cli::try_parse_from(line).expect_err("refused");
        assert_eq!(not_yet(&refused(&["apicron", "chart"])), Some("chart"));
        assert_eq!(not_yet(&refused(&["apicron", "serve", "--listen", ":80"])), Some("--listen"));
        assert_eq!(not_yet(&refused(&["apicron", "chekc"])), None);
    }
}
