//! One file of Rust, in the form that the laws ask about.
//!
//! Tokens are flattened, so that code inside macros is seen too; `use` is
//! resolved within the file, so that `use std::net; net::TcpListener::bind(..)`
//! is named by what it is. What another file re-exports is not followed: a law
//! here is a fence against mistakes, not against deceit.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::visit::Visit;

/// A file of Rust.
pub(crate) struct Source {
    /// From the root of the work tree, with `/`.
    pub path: String,
    pub lines: Vec<String>,
    pub tokens: Vec<Token>,
    pub functions: Vec<Function>,
    /// The whole file is compiled for tests only.
    pub all_test: bool,
    imported: Vec<(usize, String)>,
    named: Vec<(usize, String)>,
    tests: Vec<RangeInclusive<usize>>,
    test_modules: Vec<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub line: usize,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Ident(String),
    Punct(char),
    Text(String),
    Int(u128),
    Other,
    Open(Delimiter),
    Close(Delimiter),
}

pub(crate) struct Function {
    pub name: String,
    pub line: usize,
    pub lines: usize,
}

struct Import {
    alias: String,
    path: String,
    line: usize,
}

impl Source {
    /// Reads a file.
    ///
    /// # Errors
    /// Where the text is not Rust.
    pub(crate) fn parse(path: &str, text: &str) -> syn::Result<Self> {
        let stream: TokenStream = text.parse()?;
        let file: syn::File = syn::parse2(stream.clone())?;
        let mut tokens = Vec::new();
        flatten(stream, &mut tokens);
        let mut reader = Reader::default();
        reader.visit_file(&file);
        let folder = path.split('/').any(|part| part == "tests" || part == "benches");
        let mut source = Self {
            path: path.to_owned(),
            lines: text.lines().map(str::to_owned).collect(),
            tokens,
            functions: reader.functions,
            all_test: folder || file.attrs.iter().any(is_for_tests),
            imported: Vec::new(),
            named: Vec::new(),
            tests: reader.tests,
            test_modules: reader.test_modules,
        };
        let names: BTreeMap<&str, &str> =
            reader.imports.iter().map(|i| (i.alias.as_str(), i.path.as_str())).collect();
        let imported = reader.imports.iter().map(|i| (i.line, resolve(&names, i.path.clone())));
        source.imported = imported.collect();
        let written = source.written_paths().into_iter();
        source.named = written.map(|(line, path)| (line, resolve(&names, path))).collect();
        Ok(source)
    }

    /// The crate that the file belongs to: `node` of `crates/node/src/net.rs`.
    pub(crate) fn krate(&self) -> &str {
        let path = self.path.strip_prefix("crates/").unwrap_or(&self.path);
        path.split('/').next().unwrap_or_default()
    }

    /// True for a line that is compiled for tests only.
    pub(crate) fn is_test(&self, line: usize) -> bool {
        self.all_test || self.tests.iter().any(|range| range.contains(&line))
    }

    /// True in a folder of integration tests, which play strangers.
    pub(crate) fn is_integration_test(&self) -> bool {
        self.path.split('/').any(|part| part == "tests" || part == "benches")
    }

    /// True where this line, or the comment above it, holds the given escape.
    pub(crate) fn escapes(&self, line: usize, words: &str) -> bool {
        let text = |number: usize| number.checked_sub(1).and_then(|index| self.lines.get(index));
        if text(line).is_some_and(|text| text.contains(words)) {
            return true;
        }
        let mut above = line.saturating_sub(1);
        while let Some(comment) = text(above).filter(|text| text.trim_start().starts_with("//")) {
            if comment.contains(words) {
                return true;
            }
            above -= 1;
        }
        false
    }

    /// Every path of the file, imported or named, resolved through its own
    /// `use`s.
    pub(crate) fn paths(&self) -> impl Iterator<Item = (usize, &str)> {
        self.imported.iter().chain(&self.named).map(|(line, path)| (*line, path.as_str()))
    }

    /// The paths that the code names outside of `use`.
    pub(crate) fn named_paths(&self) -> impl Iterator<Item = (usize, &str)> {
        self.named.iter().map(|(line, path)| (*line, path.as_str()))
    }

    pub(crate) fn kind(&self, index: usize) -> Option<&Kind> {
        self.tokens.get(index).map(|token| &token.kind)
    }

    pub(crate) fn punct(&self, index: usize, wanted: char) -> bool {
        matches!(self.kind(index), Some(Kind::Punct(c)) if *c == wanted)
    }

