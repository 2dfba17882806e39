//! What a plan tells is all of it that is not as usual.

use crate::{Choices, Plan, parse};

const PLAIN: &str = "schema = 1\nname = \"a\"\nwhy = \"Because.\"\nseed = 3\n[population]\npeople = 80\n[load.constant_arrival_rate]\nrate = \"5/s\"\nmeasure = \"20s\"\n";

fn told(text: &str) -> Vec<String> {
    let scenario = parse("a.toml", text, &[]).unwrap();
    Plan::resolve(&scenario, &Choices::default()).sentences()
}

#[test]
fn what_is_as_usual_goes_unsaid() {
    let told = told(PLAIN);
    assert_eq!(told.len(), 5, "{told:#?}");
    assert_eq!(
        told[1],
        "The domain corp.test stands on the embedded directory, everything in one process, behind one relay; a message lives 1min."
    );
}

#[test]
fn everything_else_is_told() {
    let text = PLAIN.replace(
        "people = 80\n",
        "people = 80\naccounts = { disabled = \"1/50\", must_change = \"1/25\" }\ngroups = { count = 40, memberships_per_person = 3 }\n",
    );
    let text = format!(
        "{text}[world.rights]\nreset_password = false\nwrite_lockout_time = false\n\
         [[world.forests]]\ndomain_controllers = 3\npdc = 2\npreferred_dcs = [1, 3]\nfunctional_level = \"2012\"\nunits = [\"Sales\", \"Works\"]\n\
         [[world.forests]]\ndomain = \"lab.test\"\nweight = 4\n\
         [[world.fine_grained_policies]]\nname = \"Admins\"\nprecedence = 5\napplies_to = \"1/10\"\nmin_length = 16\nhistory = 3\n\
         [[world.fine_grained_policies]]\nname = \"Board\"\nprecedence = 6\napplies_to = \"1/10\"\n\
         [[faults]]\nat = \"9s\"\nwhat.move_pdc.to = 1\n"
    );
    let told = told(&text);
    let expected = [
        "The domains corp.test and lab.test, each a forest of its own, stand on the embedded directory, everything in one process, behind one relay; a message lives 1min.",
        "corp.test has 3 domain controllers, of which dc2 begins as PDC emulator, lets the agent read from dc1 and dc3 alone, has the functional level 2012, spreads people over the units Sales and Works and is home to people with a weight of 1.",
        "lab.test is home to people with a weight of 4.",
        "The agent writes to the PDC emulator; a change takes 500ms to the other domain controllers.",
        "The policy Admins (precedence 5) applies to 1/10 of the people of each forest and asks for at least 16 characters and 3 passwords remembered, and else for what the domain's asks for.",
        "The policy Board (precedence 6) applies to 1/10 of the people of each forest and asks for what the domain's asks for.",
        "The agent's account has no right to reset passwords or to write lockoutTime.",
        "Of the accounts 1/50 are disabled and 1/25 must change the password at the next logon; the rest are usual ones.",
        "In each forest there are 40 groups, the first by far the largest; everybody is in 3 of them.",
        "9s after the load begins, the role of PDC emulator of corp.test moves to dc1.",
    ];
    for sentence in expected {
        assert!(told.iter().any(|told| told == sentence), "{sentence}\n{told:#?}");
    }
    assert_eq!(told.len(), expected.len() + 4);
}

#[test]
fn each_executor_is_told() {
    let head = PLAIN.split("[load").next().unwrap_or_default();
    let load = |load: &str| told(&format!("{head}[load.{load}"))[3].clone();
    assert_eq!(
        load("poisson_arrival_rate]\nrate = \"5/s\"\nmeasure = \"20s\"\n"),
        "They arrive at random, 5/s in the mean, for 20s after 0s of warm-up, 1/4 of them to unlock and the rest to reset; at most 64 are served at once, and who has not begun within 10s is dropped."
    );
    let ramp = "ramping_arrival_rate]\nstart_rate = \"1/s\"\nwarm_up = \"3s\"\nstages = [{ duration = \"9s\", target = \"5/s\" }, { duration = \"1s\", target = \"0/s\" }]\n";
    assert!(
        load(ramp).starts_with(
            "They arrive at 1/s for 3s of warm-up and then in straight lines: within 9s to 5/s and 1s to 0/s, 1/4 of them"
        ),
        "{}",
        load(ramp)
    );
    let steps = "staged_arrival_rate]\nstages = [{ duration = \"9s\", rate = \"5/s\" }, { duration = \"1s\", rate = \"0/s\" }]\n";
    assert!(
        load(steps).starts_with(
            "They arrive at 5/s for 9s and at 0/s for 1s, after 0s of warm-up at the first of these rates, 1/4 of them"
        ),
        "{}",
        load(steps)
    );
    let spike = "spike_arrival_rate]\nbase_rate = \"5/s\"\npeak_rate = \"90/s\"\ncalm = \"4s\"\nrise = \"2s\"\nhold = \"3s\"\nhalf_life = \"6s\"\nmeasure = \"40s\"\n";
    assert!(
        load(spike).starts_with(
            "They arrive for 40s after 0s of warm-up, at 5/s but for a rush: it begins 4s into what is measured, rises to 90/s within 2s, holds for 3s, and loses half of what is above 5/s every 6s, 1/4 of them"
        ),
        "{}",
        load(spike)
    );
    let closed = "closed]\nusers = 7\nthink_time = { uniform = { min = \"1s\", max = \"3s\" } }\nwarm_up = \"2s\"\nmeasure = \"20s\"\n";
    assert_eq!(
        load(closed),
        "7 users work for 20s after 2s of warm-up; each waits for the answer and thinks for anything between 1s and 3s before beginning again; 1/4 of what they ask is an unlock and the rest are resets."
    );
    assert!(told(&format!("{head}[load.{closed}"))[4].starts_with("This is a closed model"));
}
