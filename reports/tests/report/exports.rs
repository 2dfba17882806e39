//! Tables of operations, annotations and metrics.

use std::fs::{self, File};
use std::path::Path;

use history::{DropWhy, DroppedEvent, Event, OpEvent, Phase, RunFolder};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use reports::Format;
use uuid::Uuid;
use vocabulary::{EventId, OpKind, Outcome, Reason, ReasonCode, SsprCode, Stage, StageTimes, Win32};

use super::{hostile, synthetic};

fn op(number: u64) -> OpEvent {
    let mut stages = StageTimes::new();
    stages.add(Stage::Write, std::time::Duration::from_micros(300));
    stages.add(Stage::Cloud, std::time::Duration::from_micros(20));
    let reason = Reason::new(ReasonCode::PasswordPolicy)
        .with_sspr(SsprCode::OnPremisesAdminActionRequired)
        .with_event(EventId::AD_PASSWORD_POLICY)
        .with_win32(Some(Win32::PASSWORD_RESTRICTION));
    OpEvent {
        seq: 0,
        at_us: 0,
        phase: if number < 2 { Phase::WarmUp } else { Phase::Measure },
        op_id: Uuid::from_u128(number.into()),
        op: OpKind::AdminReset,
        attempt: 2,
        arrival: Some(number),
        actor: "o\"neill, anna@corp.test".to_owned(),
        persona: "helpdesk".to_owned(),
        user: Uuid::from_u128(7),
        writes: Some(3),
        proves: None,
        intended_us: 1000 * number,
        started_us: 1000 * number + 50,
        finished_us: 1000 * number + 450,
        expires_us: 9_000_000_000,
        outcome: if number == 1 {
            Outcome::Rejected(reason)
        } else {
            Outcome::Applied
        },
        stages_us: (number != 2).then_some(stages),
    }
}

fn dropped(number: u64) -> DroppedEvent {
    DroppedEvent {
        seq: 0,
        at_us: 0,
        phase: Phase::Measure,
        actor: "bea@corp.test".to_owned(),
        persona: String::new(),
        attempt: 1,
        arrival: Some(number),
        user: Uuid::from_u128(8),
        op: OpKind::Unlock,
        intended_us: 1000 * number,
        why: DropWhy::QueueFull,
    }
}

/// A folder with so many operations, and one arrival that was dropped after them.
fn folder(home: &Path, count: u64) -> RunFolder {
    let folder = RunFolder::create(&home.join("run")).unwrap();
    let mut writer = folder.writer().unwrap();
    for number in 0..count {
        let op = op(number);
        let phase = op.phase;
        writer.append(Event::Op(op), 2_000 * number, phase).unwrap();
    }
    writer
        .append(Event::Dropped(dropped(count)), 2_000 * count, Phase::Measure)
        .unwrap();
    writer.seal().unwrap();
    folder
}

#[test]
fn every_operation_is_a_line_with_nothing_where_nothing_is_known() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("ops.csv");
    assert_eq!(
        reports::operations(&folder(home.path(), 3), Format::Csv, &path).unwrap(),
        4
    );
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines.len(), 6, "a head, four rows, and the end of the last");
    assert!(
        lines[0]
            .starts_with("arrival,attempt,op_id,op,phase,actor,persona,user,writes,proves,outcome,reason,sspr_code,")
    );
    assert_eq!(
        lines[2],
        "1,2,00000000-0000-0000-0000-000000000001,admin_reset,warm_up,\"o\"\"neill, anna@corp.test\",helpdesk,\
         00000000-0000-0000-0000-000000000007,3,,rejected,password_policy,SSPR_0029,33008,1325,1000,1050,1450,9000000000,2000,\
         450,400,20,,,,,300,,80"
    );
    assert!(
        lines[3].ends_with(",450,400,,,,,,,,"),
        "no stages, no network: {}",
        lines[3]
    );
    assert_eq!(
        lines[4],
        "3,1,,unlock,measure,bea@corp.test,,00000000-0000-0000-0000-000000000008,,,dropped,queue_full,,,,3000,,,,6000,,,,,,,,,,"
    );
}

#[test]
fn a_parquet_table_reads_back_over_several_batches() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("ops.parquet");
    let count = 70_000;
    assert_eq!(
        reports::operations(&folder(home.path(), count), Format::Parquet, &path).unwrap(),
        count + 1
    );
    let reader = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
    assert_eq!(reader.metadata().num_row_groups(), 2, "a batch and the rest");
    let mut sum = 0;
    let mut last = Vec::new();
    for row in reader.get_row_iter(None).unwrap() {
        let row = row.unwrap();
        last = row
            .get_column_iter()
            .map(|(name, field)| (name.clone(), field.clone()))
            .collect();
        let response = last.iter().find(|(name, _)| name == "response_us").unwrap();
        if let Field::Long(us) = response.1 {
            sum += us;
        }
    }
    assert_eq!(sum, 450 * i64::try_from(count).unwrap());
    let of = |name: &str| last.iter().find(|(column, _)| column == name).unwrap().1.clone();
    assert_eq!(
        (of("outcome"), of("reason")),
        (Field::Str("dropped".into()), Field::Str("queue_full".into()))
    );
    assert_eq!(
        (of("op_id"), of("response_us"), of("write_us")),
        (Field::Null, Field::Null, Field::Null)
    );
    assert_eq!(of("intended_us"), Field::Long(1000 * i64::try_from(count).unwrap()));
}

#[test]
fn nobody_is_annotated_out_of_a_command() {
    let (judgement, manifest) = hostile();
    let lines = reports::annotations(&judgement, &manifest);
    assert!(lines.len() <= 20, "GitHub shows ten of each: {}", lines.len());
    for line in &lines {
        assert!(line.starts_with("::error ") || line.starts_with("::warning "), "{line}");
        assert!(!line.contains('\n') && !line.contains('\u{1b}'), "{line}");
        let (properties, _) = line[2..].split_once("::").unwrap();
        assert!(
            properties.matches(',').count() <= 1,
            "nothing but a title and a file: {properties}"
        );
    }
}

#[test]
fn what_is_more_than_github_shows_is_told_of_in_a_number() {
    let mut judgement = synthetic::judgement(1, 30, true);
    let manifest = synthetic::manifest::manifest(1, &judgement.figures);
    let doubtful = history::Finding {
        check: "doubtful".to_owned(),
        verdict: history::Mark::Inconclusive,
        checked: 0,
        violations: Vec::new(),
        why: "nothing to look at".to_owned(),
    };
    judgement.verdict.findings.extend((0..14).map(|_| doubtful.clone()));
    let lines = reports::annotations(&judgement, &manifest);
    let warnings: Vec<&String> = lines.iter().filter(|line| line.starts_with("::warning ")).collect();
    assert_eq!(warnings.len(), 10, "{lines:?}");
    let more = warnings.last().unwrap();
    let all = judgement
        .verdict
        .findings
        .iter()
        .filter(|finding| finding.verdict == history::Mark::Inconclusive)
        .count();
    let goals = judgement
        .verdict
        .goals
        .iter()
        .filter(|goal| goal.verdict == history::Mark::Inconclusive)
        .count();
    assert!(more.contains(&format!("::{} more: ", all + goals - 9)), "{more}");
    assert!(
        lines[0].contains("title=quick%3A FAIL,file=scenarios/quick.toml::"),
        "{}",
        lines[0]
    );
}