    /// Every string literal that is not documentation.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (usize, &str)> {
        self.tokens.iter().filter_map(|token| match &token.kind {
            Kind::Text(text) => Some((token.line, text.as_str())),
            _ => None,
        })
    }

    /// `file:line`.
    pub(crate) fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path)
    }

    /// The paths as they are written, without the inside of generics.
    fn written_paths(&self) -> Vec<(usize, String)> {
        let mut paths: Vec<(usize, String)> = Vec::new();
        let mut continues = false;
        let mut importing = false;
        for (index, token) in self.tokens.iter().enumerate() {
            let Kind::Ident(name) = &token.kind else {
                importing &= token.kind != Kind::Punct(';');
                continue;
            };
            // `use<'a>` in a type is no import.
            importing |= name == "use" && !self.punct(index + 1, '<');
            if importing {
                continue;
            }
            match paths.last_mut() {
                Some((_, path)) if continues => {
                    path.push_str("::");
                    path.push_str(name);
                }
                _ => paths.push((token.line, name.clone())),
            }
            continues = self.punct(index + 1, ':')
                && self.punct(index + 2, ':')
                && matches!(self.kind(index + 3), Some(Kind::Ident(_)));
        }
        paths
    }

    /// Files of the modules that this one declares for tests.
    pub(super) fn test_module_files(&self) -> Vec<String> {
        let (folder, name) = self.path.rsplit_once('/').unwrap_or(("", &self.path));
        let stem = name.trim_end_matches(".rs");
        let below = match stem {
            "lib" | "main" => folder.to_owned(),
            _ => format!("{folder}/{stem}"),
        };
        self.test_modules.iter().map(|module| format!("{below}/{module}.rs")).collect()
    }
}

/// A path by what it is: its first name replaced by what was imported under it.
fn resolve(names: &BTreeMap<&str, &str>, path: String) -> String {
    let (first, rest) = path.split_once("::").unwrap_or((&path, ""));
    match names.get(first) {
        Some(full) if rest.is_empty() => (*full).to_owned(),
        Some(full) => format!("{full}::{rest}"),
        None => path,
    }
}

fn flatten(stream: TokenStream, out: &mut Vec<Token>) {
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        let line = tree.span().start().line;
        match tree {
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                let name = name.strip_prefix("r#").unwrap_or(&name).to_owned();
                out.push(Token { line, kind: Kind::Ident(name) });
            }
            TokenTree::Punct(punct) => {
                if punct.as_char() == '#' && skip_documentation(&mut trees) {
                    continue;
                }
                out.push(Token { line, kind: Kind::Punct(punct.as_char()) });
            }
            TokenTree::Literal(literal) => out.push(Token { line, kind: value(literal) }),
            TokenTree::Group(group) => {
                let end = group.span_close().end().line;
                out.push(Token { line, kind: Kind::Open(group.delimiter()) });
                flatten(group.stream(), out);
                out.push(Token { line: end, kind: Kind::Close(group.delimiter()) });
            }
        }
    }
}

/// After `#`: takes `[doc = ".."]` or `![doc = ".."]`, which is what a
/// documentation comment is to the compiler.
fn skip_documentation(
    trees: &mut std::iter::Peekable<proc_macro2::token_stream::IntoIter>,
) -> bool {
    let is_doc = |group: &proc_macro2::Group| matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(i)) if i == "doc");
    let mut ahead = trees.clone();
    let inner = matches!(ahead.peek(), Some(TokenTree::Punct(p)) if p.as_char() == '!');
    if inner {
        ahead.next();
    }
    if !matches!(ahead.next(), Some(TokenTree::Group(group)) if is_doc(&group)) {
        return false;
    }
    *trees = ahead;
    true
}

fn value(literal: proc_macro2::Literal) -> Kind {
    match syn::Lit::new(literal) {
        syn::Lit::Str(text) => Kind::Text(text.value()),
        syn::Lit::ByteStr(bytes) => {
            Kind::Text(String::from_utf8_lossy(&bytes.value()).into_owned())
        }
        syn::Lit::Int(number) => number.base10_parse().map_or(Kind::Other, Kind::Int),
        _ => Kind::Other,
    }
}

/// Collects what needs the grammar rather than the tokens.
#[derive(Default)]
struct Reader {
    functions: Vec<Function>,
    imports: Vec<Import>,
    tests: Vec<RangeInclusive<usize>>,
    test_modules: Vec<String>,
}

