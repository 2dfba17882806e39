//! `wblab-wrong WHICH ARGS…`: wblab with one part that is wrong on purpose.
//!
//! For: proving that the judge finds what it promises to find; in process and, by the same name, in containers.
//! Never: shipped. The shipped program knows nothing of these parts and no option of it selects one.
//!
//! `wblab-wrong loses-write run scenarios/quick.toml` must end with 1 and name the people whose writes were lost.

mod forgets_unlock;
mod loses_write;
mod wrong_person;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use agent::{AgentParts, DirectoryWriter};
use environment::{Parts, ServedBinary};

/// Which part is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    /// Nothing: what the judge must let pass.
    None,
    /// An agent that acknowledges before it writes and then loses the write.
    LosesWrite,
    /// An agent that writes to the wrong person.
    OtherPerson,
    /// An agent that forgets the unlock.
    ForgetsUnlock,
}

impl Wrong {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "none" => Self::None,
            "loses-write" => Self::LosesWrite,
            "wrong-person" => Self::OtherPerson,
            "forgets-unlock" => Self::ForgetsUnlock,
            _ => return None,
        })
    }

    fn writer(self, genuine: Arc<dyn DirectoryWriter>) -> Arc<dyn DirectoryWriter> {
        match self {
            Self::None => genuine,
            Self::LosesWrite => Arc::new(loses_write::LosesWrite::new(genuine)),
            Self::OtherPerson => Arc::new(wrong_person::WrongPerson::new(genuine)),
            Self::ForgetsUnlock => Arc::new(forgets_unlock::ForgetsUnlock::new(genuine)),
        }
    }

    fn parts(self, served: ServedBinary) -> Parts {
        Parts {
            agent: Arc::new(move |config, clock| {
                let parts = AgentParts {
                    writer: Box::new(move |genuine| self.writer(genuine)),
                    ..AgentParts::default()
                };
                Box::pin(agent::start_with(config, clock, parts))
            }),
            ..Parts::genuine(served)
        }
    }
}

fn main() -> ExitCode {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    let name = arguments.get(1).and_then(|word| word.to_str()).map(str::to_owned);
    let Some((wrong, name)) = name.and_then(|name| Some((Wrong::named(&name)?, name))) else {
        return usage();
    };
    arguments.remove(1);
    // Whoever is started by this program, the generator and the containers, is started with the same word.
    wblab::main_with(arguments, vec![name], |served| wrong.parts(served))
}

fn usage() -> ExitCode {
    let told = "wblab-wrong none|loses-write|wrong-person|forgets-unlock ARGS…";
    // Printing fails only when nobody listens.
    let _ = writeln!(std::io::stderr(), "{told}");
    ExitCode::from(64)
}
