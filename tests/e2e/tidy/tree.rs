//! The files of the repository, as they stand in the folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The documents at the top that the rules read.
const TOP_DOCUMENTS: [&str; 4] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];

/// A text file.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// Its path below the repository's root, with `/`.
    pub(super) path: String,
    /// What it says.
    pub(super) text: String,
}

/// All files that git does not ignore.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// Every file that is text.
    pub(super) sources: Vec<Source>,
    /// Every file and folder.
    pub(super) paths: BTreeSet<String>,
    /// Folders that `.gitignore` names: what is below them need not exist.
    pub(super) ignored: Vec<String>,
}

impl Tree {
    /// The repository's own, read once.
    pub(super) fn get() -> &'static Self {
        static TREE: LazyLock<Tree> = LazyLock::new(|| Tree::read(&root()));
        &TREE
    }

    fn read(root: &Path) -> Self {
        let text = fs::read_to_string(root.join(".gitignore")).expect("a .gitignore");
        let ignored = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let ignored = ignored.map(|line| line.strip_prefix('/').expect("lines of .gitignore begin at the root"));
        let mut tree = Self {
            ignored: ignored.map(|line| line.trim_end_matches('/').to_owned()).collect(),
            ..Self::default()
        };
        tree.walk(root, "");
        tree
    }

    fn walk(&mut self, folder: &Path, prefix: &str) {
        for entry in fs::read_dir(folder).expect("a folder that reads") {
            let entry = entry.expect("an entry that reads");
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if prefix.is_empty() {
                name
            } else {
                format!("{prefix}/{name}")
            };
            if path == ".git" || self.ignored.contains(&path) {
                continue;
            }
            if entry.path().is_dir() {
                self.walk(&entry.path(), &path);
            } else if let Ok(text) = fs::read_to_string(entry.path()) {
                self.sources.push(Source {
                    path: path.clone(),
                    text,
                });
            }
            self.paths.insert(path);
        }
    }

    /// Files with this ending.
    pub(super) fn ending(&self, ending: &str) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(move |source| source.path.ends_with(ending))
    }

    /// Files of the crates that are shipped; `tests/` is not.
    pub(super) fn shipped(&self) -> impl Iterator<Item = &Source> {
        let shipped = |source: &&Source| {
            let homes = ["harness/", "containers/", "reports/"];
            homes.iter().any(|home| source.path.starts_with(home)) && !is_test(&source.path)
        };
        self.sources.iter().filter(shipped)
    }

    /// The documents: those at the top, and the book.
    pub(super) fn documents(&self) -> impl Iterator<Item = &Source> {
        let is_document = |path: &str| TOP_DOCUMENTS.contains(&path) || path.starts_with("docs/");
        self.ending(".md").filter(move |source| is_document(&source.path))
    }

    /// The `src/lib.rs` of every crate that is shipped.
    pub(super) fn library_heads(&self) -> impl Iterator<Item = &Source> {
        self.shipped().filter(|source| source.path.ends_with("src/lib.rs"))
    }

    /// A file by its path.
    pub(super) fn file(&self, path: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.path == path)
    }
}

/// Whether a file holds tests alone: by the name of its folder or its own.
pub(super) fn is_test(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.strip_suffix(".rs").unwrap_or_default();
    folders
        .split('/')
        .any(|folder| ["tests", "testing", "examples"].contains(&folder))
        || stem == "tests"
        || stem.ends_with("_tests")
}

/// The repository's root.
pub(super) fn root() -> PathBuf {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_root.parent().expect("tests/ stands in the repository").to_owned()
}

/// A tree of these files, for the rules' own tests.
pub(super) fn sketch(files: &[(&str, &str)]) -> Tree {
    let mut tree = Tree {
        ignored: vec!["target".to_owned(), "reports/runs".to_owned()],
        ..Tree::default()
    };
    for (path, text) in files {
        tree.sources.push(Source {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        });
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        tree.paths.extend(ends.map(|end| path[..end].to_owned()));
    }
    tree
}

#[test]
fn tests_are_told_by_their_names() {
    for test in [
        "tests/e2e/main.rs",
        "containers/agent/src/start_tests.rs",
        "reports/src/charts/tests.rs",
    ] {
        assert!(is_test(test), "{test}");
    }
    for shipped in ["containers/agent/src/start.rs", "harness/cli/src/main.rs", "README.md"] {
        assert!(!is_test(shipped), "{shipped}");
    }
}
