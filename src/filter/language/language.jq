# The functions of the filter language that are written in jq. Names that begin with `_` cannot be
# used in a filter. Nothing here calls itself. What walks values pays by `.[]`; what calls a
# filter from Rust for each value pays by `_step`; what orders values weighs them first, and pays for
# keys by `_key`; what makes texts that are not metered pays for them by a `_room_…`.

def error: _fail as $x | .;
def error(f): (f | _fail) as $x | .;
def true: 0 == 0;
def false: 0 != 0;
def null: [][0];
def not: if . then false else true end;
def select(f): if f then . else empty end;
def tostring: "\(.)";
def tonumber: if type == "number" then . else fromjson | if type == "number" then . else error("this is not a number") end end;
def toboolean: if type == "boolean" then . else fromjson | if type == "boolean" then . else error("this is not a boolean") end end;
def abs: if . < 0 then - . else . end;

def values: select(. != null);
def nulls: select(. == null);
def booleans: select(type == "boolean");
def numbers: select(type == "number");
def strings: select(type == "string");
def arrays: select(type == "array");
def objects: select(type == "object");
def iterables: select(type == "array" or type == "object");
def scalars: select((type == "array" or type == "object") | not);

def first: .[0];
def last: .[-1];
def map(f): [.[] | f];
def map_values(f):
  if type == "object" then [_key_values[] as [$key, $value] | {($key): ($value | first(f))}] | _sum // {}
  else [.[] | first(f)] end;
def add: _sum;
def add(f): [f] | _sum;
def join($separator): _join($separator);
def reverse:
  if type == "string" then explode | _reverse | implode
  elif type == "null" then []
  else _reverse end;
def flatten: _flatten(-1);
def flatten($depth): if $depth < 0 then error("the depth of flatten cannot be negative") else _flatten($depth) end;

def sort: _weigh | _sort;
def keys: keys_unsorted | sort;
def sort_by(f): _weigh | _sort_by(_step | f | _key);
def group_by(f): _weigh | _group_by(_step | f | _key);
def unique: [sort | _group_by(_key)[] | .[0]];
def unique_by(f): [group_by(f)[] | .[0]];
def min: _weigh | [_min_by(.)] | .[0];
def max: _weigh | [_max_by(.)] | .[0];
def min_by(f): _weigh | [_min_by(_step | f | _key)] | .[0];
def max_by(f): _weigh | [_max_by(_step | f | _key)] | .[0];

def isempty(f): first((f | false), true);
def all(f; condition): isempty(f | condition and empty);
def any(f; condition): isempty(f | condition or empty) | not;
def all(condition): all(.[]; condition);
def any(condition): any(.[]; condition);
def all: all(.[]; .);
def any: any(.[]; .);
def in(container): . as $key | container | has($key);
def inside(container): . as $part | container | contains($part);
def index($part): indices($part) | if . == null then . else .[0] end;
def rindex($part): indices($part) | if . == null then . else .[-1] end;

def _entry_name: if type == "string" then . elif type == "array" or type == "object" then error("the name of a member must be a string") else tojson end;
def _entry:
  (if has("key") then .key elif has("k") then .k elif has("name") then .name elif has("Name") then .Name elif has("K") then .K else .Key end) as $key
  | (if has("value") then .value elif has("v") then .v elif has("Value") then .Value else .V end) as $value
  | {($key | _entry_name): $value};
def from_entries: [.[] | _entry] | _sum // {};
def with_entries(f): to_entries | [.[] | f] | from_entries;

def split($separator): if type == "string" and ($separator | type) == "string" then . / $separator else error("split needs two strings") end;
def ascii: [.] | implode;
def ascii_downcase: _room_copy | _downcase;
def ascii_upcase: _room_copy | _upcase;

def test(re; flags): _test(re; flags);
def test(re): _test(re; "");
def _match: .[0] + {captures: .[1:]};
def match(re; flags): _matches(re; flags)[] | _match;
def match(re): match(re; "");
def _named: [.[] | select(.name) | {(.name): .string}] | _sum // {};
def capture(re; flags): _matches(re; flags)[] | _named;
def capture(re): capture(re; "");
def scan(re; flags): _matches(re; "g" + flags)[] | [.[].string] | if .[1] then .[1:] else .[0] end;
def scan(re): scan(re; "");
def split(re; flags): [_split_matches(re; "g" + flags)[] | strings];
def splits(re; flags): split(re; flags)[];
def splits(re): split(re; "")[];
def sub(re; f; flags): [_split_matches(re; flags)[] | if type == "array" then _named | f else . end] | _sum;
def sub(re; f): sub(re; f; "");
def gsub(re; f; flags): sub(re; f; "g" + flags);
def gsub(re; f): sub(re; f; "g");

def gmtime: _date | _gmtime;
def mktime: _date | _mktime;
def strftime($format): ($format | _room_time) as $room | _date | _strftime($room);
def fromdate: fromdateiso8601;
def todate: todateiso8601;
def date: todateiso8601;

def _cells(f): [.[] | if type == "string" then f elif type == "array" or type == "object" then error("a cell cannot hold an array or an object") else . end];
def @text: tostring;
def @json: tojson;
def @csv: _cells("\"" + (. / "\"" | _join("\"\"")) + "\"") | _join(",");
def @tsv: _cells(sub("[\\\\]"; "\\\\"; "g") | sub("\t"; "\\t"; "g") | sub("\n"; "\\n"; "g") | sub("\r"; "\\r"; "g")) | _join("\t");
def @html: tostring | _room_html | _escape_html;
def @sh: [if type == "array" then .[] else . end | if type == "string" then "'\(_room_sh | _escape_sh)'" elif type == "array" or type == "object" then error("a shell word cannot hold an array or an object") else tojson end] | _join(" ");
def @uri: tostring | _room_uri | _encode_uri;
def @urid: tostring | _room_copy | _decode_uri;
def @base64: tostring | _room_base64 | _encode_base64;
def @base64d: tostring | _room_copy | _decode_base64;
