use super::{BuiltIn, Refused};

/// Every function that a filter may call.
pub(in crate::filter) const BUILT_INS: &[BuiltIn] = &[
    // Values
    ("empty", &[0]),
    ("error", &[0, 1]),
    ("true", &[0]),
    ("false", &[0]),
    ("null", &[0]),
    ("not", &[0]),
    ("length", &[0]),
    ("utf8bytelength", &[0]),
    ("type", &[0]),
    ("tostring", &[0]),
    ("tonumber", &[0]),
    ("toboolean", &[0]),
    ("tojson", &[0]),
    ("fromjson", &[0]),
    // Selecting
    ("select", &[1]),
    ("values", &[0]),
    ("nulls", &[0]),
    ("booleans", &[0]),
    ("numbers", &[0]),
    ("strings", &[0]),
    ("arrays", &[0]),
    ("objects", &[0]),
    ("iterables", &[0]),
    ("scalars", &[0]),
    // Arrays and objects
    ("map", &[1]),
    ("map_values", &[1]),
    ("add", &[0, 1]),
    ("sort", &[0]),
    ("sort_by", &[1]),
    ("group_by", &[1]),
    ("unique", &[0]),
    ("unique_by", &[1]),
    ("min", &[0]),
    ("min_by", &[1]),
    ("max", &[0]),
    ("max_by", &[1]),
    ("reverse", &[0]),
    ("flatten", &[0, 1]),
    ("first", &[0, 1]),
    ("last", &[0, 1]),
    ("any", &[0, 1, 2]),
    ("all", &[0, 1, 2]),
    ("isempty", &[1]),
    ("has", &[1]),
    ("in", &[1]),
    ("contains", &[1]),
    ("inside", &[1]),
    ("index", &[1]),
    ("rindex", &[1]),
    ("indices", &[1]),
    ("keys", &[0]),
    ("keys_unsorted", &[0]),
    ("to_entries", &[0]),
    ("from_entries", &[0]),
    ("with_entries", &[1]),
    // Text
    ("join", &[1]),
    ("split", &[1, 2]),
    ("splits", &[1, 2]),
    ("startswith", &[1]),
    ("endswith", &[1]),
    ("ltrimstr", &[1]),
    ("rtrimstr", &[1]),
    ("trim", &[0]),
    ("ltrim", &[0]),
    ("rtrim", &[0]),
    ("ascii_downcase", &[0]),
    ("ascii_upcase", &[0]),
    ("ascii", &[0]),
    ("explode", &[0]),
    ("implode", &[0]),
    ("test", &[1, 2]),
    ("match", &[1, 2]),
    ("capture", &[1, 2]),
    ("scan", &[1, 2]),
    ("sub", &[2, 3]),
    ("gsub", &[2, 3]),
    ("@text", &[0]),
    ("@json", &[0]),
    ("@csv", &[0]),
    ("@tsv", &[0]),
    ("@html", &[0]),
    ("@sh", &[0]),
    ("@uri", &[0]),
    ("@urid", &[0]),
    ("@base64", &[0]),
    ("@base64d", &[0]),
    // Numbers
    ("abs", &[0]),
    ("floor", &[0]),
    ("ceil", &[0]),
    ("round", &[0]),
    ("trunc", &[0]),
    ("sqrt", &[0]),
    ("pow", &[2]),
    ("exp", &[0]),
    ("exp2", &[0]),
    ("exp10", &[0]),
    ("log", &[0]),
    ("log2", &[0]),
    ("log10", &[0]),
    // Time
    ("fromdateiso8601", &[0]),
    ("todateiso8601", &[0]),
    ("fromdate", &[0]),
    ("todate", &[0]),
    ("date", &[0]),
    ("gmtime", &[0]),
    ("mktime", &[0]),
    ("strftime", &[1]),
    ("strptime", &[1]),
];

const fn refused(name: &'static str, help: &'static str) -> Refused {
    Refused { name, help }
}

const LOOP: &str = "use `map`, `add`, `group_by`, `any` or `all` over the elements that are there";
const DESCEND: &str = "use `..`, which gives the value and everything inside it";
const SECRETS: &str =
    "a filter sees no environment; a secret goes into a header: `headers = { X-Key = { env = \"NAME\" } }`";
