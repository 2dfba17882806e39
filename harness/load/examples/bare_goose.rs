//! goose as it comes, without tickets: users who ask again as soon as they are answered. What the generator is compared with.
//!
//! ```text
//! cargo run --release -p load --example bare_goose -- http://127.0.0.1:PORT USERS SECONDS [REQUESTS_A_SECOND]
//! ```
//!
//! Prints one line of JSON: requests a second, and goose's own 99th percentile in milliseconds. With a rate, goose's own
//! throttle holds it back.
#![expect(clippy::print_stdout, reason = "an example that is talked to")]

use goose::client::GooseClientBuilder;
use goose::config::GooseConfiguration;
use goose::prelude::*;

async fn ask(user: &mut GooseUser) -> TransactionResult {
    let response = user.get("").await?;
    if let Ok(response) = response.response {
        // The body is read to its end, as the generator does.
        let _ = response.bytes().await;
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(attack())
}

async fn attack() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, users, seconds, rate @ ..] = arguments.as_slice() else {
        return Err("arguments: the target's URL, users, seconds, and a rate if there is one".into());
    };
    let mut configuration = GooseConfiguration::default();
    configuration.host = Some(host.clone());
    configuration.users = Some(users.parse()?);
    configuration.increase_rate = Some("1000000".to_owned());
    configuration.run_time = Some(seconds.clone());
    configuration.quiet = 3;
    configuration.no_telnet = true;
    configuration.no_print_metrics = true;
    configuration.no_error_summary = true;
    if let Some(rate) = rate.first() {
        configuration.throttle_requests = Some(rate.parse()?);
    }
    let seconds: f64 = seconds.parse()?;
    let metrics = GooseAttack::initialize_with_config(configuration)?
        .set_client_builder_without_cookies(GooseClientBuilder::new().without_cookies())?
        .register_scenario(
            Scenario::new("bare").register_transaction(Transaction::new(std::sync::Arc::new(
                |user: &mut GooseUser| Box::pin(ask(user)),
            ))),
        )
        .execute()
        .await?;
    let request = metrics.requests.values().next().ok_or("goose asked for nothing")?;
    let requests = request.success_count + request.fail_count;
    let p99_ms = request.raw_data.percentile_us(0.99) as f64 / 1e3;
    println!(
        "{}",
        serde_json::json!({ "per_s": requests as f64 / seconds, "requests": requests, "p99_ms": p99_ms })
    );
    Ok(())
}
