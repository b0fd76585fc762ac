//! `apicron completions`.

use crate::support::binary::Folder;

#[test]
fn each_shell_gets_completions_that_know_the_verbs_and_no_job_file_is_needed() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = Folder::new().run(&["completions", shell]);
        assert_eq!(ended.code(), 0, "{ended:#?}");
        assert!(ended.stdout.contains("completions") && ended.stdout.contains("resume"), "{shell}");
        assert!(ended.stdout.contains("jq") && ended.stdout.contains("collection"), "{shell}");
    }
    assert_eq!(Folder::new().run(&["completions", "tcsh"]).code(), 2);
}