impl Reader {
    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let line = signature.span().start().line;
        let end = block.brace_token.span.close().end().line;
        self.functions.push(Function {
            name: signature.ident.to_string(),
            line,
            lines: end + 1 - line,
        });
    }

    fn import(&mut self, tree: &syn::UseTree, before: &str) {
        let join = |name: &str| {
            if before.is_empty() { name.to_owned() } else { format!("{before}::{name}") }
        };
        let line = tree.span().start().line;
        let (alias, path) = match tree {
            syn::UseTree::Path(path) => {
                return self.import(&path.tree, &join(&path.ident.to_string()));
            }
            syn::UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.import(tree, before));
            }
            syn::UseTree::Name(name) if name.ident == "self" => {
                (before.rsplit("::").next().unwrap_or_default().to_owned(), before.to_owned())
            }
            syn::UseTree::Name(name) => (name.ident.to_string(), join(&name.ident.to_string())),
            syn::UseTree::Rename(rename) => {
                (rename.rename.to_string(), join(&rename.ident.to_string()))
            }
            syn::UseTree::Glob(_) => ("*".to_owned(), join("*")),
        };
        self.imports.push(Import { alias, path, line });
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes: &[syn::Attribute] = match item {
            syn::Item::Fn(item) => &item.attrs,
            syn::Item::Mod(item) => &item.attrs,
            syn::Item::Impl(item) => &item.attrs,
            syn::Item::Use(item) => &item.attrs,
            syn::Item::Const(item) => &item.attrs,
            syn::Item::Static(item) => &item.attrs,
            syn::Item::Struct(item) => &item.attrs,
            syn::Item::Enum(item) => &item.attrs,
            syn::Item::Macro(item) => &item.attrs,
            syn::Item::Type(item) => &item.attrs,
            syn::Item::Trait(item) => &item.attrs,
            _ => &[],
        };
        if attributes.iter().any(is_for_tests) {
            self.tests.push(item.span().start().line..=item.span().end().line);
            if let syn::Item::Mod(module) = item
                && module.content.is_none()
            {
                self.test_modules.push(module.ident.to_string());
            }
        }
        syn::visit::visit_item(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if item.attrs.iter().any(is_for_tests) {
            self.tests.push(item.span().start().line..=item.span().end().line);
        }
        self.function(&item.sig, &item.block);
        syn::visit::visit_impl_item_fn(self, item);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig, &item.block);
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block);
        }
        syn::visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.import(&item.tree, "");
    }
}

/// `#[test]`, `#[tokio::test]` and `#[cfg(test)]` in its forms, but not
/// `#[cfg(not(test))]`.
fn is_for_tests(attribute: &syn::Attribute) -> bool {
    if attribute.path().segments.last().is_some_and(|segment| segment.ident == "test") {
        return true;
    }
    let syn::Meta::List(list) = &attribute.meta else {
        return false;
    };
    attribute.path().is_ident("cfg") && names_test(list.tokens.clone())
}

fn names_test(tokens: TokenStream) -> bool {
    let mut negated = false;
    for tree in tokens {
        match tree {
            TokenTree::Ident(ident) if ident == "test" => return true,
            TokenTree::Ident(ident) => negated = ident == "not",
            TokenTree::Group(group) if !negated && names_test(group.stream()) => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Source {
        Source::parse("crates/x/src/lib.rs", text).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn paths_are_resolved_through_use_and_seen_in_macros() {
        let source = parse(
            "use std::{fs as files, net::{self, TcpListener}};\n\
             fn f() { assert!(net::UdpSocket::bind(a).is_ok()); TcpListener::bind(b); }",
        );
        let paths: Vec<&str> = source.paths().map(|(_, path)| path).collect();
        for wanted in [
            "std::fs",
            "std::net",
            "std::net::TcpListener",
            "std::net::UdpSocket::bind",
            "std::net::TcpListener::bind",
        ] {
            assert!(paths.contains(&wanted), "{wanted} is not in {paths:?}");
        }
    }

    #[test]
    fn comments_and_documentation_are_no_code() {
        let source = parse("//! std::fs\n/// `std::fs::read`\nfn f() {} // std::fs::write");
        assert!(source.paths().all(|(_, path)| !path.contains("fs")));
        assert_eq!(source.texts().count(), 0);
    }

    #[test]
    fn test_code_is_known_by_its_attributes() {
        let source = parse(
            "fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() {}\n}\n\
             #[cfg(not(test))]\nfn c() {}\n#[tokio::test]\nasync fn d() {}",
        );
        let lines: Vec<usize> = (1..=9).filter(|line| source.is_test(*line)).collect();
        assert_eq!(lines, [2, 3, 4, 5, 8, 9]);
    }

    #[test]
    fn an_escape_counts_on_the_line_and_in_the_comment_above() {
        let source = parse("// not a port: a count\n// of things\nfn a() {}\nfn b() {}");
        assert!(source.escapes(3, "not a port:"));
        assert!(!source.escapes(4, "not a port:"));
    }
}
