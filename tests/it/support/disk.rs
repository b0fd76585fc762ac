//! A small disk of its own, which a test fills, empties and makes read-only.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::size::skipped;

/// A mounted disk in memory. It goes when this is dropped.
#[derive(Debug)]
pub(crate) struct Disk {
    at: PathBuf,
    /// What is written before `mount`: nothing, or how to become root.
    rise: &'static [&'static str],
}

impl Disk {
    /// Mounts one of so many KiB. `None` where this user may not mount; then standard error tells that the
    /// test was skipped.
    pub(crate) fn mount(at: PathBuf, kib: u32) -> Option<Disk> {
        std::fs::create_dir_all(&at).expect("a folder");
        // Where root mounts it for another user, that user has to be able to write there.
        let options = format!("size={kib}k,mode=1777");
        let rises: [&[&str]; 2] = [&[], &["sudo", "-n"]];
        for rise in rises {
            if run(rise, &["mount", "-t", "tmpfs", "-o", &options, "none"], &at) {
                return Some(Disk { at, rise });
            }
        }
        skipped("this user may mount no small disk, neither as root nor by `sudo -n`");
        None
    }

    /// Leaves no room. What is there can be written over.
    pub(crate) fn fill(&self) {
        let mut ballast = File::options().create(true).append(true).open(self.ballast()).expect("a file");
        while ballast.write_all(&[0; 4096]).is_ok() {}
    }

    /// Makes the room again that [`Disk::fill`] took.
    pub(crate) fn make_room(&self) {
        std::fs::remove_file(self.ballast()).expect("the file removed");
    }

    /// Makes the disk larger.
    pub(crate) fn grow(&self, kib: u32) {
        self.remount(&format!("remount,size={kib}k"));
    }

    /// From now on nothing can be written, by root neither.
    pub(crate) fn make_read_only(&self) {
        self.remount("remount,ro");
    }

    pub(crate) fn make_writable(&self) {
        self.remount("remount,rw");
    }

    fn remount(&self, options: &str) {
        assert!(run(self.rise, &["mount", "-o", options], &self.at), "{options}");
    }

    fn ballast(&self) -> PathBuf {
        self.at.join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: whoever is at work there still, in a test that failed, is not waited for.
        run(self.rise, &["umount", "-l"], &self.at);
    }
}

fn run(rise: &[&str], command: &[&str], at: &Path) -> bool {
    let words: Vec<&str> = rise.iter().chain(command).copied().collect();
    let ended = Command::new(words[0]).args(&words[1..]).arg(at).output();
    ended.is_ok_and(|ended| ended.status.success())
}
