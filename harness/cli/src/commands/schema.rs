//! `wblab schema`: the schema of scenario files.

use crate::args::SchemaArguments;
use crate::error::{CliError, Exit};
use crate::progress::{print, say};

pub(crate) fn schema(arguments: &SchemaArguments) -> Result<Exit, CliError> {
    let current = scenario::schema_text();
    let Some(path) = &arguments.check else {
        print(&current);
        return Ok(Exit::Pass);
    };
    let committed = std::fs::read_to_string(path).map_err(|source| CliError::File {
        doing: "read",
        path: path.clone(),
        source,
    })?;
    if committed == current {
        print(&format!("{} is current", path.display()));
        return Ok(Exit::Pass);
    }
    say(&format!(
        "{} is out of date: write it anew with `wblab schema > {0}`",
        path.display()
    ));
    Ok(Exit::Fail)
}