const ONE_INPUT: &str = "a filter has one input, `.`; earlier calls are in `$calls`";
const NOW: &str = "use `$run.now`, or `$run.scheduled_for` for the time the run was due";
const SLICE: &str = "use a slice: `.[:3]` for the first three elements, `.[3:]` for the rest";
const REBUILD: &str = "build the value anew: `{name, size}`, `. + {size: 5}`, `map(…)`, `with_entries(…)`";
const PATHS: &str = "name the path itself, as in `.a.b`, or use `..` and `select`";
const PRINT: &str = "nothing is printed from a filter; `apicron api NAME GET PATH --jq '…'` shows what a filter gives";
const FAIL: &str = "use `error(\"…\")`, which fails the call with that message";
const ZONE: &str = "times are in UTC here: use `gmtime`, `strftime` and `todate`";
const ONE_FILE: &str = "a filter is one expression; there are no modules";
const NO_JSON: &str = "JSON has no such number; use a comparison with `null` for what is absent";
const CATCH: &str = "use `?` and `//`: `(.a | tonumber)? // 0`";

/// Keywords and functions of jq that are left out on purpose.
pub(in crate::filter) const REFUSED: &[Refused] = &[
    refused("def", "write the expression where it is needed, or bind a value: `. as $x | …`"),
    refused("reduce", LOOP),
    refused("foreach", LOOP),
    refused("range", LOOP),
    refused("repeat", LOOP),
    refused("while", LOOP),
    refused("until", LOOP),
    refused("combinations", LOOP),
    refused("transpose", LOOP),
    refused("label", "use `first(…)`, `any` or `all`, which stop at the first that fits"),
    refused("break", "use `first(…)`, `any` or `all`, which stop at the first that fits"),
    refused("recurse", DESCEND),
    refused("recurse_down", DESCEND),
    refused("walk", DESCEND),
    refused("env", SECRETS),
    refused("getenv", SECRETS),
    refused("IN", "use `any`: `any(.ids[]; . == 3)`"),
    refused("INDEX", "use `map({(.id): .}) | add`, or `group_by(.id)`"),
    refused("now", NOW),
    refused("localtime", ZONE),
    refused("strflocaltime", ZONE),
    refused("input", ONE_INPUT),
    refused("inputs", ONE_INPUT),
    refused("input_filename", ONE_INPUT),
    refused("input_line_number", ONE_INPUT),
    refused("limit", SLICE),
    refused("skip", SLICE),
    refused("nth", "use an index: `.[2]`; of a stream, `[…][2]`"),
    refused("del", REBUILD),
    refused("delpaths", REBUILD),
    refused("setpath", REBUILD),
    refused("pick", REBUILD),
    refused("tostream", PATHS),
    refused("fromstream", PATHS),
    refused("truncate_stream", PATHS),
    refused("path", PATHS),
    refused("paths", PATHS),
    refused("leaf_paths", PATHS),
    refused("getpath", PATHS),
    refused("debug", PRINT),
    refused("stderr", PRINT),
    refused("halt", FAIL),
    refused("halt_error", FAIL),
    refused("catch", CATCH),
    refused("import", ONE_FILE),
    refused("include", ONE_FILE),
    refused("module", ONE_FILE),
    refused("modulemeta", ONE_FILE),
    refused("get_search_list", ONE_FILE),
    refused("builtins", "`apicron check` names what a filter may not use"),
    refused("nan", NO_JSON),
    refused("infinite", NO_JSON),
    refused("isnan", NO_JSON),
    refused("isinfinite", NO_JSON),
    refused("isnormal", NO_JSON),
];

/// Variables of jq that are left out on purpose.
pub(in crate::filter) const REFUSED_VARIABLES: &[Refused] = &[
    refused("$ENV", SECRETS),
    refused("$__loc__", "a filter is one expression; there are no places to tell apart"),
    refused("$__prog_args", ONE_INPUT),
];

/// Operators of jq that change a value in place.
pub(in crate::filter) const REFUSED_OPERATORS: &[Refused] = &[
    refused("=", "to compare, write `==`; to change a value, build it anew: `. + {size: 5}`"),
    refused("|=", REBUILD),
    refused("+=", REBUILD),
    refused("-=", REBUILD),
    refused("*=", REBUILD),
    refused("/=", REBUILD),
    refused("%=", REBUILD),
    refused("//=", "use `//`, as in `. + {size: (.size // 5)}`"),
];
