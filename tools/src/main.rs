//! The one program of the house: `ringside VERB`. Everything it does is in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    ringside_tools::cli::main()
}
