//! The `apicron` command. Everything is in the library.

/// Gives back what a large answer took, which the system's allocator keeps.
#[cfg(unix)]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    apicron::cli::main()
}
