//! Runs of the program, seen from outside: what it printed, how it ended, what it left.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use history::{RunFolder, Verdict};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tempfile::TempDir;

use super::{alone, eventually, living, scratch, wblab, wrong};

/// No job of the suite takes longer, the first docker world of a new machine included, which makes its images.
const BOUND: Duration = Duration::from_secs(600);

/// The quick scenario, made small: the same chain and the same checks in a few seconds.
const SMALL: [&str; 5] = [
    "population.people=160",
    "load.constant_arrival_rate.rate=40/s",
    "load.constant_arrival_rate.warm_up=1s",
    "load.constant_arrival_rate.measure=3s",
    "world.message_lifetime=2s",
];

/// A command of the program with folders of its own, so that what it leaves is found.
pub struct Job {
    command: Command,
    home: TempDir,
}

impl Job {
    /// Any command of the shipped program.
    pub fn new(arguments: &[&str]) -> Self {
        Self::of(wblab(), arguments)
    }

    /// Any command of the program with a wrong part.
    pub fn wrong(which: &str, arguments: &[&str]) -> Self {
        Self::of(wrong(which), arguments)
    }

    fn of(mut command: Command, arguments: &[&str]) -> Self {
        let home = tempfile::tempdir_in(scratch()).unwrap();
        fs::create_dir(home.path().join("tmp")).unwrap();
        command.env("TMPDIR", home.path().join("tmp")).args(arguments);
        Self { command, home }
    }

    /// The quick scenario, small.
    pub fn quick() -> Self {
        Self::new(&["run", "scenarios/quick.toml"]).sets(&SMALL).into_out()
    }

    /// The quick scenario, small, with a wrong part.
    pub fn wrong_quick(which: &str) -> Self {
        Self::wrong(which, &["run", "scenarios/quick.toml"])
            .sets(&SMALL)
            .into_out()
    }

    /// Overrides of the scenario.
    pub fn sets(mut self, sets: &[&str]) -> Self {
        for set in sets {
            self.command.args(["--set", set]);
        }
        self
    }

    /// More arguments.
    pub fn with(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    /// An environment variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Run folders go below this job's own folder.
    pub fn into_out(mut self) -> Self {
        let out = self.home.path().join("out");
        self.command.arg("--out").arg(out);
        self
    }

    /// Another temporary folder than one of its own.
    pub fn tmp(self, folder: &Path) -> Self {
        let text = folder.to_str().unwrap().to_owned();
        self.env("TMPDIR", &text)
    }

    /// Starts it, in a process group of its own, as a shell does.
    pub fn start(self) -> Started {
        let Self { mut command, home } = self;
        let write = |name: &str| File::create(home.path().join(name)).unwrap();
        command
            .stdin(Stdio::null())
            .stdout(write("stdout"))
            .stderr(write("stderr"));
        let child = command.process_group(0).spawn().unwrap();
        Started {
            child,
            home: Some(home),
        }
    }

    /// Starts it and waits for its end.
    pub fn finish(self) -> Finished {
        self.start().finish()
    }
}

/// A job under way. Dropping it kills it.
pub struct Started {
    child: Child,
    home: Option<TempDir>,
}

impl Started {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    fn raw_pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    fn home(&self) -> &Path {
        self.home.as_ref().unwrap().path()
    }

    /// The temporary folder that it was given.
    pub fn tmp(&self) -> PathBuf {
        self.home().join("tmp")
    }

    /// What it has said so far, on the standard error.
    pub fn said(&self) -> String {
        fs::read_to_string(self.home().join("stderr")).unwrap()
    }

    /// What it has printed so far, on the standard output.
    pub fn printed(&self) -> String {
        fs::read_to_string(self.home().join("stdout")).unwrap()
    }

