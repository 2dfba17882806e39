//! `wblab plan`: what would happen.

use super::order::plan_of;
use crate::args::PlanArguments;
use crate::error::{CliError, Exit};
use crate::progress::print;

pub(crate) fn plan(arguments: &PlanArguments) -> Result<Exit, CliError> {
    let plan = plan_of(&arguments.scenario)?;
    let people = scenario::people(&plan);
    let arrivals = engine::arrivals(&plan, &people);
    let planned = arrivals.planned();
    let digests = [
        ("plan_hash", plan.hash()),
        ("people_sha256", scenario::people_sha256(&people)),
        ("arrivals_sha256", engine::arrivals_sha256(arrivals)),
    ];
    if arguments.json {
        let mut told = serde_json::json!({ "arrivals": planned, "plan": plan });
        for (name, digest) in digests {
            told[name] = digest.into();
        }
        print(&told.to_string());
        return Ok(Exit::Pass);
    }
    for sentence in plan.sentences() {
        print(&sentence);
    }
    print(&match planned {
        Some(planned) => format!("That makes {planned} arrivals."),
        None => "How many operations that makes, the system's own pace decides.".to_owned(),
    });
    for (name, digest) in digests {
        print(&format!("{name} {digest}"));
    }
    Ok(Exit::Pass)
}
