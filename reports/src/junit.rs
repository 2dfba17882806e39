//! `junit.xml`: a test case for each check and each goal.
//!
//! There is no one JUnit format. What is written here is what both schemas allow that people validate with: Jenkins'
//! `junit-10.xsd` and that of Apache Ant's task; GitLab and the readers that GitHub's users have read no more than that.
//! So a case has no attribute beside name, class and time, what it would say more stands in its text, and the suite has
//! properties, a time and an output.

use history::{Finding, GoalResult, Manifest, Mark};
use judge::Judgement;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::ReportError;
use crate::text::{self, clean};
use crate::words;

type Xml = Writer<Vec<u8>>;

/// One test case.
pub(crate) struct Case {
    pub name: String,
    pub mark: Mark,
    /// Why the mark is what it is.
    pub why: String,
    /// What more is said of it, a line each.
    pub lines: Vec<String>,
}

/// One suite.
pub(crate) struct Suite<'a> {
    pub what: &'a str,
    pub cases: Vec<Case>,
}

impl Suite<'_> {
    fn count(&self, mark: Mark) -> String {
        self.cases.iter().filter(|case| case.mark == mark).count().to_string()
    }
}

/// What every suite says of the run.
pub(crate) struct Run<'a> {
    pub scenario: String,
    /// Begin, UTC, without a zone.
    pub timestamp: String,
    /// Length in seconds, with at most three decimals.
    pub seconds: String,
    pub properties: Vec<(&'a str, String)>,
    /// What a person should read.
    pub output: String,
    /// The command that replays it.
    pub reproduce: String,
}

/// The report as XML.
///
/// # Errors
/// [`ReportError::Junit`].
pub(crate) fn xml(judgement: &Judgement, manifest: &Manifest) -> Result<String, ReportError> {
    let verdict = &judgement.verdict;
    let run = Run::of(judgement, manifest);
    let suites = [
        Suite {
            what: "checks",
            cases: verdict.findings.iter().map(check).collect(),
        },
        Suite {
            what: "goals",
            cases: verdict.goals.iter().map(goal).collect(),
        },
    ];
    rendered(&run, &suites)
}

/// Suites as XML; one without a case is left out.
///
/// # Errors
/// [`ReportError::Junit`].
pub(crate) fn rendered(run: &Run<'_>, suites: &[Suite<'_>]) -> Result<String, ReportError> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    written(&mut xml, run, suites).map_err(|source| ReportError::Junit { source })?;
    let mut text = String::from_utf8_lossy(&xml.into_inner()).into_owned();
    text.push('\n');
    Ok(text)
}

fn written(xml: &mut Xml, run: &Run<'_>, suites: &[Suite<'_>]) -> std::io::Result<()> {
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let filled = suites.iter().filter(|suite| !suite.cases.is_empty());
    xml.create_element("testsuites")
        .write_inner_content(|xml| filled.enumerate().try_for_each(|(id, suite)| run.suite(xml, id, suite)))?;
    Ok(())
}

impl<'a> Run<'a> {
    fn of(judgement: &Judgement, manifest: &Manifest) -> Self {
        let verdict = &judgement.verdict;
        let ended_us = judgement.figures.phases.iter().map(|phase| phase.to_us).max();
        let steps = words::next_steps(verdict, manifest);
        Self {
            scenario: clean(&verdict.scenario),
            timestamp: text::timestamp(manifest.started_unix_ms),
            seconds: format!("{:.3}", ended_us.unwrap_or_default() as f64 / 1e6),
            properties: properties(judgement, manifest),
            output: format!(
                "{}: {}\n{}\n",
                words::shout(verdict.verdict),
                words::headline(verdict),
                steps.join("\n")
            ),
            reproduce: clean(&manifest.reproduce),
        }
    }

