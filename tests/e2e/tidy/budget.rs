//! How long functions and files may be.

use proc_macro2::LineColumn;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, ImplItemFn, ItemFn, ItemMod, Meta, Signature, TraitItemFn};

use super::tree::{Source, Tree, is_test};

/// Lines from the signature to the closing brace.
const FUNCTION_MAX: usize = 70;
/// Over the whole workspace, tests left out.
const FUNCTION_MEDIAN_MAX: usize = 10;
const FUNCTION_P90_MAX: usize = 35;
/// Lines of a file that is not all tests; tests that stand in it count.
const FILE_MAX: usize = 600;
const FILE_P90_MAX: usize = 400;

/// One function with a body.
#[derive(Debug, Clone)]
pub(super) struct Function {
    place: String,
    name: String,
    lines: usize,
    test: bool,
}

/// Every function of every Rust file.
pub(super) fn functions(tree: &Tree) -> Vec<Function> {
    tree.ending(".rs").flat_map(functions_of).collect()
}

fn functions_of(source: &Source) -> Vec<Function> {
    let parsed = syn::parse_file(&source.text).map_err(|error| format!("{}: {error}", source.path));
    let file = parsed.expect("every file is Rust");
    let mut finder = Finder {
        path: &source.path,
        test: is_test(&source.path),
        found: Vec::new(),
    };
    finder.visit_file(&file);
    finder.found
}

struct Finder<'s> {
    path: &'s str,
    test: bool,
    found: Vec<Function>,
}

impl Finder<'_> {
    fn note(&mut self, attributes: &[Attribute], signature: &Signature, block: &Block) {
        let LineColumn { line: first, .. } = signature.span().start();
        let last = block.brace_token.span.close().end().line;
        self.found.push(Function {
            place: format!("{}:{first}", self.path),
            name: signature.ident.to_string(),
            lines: last + 1 - first,
            test: self.test || attributes.iter().any(is_test_attribute),
        });
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.note(&item.attrs, &item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.note(&item.attrs, &item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        if let Some(block) = &item.default {
            self.note(&item.attrs, &item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let outside = self.test;
        self.test |= item.attrs.iter().any(is_test_attribute);
        visit::visit_item_mod(self, item);
        self.test = outside;
    }
}

/// `#[test]`, `#[tokio::test]`, `#[cfg(test)]`.
fn is_test_attribute(attribute: &Attribute) -> bool {
    match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        other => other.path().segments.last().is_some_and(|last| last.ident == "test"),
    }
}

/// Functions over the hard limit, tests as well.
pub(super) fn long_functions(functions: &[Function]) -> Vec<String> {
    let long = functions.iter().filter(|function| function.lines > FUNCTION_MAX);
    let told = |Function { place, name, lines, .. }: &Function| {
        format!("{place}: {name} has {lines} lines; at most {FUNCTION_MAX}")
    };
    long.map(told).collect()
}

/// The median and the ninth decile, with the longest functions to begin with.
pub(super) fn long_in_the_main(functions: &[Function]) -> Vec<String> {
    let mut shipped: Vec<&Function> = functions.iter().filter(|function| !function.test).collect();
    shipped.sort_by_key(|function| function.lines);
    let lines: Vec<usize> = shipped.iter().map(|function| function.lines).collect();
    let longest: Vec<&str> = shipped
        .iter()
        .rev()
        .take(5)
        .map(|function| function.place.as_str())
        .collect();
    let limits = [("median", 50, FUNCTION_MEDIAN_MAX), ("p90", 90, FUNCTION_P90_MAX)];
    let over = limits.into_iter().filter_map(|(name, share, most)| {
        let measured = percentile(&lines, share)?;
        let told = || {
            format!(
                "{}: the {name} of functions is {measured} lines; at most {most}",
                longest.join(", ")
            )
        };
        (measured > most).then(told)
    });
    over.collect()
}

/// Files over the hard limit, and the ninth decile of all.
pub(super) fn long_files(tree: &Tree) -> Vec<String> {
    let files = tree.ending(".rs").filter(|source| !is_test(&source.path));
    let mut sizes: Vec<(usize, &str)> = files
        .map(|source| (source.text.lines().count(), source.path.as_str()))
        .collect();
    sizes.sort_unstable();
    let lines: Vec<usize> = sizes.iter().map(|(lines, _)| *lines).collect();
    let long = sizes.iter().filter(|(lines, _)| *lines > FILE_MAX);
    let told =
        |(lines, path): &(usize, &str)| format!("{path}:{lines}: the file has {lines} lines; at most {FILE_MAX}");
    let mut breaches: Vec<String> = long.map(told).collect();
    if let Some(p90) = percentile(&lines, 90).filter(|p90| *p90 > FILE_P90_MAX) {
        let longest = sizes.last().map_or("", |(_, path)| path);
        breaches.push(format!(
            "{longest}:1: the p90 of files is {p90} lines; at most {FILE_P90_MAX}"
        ));
    }
    breaches
}

/// Nearest rank.
fn percentile(sorted: &[usize], share: usize) -> Option<usize> {
    let rank = (sorted.len() * share).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

fn of(text: &str) -> Vec<Function> {
    let source = Source {
        path: "a.rs".to_owned(),
        text: text.to_owned(),
    };
    functions_of(&source)
}

#[test]
fn a_function_is_counted_from_its_signature_to_its_brace() {
    let found =
        of("/// Doc.\nfn one() {}\nimpl A {\n    pub fn two(&self)\n    {\n    }\n}\ntrait B { fn none(&self); }\n");
    let told: Vec<(&str, usize, &str)> = found
        .iter()
        .map(|found| (found.name.as_str(), found.lines, found.place.as_str()))
        .collect();
    assert_eq!(told, [("one", 1, "a.rs:2"), ("two", 3, "a.rs:4")]);
}

#[test]
fn tests_are_left_out_of_the_median_and_not_of_the_limit() {
    let body = "    let _ = 1;\n".repeat(80);
    let found = of(&format!(
        "fn short() {{}}\n#[cfg(test)]\nmod tests {{\n#[test]\nfn long() {{\n{body}}}\n}}\n"
    ));
    assert_eq!(long_functions(&found), ["a.rs:5: long has 82 lines; at most 70"]);
    assert!(long_in_the_main(&found).is_empty());
    let shipped = of(&format!("fn long() {{\n{body}}}\n"));
    assert_eq!(long_in_the_main(&shipped).len(), 2);
}

#[test]
fn a_long_file_is_found_and_a_long_test_is_not() {
    let long = "// A line.\n".repeat(601);
    let tree = super::tree::sketch(&[("harness/a/src/b.rs", &long), ("harness/a/tests/c.rs", &long)]);
    let breaches = long_files(&tree);
    assert_eq!(
        breaches[0],
        "harness/a/src/b.rs:601: the file has 601 lines; at most 600"
    );
    assert_eq!(breaches.len(), 2, "{breaches:?}");
}