    /// Waits until it has said this.
    pub fn until_it_says(&mut self, text: &str) {
        eventually(BOUND, &format!("{text:?} in what it says"), || {
            let said = self.said();
            let ended = self.child.try_wait().unwrap();
            assert!(
                ended.is_none() || said.contains(text),
                "it ended with {ended:?} before it said {text:?}:\n{said}"
            );
            said.contains(text).then_some(())
        });
    }

    /// Sends a signal to the process alone.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.raw_pid(), signal).unwrap();
    }

    /// Sends a signal to the process and its children, as a terminal does for Ctrl-C.
    pub fn signal_group(&self, signal: Signal) {
        kill_process_group(self.raw_pid(), signal).unwrap();
    }

    /// Waits for its end.
    pub fn finish(mut self) -> Finished {
        let status = eventually(BOUND, "the end of the job", || self.child.try_wait().unwrap());
        let group = self.raw_pid();
        let (stdout, stderr) = (self.printed(), self.said());
        Finished {
            status,
            group,
            stdout,
            stderr,
            home: self.home.take().unwrap(),
        }
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if self.home.is_some() {
            // A failed test must not leave a world behind; the group may be gone already.
            let _ = kill_process_group(self.raw_pid(), Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

/// A job that has ended, with what it left.
pub struct Finished {
    status: ExitStatus,
    group: Pid,
    pub stdout: String,
    pub stderr: String,
    home: TempDir,
}

impl Finished {
    /// The exit code; `None` when a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// It ended with this code, or the test ends with what it said.
    #[track_caller]
    pub fn expect_code(self, code: i32, rule: &str) -> Self {
        assert_eq!(
            self.code(),
            Some(code),
            "{rule}\n--- stderr\n{}\n--- stdout\n{}",
            self.stderr,
            self.stdout
        );
        self
    }

    /// The number of the process that it was.
    pub fn pid(&self) -> u32 {
        u32::try_from(self.group.as_raw_nonzero().get()).unwrap()
    }

    /// Where run folders go.
    pub fn out(&self) -> PathBuf {
        self.home.path().join("out")
    }

    /// The one run folder that it made.
    pub fn folder(&self) -> RunFolder {
        let of =
            |path: &Path| -> Vec<PathBuf> { fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect() };
        let runs: Vec<PathBuf> = of(&self.out()).iter().flat_map(|scenario| of(scenario)).collect();
        assert_eq!(runs.len(), 1, "one run makes one folder: {runs:?}");
        RunFolder::open(&runs[0]).unwrap()
    }

    /// The verdict in the run folder.
    pub fn verdict(&self) -> Verdict {
        self.folder().verdict().unwrap()
    }

    /// The temporary folder that it was given.
    pub fn tmp(&self) -> PathBuf {
        self.home.path().join("tmp")
    }

    /// The names of what it left in the temporary folder that it was given.
    pub fn left(&self) -> Vec<String> {
        let entries = fs::read_dir(self.home.path().join("tmp")).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect()
    }

    /// Nothing of it is left: no file in its temporary folder, no process of its group.
    #[track_caller]
    pub fn expect_nothing_left(&self) {
        assert_eq!(
            self.left(),
            Vec::<String>::new(),
            "files with secrets go with the world"
        );
        self.expect_no_process();
    }

    /// No process of its group lives.
    pub fn expect_no_process(&self) {
        eventually(Duration::from_secs(2), "the end of its children", || {
            living(self.pid()).is_empty().then_some(())
        });
    }
}

/// A small run that passed, made once for all tests that only look at its folder.
pub fn shared() -> &'static RunFolder {
    static SHARED: OnceLock<RunFolder> = OnceLock::new();
    SHARED.get_or_init(|| {
        let _alone = alone();
        let place = scratch().join("shared-run");
        let _ = fs::remove_dir_all(&place);
        let finished = Job::quick().finish().expect_code(0, "a sound run passes");
        fs::rename(finished.folder().root(), &place).unwrap();
        RunFolder::open(&place).unwrap()
    })
}