    fn suite(&self, xml: &mut Xml, id: usize, suite: &Suite<'_>) -> std::io::Result<()> {
        let class = format!("{}.{}", self.scenario, suite.what);
        let attributes = [
            ("name", class.as_str()),
            ("package", "wblab"),
            ("id", &id.to_string()),
            // The machine is told of by its properties; its name is nobody's business.
            ("hostname", "localhost"),
            ("timestamp", &self.timestamp),
            ("time", &self.seconds),
            ("tests", &suite.cases.len().to_string()),
            ("failures", &suite.count(Mark::Fail)),
            ("errors", &suite.count(Mark::Inconclusive)),
            ("skipped", "0"),
        ];
        let element = xml.create_element("testsuite").with_attributes(attributes);
        element.write_inner_content(|xml| {
            self.properties(xml)?;
            suite.cases.iter().try_for_each(|case| self.case(xml, &class, case))?;
            let output = xml.create_element("system-out");
            output.write_text_content(BytesText::new(&self.output))?;
            xml.create_element("system-err").write_empty()?;
            Ok(())
        })?;
        Ok(())
    }

    fn properties(&self, xml: &mut Xml) -> std::io::Result<()> {
        xml.create_element("properties").write_inner_content(|xml| {
            for (name, value) in &self.properties {
                let property = xml.create_element("property");
                property
                    .with_attributes([("name", *name), ("value", value)])
                    .write_empty()?;
            }
            Ok(())
        })?;
        Ok(())
    }

    /// A check that cannot tell is an error of its run. It is not skipped: readers count what is skipped as no trouble, and a
    /// run that proves nothing would look like one that passed.
    fn case(&self, xml: &mut Xml, class: &str, case: &Case) -> std::io::Result<()> {
        let attributes = [("name", case.name.as_str()), ("classname", class), ("time", "0")];
        let element = xml.create_element("testcase").with_attributes(attributes);
        let kind = match case.mark {
            Mark::Pass => return element.write_empty().map(drop),
            Mark::Fail => "failure",
            Mark::Inconclusive => "error",
        };
        let mut lines = vec![case.why.clone()];
        lines.extend(case.lines.iter().cloned());
        lines.push(format!("replay it: {}", self.reproduce));
        element.write_inner_content(|xml| {
            let attributes = [("message", case.why.as_str()), ("type", case.mark.as_str())];
            let told = xml.create_element(kind).with_attributes(attributes);
            told.write_text_content(BytesText::new(&lines.join("\n"))).map(drop)
        })?;
        Ok(())
    }
}

/// Everything that tells one run from another.
fn properties<'a>(judgement: &Judgement, manifest: &Manifest) -> Vec<(&'a str, String)> {
    let verdict = &judgement.verdict;
    let host = &manifest.host;
    let version = manifest.versions.get("wblab").map_or("", String::as_str);
    let told = [
        ("run", manifest.run.clone()),
        ("verdict", verdict.verdict.as_str().to_owned()),
        (
            "scenario_file",
            words::scenario_file(manifest).unwrap_or_default().to_owned(),
        ),
        ("world", manifest.world.clone()),
        ("seed", manifest.seed.to_string()),
        ("plan_hash", manifest.plan_hash.clone()),
        ("wblab", version.to_owned()),
        (
            "host",
            format!("{}, {} processors, {} MiB", host.cpu, host.cores, host.memory_mib),
        ),
        ("operations_applied", verdict.ops.applied.to_string()),
        ("reproduce", manifest.reproduce.clone()),
    ];
    told.map(|(name, value)| (name, clean(&value))).into()
}

fn check(finding: &Finding) -> Case {
    Case {
        name: clean(&finding.check),
        mark: finding.verdict,
        why: clean(&finding.why),
        lines: finding.violations.iter().map(|violation| clean(violation)).collect(),
    }
}

fn goal(result: &GoalResult) -> Case {
    Case {
        name: clean(&result.goal),
        mark: result.verdict,
        // The case bears the goal's name, which stays; its message says it in words.
        why: format!("{}: {}", words::goal_name(&result.goal), words::goal_words(result)),
        lines: Vec::new(),
    }
}
