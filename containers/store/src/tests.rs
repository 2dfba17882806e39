//! What is written is there, and what is there is what was written; else it is refused.

use std::fs;
use std::io::Write as _;

use tempfile::TempDir;

use super::witness::Witness;
use super::*;

const NOTES: Table = Table("notes");
const OTHERS: Table = Table("others");

/// A folder in memory where there is one: thousands of stores are opened here, each with its own `fsync`.
fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn open(path: &Path) -> Result<(Store, Content), StoreError> {
    Store::open(path, &[NOTES, OTHERS], id(1))
}

fn note(number: u32) -> Write {
    Write::put(NOTES, &number.to_be_bytes(), format!("note {number}").into_bytes())
}

fn numbers(content: &Content) -> Vec<u32> {
    let number = |key: &[u8]| u32::from_be_bytes(key.try_into().unwrap());
    content.of(NOTES).iter().map(|(key, _)| number(key)).collect()
}

/// A store of so many commits, as the death of its process leaves it.
async fn killed(folder: &TempDir, commits: u32) -> PathBuf {
    let (live, left) = (folder.path().join("live"), folder.path().join("left"));
    let (store, _) = open(&live).unwrap();
    for number in 0..commits {
        store.write(vec![note(number)]).await.unwrap();
    }
    copy(&live, &left);
    left
}

fn copy(from: &Path, to: &Path) {
    fs::copy(from, to).unwrap();
    fs::copy(Witness::path(from), Witness::path(to)).unwrap();
}

#[tokio::test]
async fn what_was_written_is_there_after_the_death_of_the_process() {
    let folder = folder();
    let left = killed(&folder, 20).await;
    let (store, content) = open(&left).unwrap();
    assert_eq!(numbers(&content), (0..20).collect::<Vec<_>>());
    store
        .write(vec![note(20), Write::delete(NOTES, &3_u32.to_be_bytes())])
        .await
        .unwrap();
    drop(store);
    let (_, content) = open(&left).unwrap();
    assert_eq!(content.of(NOTES).len(), 20);
    assert!(!numbers(&content).contains(&3));
}

#[tokio::test]
async fn writes_that_nobody_awaits_come_about_in_their_order() {
    let folder = folder();
    let path = folder.path().join("a.store");
    let (store, _) = open(&path).unwrap();
    for number in 0..500_u32 {
        drop(store.write(vec![Write::put(NOTES, b"same", number.to_be_bytes().to_vec())]));
    }
    store.write(Vec::new()).await.unwrap();
    copy(&path, &folder.path().join("b.store"));
    drop(store);
    let (_, content) = open(&folder.path().join("b.store")).unwrap();
    assert_eq!(content.of(NOTES), [(b"same".to_vec(), 499_u32.to_be_bytes().to_vec())]);
}

#[tokio::test]
async fn writes_that_come_together_share_a_commit() {
    let folder = folder();
    let path = folder.path().join("a.store");
    let (store, _) = open(&path).unwrap();
    let written: Vec<_> = (0..400).map(|number| store.write(vec![note(number)])).collect();
    for written in written {
        written.await.unwrap();
    }
    drop(store);
    let (_, commits) = Witness::open(&path, id(1)).unwrap();
    assert!((1..200).contains(&commits), "{commits} commits for 400 writes");
}

#[tokio::test]
async fn a_store_has_one_owner_and_its_own_id() {
    let folder = folder();
    let path = folder.path().join("a.store");
    let (store, _) = open(&path).unwrap();
    assert_eq!(open(&path).unwrap_err(), StoreError::InUse(path.clone()));
    drop(store);
    let (store, _) = Store::open(&path, &[], id(2)).unwrap();
    assert_eq!(store.id(), id(1));
    let nowhere = open(&folder.path().join("no/such/folder/a.store")).unwrap_err();
    assert!(matches!(nowhere, StoreError::Unusable { .. }), "{nowhere}");
}

/// Opens a store that somebody changed: it is refused, or holds all that was written.
fn refused_or_whole(path: &Path, what: &str) -> bool {
    match open(path) {
        Err(StoreError::Damaged { .. }) => true,
        Err(error) => panic!("{what}: {error}"),
        Ok((_, content)) => {
            assert_eq!(
                numbers(&content),
                (0..20).collect::<Vec<_>>(),
                "{what} lost something silently"
            );
            let right = |(key, value): &Entry| *value == format!("note {}", key[3]).into_bytes();
            assert!(content.of(NOTES).iter().all(right), "{what} changed something silently");
            false
        }
    }
}

#[tokio::test]
async fn a_bit_that_flips_is_found_or_was_of_no_account() {
    let folder = folder();
    let left = killed(&folder, 20).await;
    let bytes = fs::read(&left).unwrap();
    let witness = fs::read(Witness::path(&left)).unwrap();
    // All of the header, and of the rest every page that is not empty, each byte in turn with another bit.
    let step = |at: usize| if at < 512 { 1 } else { 61 };
    let (mut at, mut refused) = (0, 0);
    while at < bytes.len() {
        for bit in if at < 16 { 0..8 } else { at % 8..at % 8 + 1 } {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            fs::write(&left, flipped).unwrap();
            fs::write(Witness::path(&left), &witness).unwrap();
            refused += u32::from(refused_or_whole(&left, &format!("bit {bit} of byte {at}")));
        }
        at += step(at);
        if at >= 512
            && bytes[at.min(bytes.len() - 1)..]
                .iter()
                .take(4096)
                .all(|byte| *byte == 0)
        {
            at += 4096;
        }
    }
    assert!(refused > 50, "only {refused} flips were found");
}

