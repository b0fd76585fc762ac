//! Text → schedule, with errors that name the field.

use super::calendar::Calendar;
use super::every::Every;
use super::field::{Field, Part};
use super::units::Unit;
use super::{PatternError, Schedule, words};

/// The most characters that a text may have.
const LONGEST: usize = 256;

/// Short names and what they stand for.
const NICKNAMES: [(&str, &str); 7] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * SUN"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

const NICKNAME_HELP: &str = "there are `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly`, `@annually`, \
                             and `@every 15m` for a pace";

/// Reads a cron text; gives what it says, and that in words.
pub(super) fn parse(text: &str) -> Result<(Schedule, String), PatternError> {
    let length = text.chars().count();
    if length > LONGEST {
        let message = format!("the cron text has {length} characters, and may have {LONGEST}");
        return Err(PatternError::new(message, "split it into several jobs"));
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        [] => Err(PatternError::new("the cron text is empty".to_owned(), "`*/5 * * * *` is every 5 minutes")),
        [name, rest @ ..] if name.starts_with('@') => parse_nickname(name, rest),
        [zone, ..] if is_zone(zone) => {
            let message = format!("the cron text begins with `{}`", zone.escape_debug());
            Err(PatternError::new(message, "the zone has a key of its own: `timezone = \"Europe/Berlin\"`"))
        }
        fields => parse_fields(fields),
    }
}

fn parse_nickname(name: &str, rest: &[&str]) -> Result<(Schedule, String), PatternError> {
    let lower = name.to_lowercase();
    if lower == "@every" {
        let every = Every::parse(&rest.join(" "))?;
        let words = words::every(every);
        return Ok((Schedule::Every(every), words));
    }
    let Some((_, text)) = NICKNAMES.iter().find(|(nickname, _)| *nickname == lower) else {
        let message = format!("there is no nickname `{}`", name.escape_debug());
        return Err(PatternError::new(message, &nickname_help(&lower)));
    };
    if !rest.is_empty() {
        let message = format!("`{lower}` is followed by more");
        return Err(PatternError::new(
            message,
            &format!("it stands alone; with other values write fields, as in `{text}`"),
        ));
    }
    parse_fields(&text.split(' ').collect::<Vec<&str>>())
}

/// The nearest nickname, or all of them.
fn nickname_help(name: &str) -> String {
    if let Some(pace) = name.strip_prefix("@every") {
        return format!("put a space before the duration: `@every {}`", pace.escape_debug());
    }
    let distance = |nickname: &str| strsim::damerau_levenshtein(nickname, name);
    let known = NICKNAMES.iter().map(|(nickname, _)| *nickname);
    match known.min_by_key(|nickname| distance(nickname)).filter(|nickname| distance(nickname) <= 2) {
        Some(nickname) => format!("did you mean `{nickname}`?"),
        None => NICKNAME_HELP.to_owned(),
    }
}

fn parse_fields(texts: &[&str]) -> Result<(Schedule, String), PatternError> {
    let units = match texts.len() {
        5 => &Unit::ALL[1..],
        6 => &Unit::ALL[..],
        count => return Err(wrong_count(count)),
    };
    let written = units.iter().zip(texts).map(|(unit, text)| Field::parse(*unit, text));
    let mut fields = written.collect::<Result<Vec<Field>, _>>()?;
    if fields.len() == 5 {
        fields.insert(0, Field::of(Unit::Second, Part::Value(0)));
    }
    let [second, minute, hour, day, month, weekday] = fields.as_slice() else { return Err(wrong_count(texts.len())) };
    let fields = Fields { second, minute, hour, day, month, weekday };
    let calendar = Calendar::new(&fields)?;
    if !calendar.ever_fires() {
        let message = format!("`{}` never fires", texts.join(" "));
        return Err(PatternError::new(
            message,
            "no date has this day of the month, month and weekday: change one of them; `L` is the last day of a month",
        ));
    }
    Ok((Schedule::Calendar(Box::new(calendar)), words::calendar(&fields)))
}

/// The six fields of a text by name.
pub(super) struct Fields<'a> {
    pub(super) second: &'a Field,
    pub(super) minute: &'a Field,
    pub(super) hour: &'a Field,
    pub(super) day: &'a Field,
    pub(super) month: &'a Field,
    pub(super) weekday: &'a Field,
}

fn wrong_count(count: usize) -> PatternError {
    let message = format!("the cron text has {count} field{}", if count == 1 { "" } else { "s" });
    let help = match count {
        7 => "a year cannot be given: write 5 fields (minute hour day month weekday), or 6 with the second first",
        _ => "write 5 fields (minute hour day month weekday), or 6 with the second first",
    };
    PatternError::new(message, help)
}

/// `TZ=…` or `CRON_TZ=…`, as other crons take it.
fn is_zone(word: &str) -> bool {
    word.starts_with("TZ=") || word.starts_with("CRON_TZ=")
}
