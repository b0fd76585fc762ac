//! The `apicron` command. Everything is in the library.

fn main() -> std::process::ExitCode {
    apicron::cli::main()
}
