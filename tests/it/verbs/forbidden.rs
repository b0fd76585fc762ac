//! Filters that could loop, grow or reach outside are problems before anything runs.

use crate::support::binary::Folder;
use crate::support::jobs::json_lines;

const JOBS: &str = r#"
[apis.open]
base_url = "https://api.example.com"

[jobs.j]
api = "open"

[[jobs.j.calls]]
name    = "one"
get     = "/one"
metrics = { grows = '[range(1e12)]', loops = 'def f: 1 + f; f', reaches = 'env.HOME' }

[[jobs.j.calls]]
get      = "/two/{{ env.HOME }}"
for_each = '[range(1e12)] | .[]'
each_key = 'def f: 1 + f; f'

[[jobs.j.calls]]
get    = "/three"
until  = 'def f: 1 + f; f'
failed = 'env.HOME'

[[jobs.j.calls]]
get     = "/four"
when    = '$ENV.HOME'
records = { into = "things", key = 'def f: 1 + f; f', columns = { a = '[range(1e12)]', b = 'env.HOME' } }
"#;

#[test]
fn each_says_at_its_place_what_to_use_instead() {
    let folder = Folder::new().file("jobs.toml", JOBS).env("HOME", "/home/of-a-secret");
    let ended = folder.run(&["check"]);
    assert_eq!(ended.code(), 1);
    insta::assert_snapshot!(ended.stdout);
    let problems = json_lines(&folder.run(&["check", "--json"]));
    assert_eq!(problems.len(), 12, "{problems:#?}");
    for problem in &problems {
        assert!(problem["help"].as_str().is_some_and(|help| !help.is_empty()), "{problem}");
    }
    assert!(!ended.stdout.contains("of-a-secret"));
}
