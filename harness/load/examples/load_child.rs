//! The generator's process alone, without the rest of the program: what a calibration starts where `wblab` is not built.
//!
//! Takes the arguments of `wblab load` and needs none of them: tickets come over its standard input.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // As in the program itself.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(load::serve())?;
    Ok(())
}