#[tokio::test]
async fn a_bit_of_the_witness_that_flips_is_found() {
    let folder = folder();
    let left = killed(&folder, 20).await;
    let witness = fs::read(Witness::path(&left)).unwrap();
    for at in 0..witness.len() {
        let mut flipped = witness.clone();
        flipped[at] ^= 1;
        fs::write(Witness::path(&left), flipped).unwrap();
        assert!(refused_or_whole(&left, &format!("byte {at} of the witness")));
    }
}

#[tokio::test]
async fn a_store_that_was_cut_is_refused() {
    let folder = folder();
    let left = killed(&folder, 20).await;
    let bytes = fs::read(&left).unwrap();
    let cuts = [
        0,
        1,
        63,
        64,
        320,
        4095,
        4096,
        8192,
        bytes.len() / 2,
        bytes.len() - 4096,
        bytes.len() - 1,
    ];
    for cut in cuts {
        fs::write(&left, &bytes[..cut]).unwrap();
        let refused = refused_or_whole(&left, &format!("the first {cut} bytes"));
        // The end of the file may be free room.
        assert!(refused || cut > bytes.len() / 2, "the first {cut} bytes were taken");
    }
    fs::remove_file(&left).unwrap();
    assert!(refused_or_whole(&left, "no file"));
    fs::write(&left, &bytes).unwrap();
    fs::remove_file(Witness::path(&left)).unwrap();
    assert!(refused_or_whole(&left, "no witness"));
}

#[tokio::test]
async fn an_older_copy_is_refused() {
    let folder = folder();
    let left = killed(&folder, 20).await;
    let older = fs::read(&left).unwrap();
    let (store, _) = open(&left).unwrap();
    store.write(vec![note(20)]).await.unwrap();
    drop(store);
    fs::write(&left, older).unwrap();
    let error = open(&left).unwrap_err();
    assert!(error.to_string().contains("20 commits of 21"), "{error}");
}

#[tokio::test]
async fn a_store_whose_making_was_interrupted_is_made_again() {
    let folder = folder();
    let path = folder.path().join("a.store");
    fs::File::create(&path).unwrap().flush().unwrap();
    drop(open(&path).unwrap());
    fs::remove_file(Witness::path(&path)).unwrap();
    let (store, _) = open(&path).unwrap();
    store.write(vec![note(1)]).await.unwrap();
    drop(store);
    fs::remove_file(Witness::path(&path)).unwrap();
    assert!(
        matches!(open(&path), Err(StoreError::Damaged { .. })),
        "now it holds something"
    );
}

/// A file system of 512 KiB, where this user may make one.
struct Small(TempDir);

impl Small {
    fn mounted() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = std::process::Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=512k", "wblab-store"])
            .arg(folder.path());
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        if !mounted {
            // Past the capture of the test harness: a proof that did not happen is not a pass.
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED a_full_disk_...: no tmpfs may be mounted here"
            );
        }
        mounted.then_some(Self(folder))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(self.0.path()).output();
    }
}

#[tokio::test]
async fn a_full_disk_fails_the_write_and_an_empty_one_takes_the_next() {
    let Some(small) = Small::mounted() else { return };
    let path = small.0.path().join("a.store");
    let (store, _) = open(&path).unwrap();
    store.write(vec![note(1)]).await.unwrap();
    let ballast = small.0.path().join("ballast");
    let mut file = fs::File::create(&ballast).unwrap();
    while file.write_all(&[1; 4096]).is_ok() {}
    let big = |number: u32| Write::put(NOTES, &number.to_be_bytes(), vec![7; 100_000]);
    let full = store.write(vec![big(2)]).await.unwrap_err();
    assert!(matches!(full, StoreError::Unwritten { .. }), "{full}");
    drop(file);
    fs::remove_file(&ballast).unwrap();
    store.write(vec![note(3)]).await.unwrap();
    drop(store);
    let (_, content) = open(&path).unwrap();
    assert_eq!(numbers(&content), [1, 3]);
}

/// Where the child of the next test writes; nothing in any other process.
const CHILD: &str = "STORE_TEST_CHILD";

/// Not a test of its own: what the child does until it is killed. It says which notes it was told are on the disk.
#[test]
fn child_that_writes_until_it_is_killed() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let (store, content) = open(Path::new(&path)).unwrap();
    let first = u32::try_from(content.of(NOTES).len()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for number in first.. {
        runtime.block_on(store.write(vec![note(number)])).unwrap();
        writeln!(std::io::stderr(), "noted {number}").unwrap();
    }
}

#[test]
fn nothing_that_was_told_is_lost_when_the_process_is_killed() {
    use std::io::{BufRead as _, BufReader};
    let folder = folder();
    let path = folder.path().join("a.store");
    for round in 1..=12_usize {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::child_that_writes_until_it_is_killed", "--nocapture"])
            .env(CHILD, &path)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut noted = lines
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("noted ")?.parse::<u32>().ok());
        let mut last = noted.nth(round * 7).unwrap();
        child.kill().unwrap();
        // What it said before it died counts too.
        last = noted.last().unwrap_or(last);
        child.wait().unwrap();
        let (_, content) = open(&path).unwrap();
        let kept = numbers(&content);
        assert!(kept.len() > last as usize, "told of {last}, kept {}", kept.len());
        assert!(kept.len() <= last as usize + 2, "one more may have been on its way");
        assert_eq!(kept, (0..u32::try_from(kept.len()).unwrap()).collect::<Vec<_>>());
    }
}
