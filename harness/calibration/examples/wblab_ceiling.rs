//! The generator's ceiling on a counting target that already listens, through the real engine, pipe, child and history.
//!
//! ```text
//! cargo run --release -p calibration --example wblab_ceiling -- target/release/wblab http://127.0.0.1:PORT SECONDS
//! ```
#![expect(clippy::print_stdout, reason = "an example that is talked to")]

use load::ChildProcess;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [program, url, seconds] = arguments.as_slice() else {
        return Err("three arguments: the program wblab, the target's URL, seconds".into());
    };
    let home = tempfile::tempdir()?;
    let mut generators = ChildProcess {
        program: program.into(),
        prefix: Vec::new(),
    };
    let (folder, url, seconds) = (home.path().to_owned(), url.clone(), seconds.parse()?);
    // As in the program itself.
    let measuring = tokio::spawn(async move { calibration::ceiling(&mut generators, &folder, &url, seconds).await });
    let ceiling = measuring.await??;
    println!("{}", serde_json::to_string(&ceiling)?);
    Ok(())
}
