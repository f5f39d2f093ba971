//! Whether a file is PowerShell, and whether each call in it is one that its cmdlet can
//! take: the grammar's tree, walked beside what Microsoft's reference says of the
//! parameters. There is no PowerShell where this is built, so this is as near as it gets.
#![allow(clippy::expect_used)]

use std::collections::BTreeMap;

use tree_sitter::{Node, Parser, Tree};

use super::cmdlets::{self, Cmdlet};

/// A value as far as it can be known without running anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// Verbatim strings, or bare words.
    Texts(Vec<String>),
    /// A switch without a value.
    Nothing,
    /// Only known when it runs.
    Computed,
}

/// A table's parameters, by name.
pub(crate) type Table = BTreeMap<String, Value>;

/// A call, and what it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) cmdlet: String,
    pub(crate) parameters: Table,
}

/// Every call of a file that has no fault; otherwise all its faults, with lines.
pub(crate) fn check(text: &str) -> Result<Vec<Call>, Vec<String>> {
    let tree = parse(text);
    let mut walk = Walk { text, variables: BTreeMap::new(), calls: Vec::new(), faults: Vec::new() };
    walk.errors(tree.root_node());
    if !text.is_ascii() {
        walk.faults.push("a character that another code page reads as another".to_owned());
    }
    if walk.faults.is_empty() {
        walk.visit(tree.root_node());
    }
    if walk.faults.is_empty() { Ok(walk.calls) } else { Err(walk.faults) }
}

fn parse(text: &str) -> Tree {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).expect("a grammar of this age");
    parser.parse(text, None).expect("no limit of time is set")
}

struct Walk<'t> {
    text: &'t str,
    /// The tables that a variable may hold.
    variables: BTreeMap<String, Vec<Table>>,
    calls: Vec<Call>,
    faults: Vec<String>,
}

impl<'t> Walk<'t> {
    fn fault(&mut self, node: Node<'_>, what: &str) {
        self.faults.push(format!("line {}: {what}", node.start_position().row + 1));
    }

    fn word(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    /// What the grammar could not read, and what it could and we want nothing of. It knows
    /// plain quotes alone; PowerShell takes others for quotes too, none of them ASCII.
    fn errors(&mut self, node: Node<'_>) {
        if node.is_error() || node.is_missing() {
            self.fault(node, "no PowerShell");
        }
        if node.kind() == "expandable_string_literal" || node.kind().contains("here_string") {
            self.fault(node, "a string that may run something");
        }
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            self.errors(child);
        }
    }

    fn visit(&mut self, node: Node<'_>) {
        match node.kind() {
            "assignment_expression" => self.assign(node),
            "foreach_statement" => self.each(node),
            "command" => self.command(node),
            _ => {}
        }
        for child in children(node) {
            self.visit(child);
        }
    }

    /// `$rules = @( @{ … } @{ … } )`.
    fn assign(&mut self, node: Node<'_>) {
        let all = children(node);
        let (Some(left), Some(right)) = (all.first(), all.last()) else { return };
        let name = self.word(*left).to_owned();
        let mut tables = Vec::new();
        self.tables(*right, &mut tables);
        // A list may be empty: then there is no call.
        if !tables.is_empty() || self.word(*right).trim().starts_with("@(") {
            self.variables.insert(name, tables);
        }
    }

    fn tables(&mut self, node: Node<'_>, into: &mut Vec<Table>) {
        if node.kind() == "hash_literal_expression" {
            let table = self.table(node);
            into.push(table);
            return;
        }
        for child in children(node) {
            self.tables(child, into);
        }
    }

    fn table(&mut self, node: Node<'_>) -> Table {
        let mut table = Table::new();
        let mut entries = Vec::new();
        of_kind(node, "hash_entry", &mut entries);
        for entry in entries {
            let all = children(entry);
            let (Some(key), Some(value)) = (all.first(), all.last()) else { continue };
            let name = self.word(*key).trim().to_owned();
            let value = self.value(*value);
            if table.insert(name.clone(), value).is_some() {
                self.fault(entry, &format!("{name} stands twice"));
            }
        }
        table
    }

    /// `foreach ($rule in $rules)`.
    fn each(&mut self, node: Node<'_>) {
        let all = children(node);
        if let [one, among, ..] = all.as_slice() {
            let (one, among) = (self.word(*one).to_owned(), self.word(*among).trim());
            if let Some(tables) = self.variables.get(among).cloned() {
                self.variables.insert(one, tables);
            }
        }
    }

    fn value(&self, node: Node<'_>) -> Value {
        let mut literals = Vec::new();
        of_kind(node, "verbatim_string_characters", &mut literals);
        let literals: Vec<&str> = literals.iter().map(|one| self.word(*one)).collect();
        // Nothing but strings, and what makes a list of them.
        let mut rest = self.word(node).trim().to_owned();
        for literal in &literals {
            rest = rest.replacen(literal, "", 1);
        }
        let listed = rest.chars().all(|c| "@(), ".contains(c));
        match (literals.is_empty(), listed, node.kind()) {
            (false, true, _) => Value::Texts(literals.iter().map(|one| unquoted(one)).collect()),
            (.., "generic_token") => Value::Texts(vec![rest]),
            _ => Value::Computed,
        }
    }

    fn command(&mut self, node: Node<'_>) {
        let all = children(node);
        let Some(name) = all.first().map(|name| self.word(*name)) else { return };
        let Some(cmdlet) = cmdlets::find(name) else {
            return self.fault(node, &format!("{name} is none of the cmdlets that are known here"));
        };
        let mut calls = vec![Table::new()];
        let mut last: Option<String> = None;
        for element in all.iter().skip(1).flat_map(|elements| children(*elements)) {
            let word = self.word(element);
            match element.kind() {
                "command_argument_sep" => {}
                "command_parameter" => {
                    let name = word.trim_start_matches('-').to_owned();
                    self.give(element, &mut calls, &name, &Value::Nothing);
                    last = Some(name);
                }
                _ if word.starts_with('@') && !word.starts_with("@(") => {
                    calls = self.splat(element, &calls);
                    last = None;
                }
                _ => match last.take() {
                    Some(name) => {
                        let value = self.value(element);
                        calls
                            .iter_mut()
                            .for_each(|call| drop(call.insert(name.clone(), value.clone())));
                    }
                    None => self.fault(element, &format!("{word} belongs to no parameter")),
                },
            }
        }
        for parameters in calls {
            for fault in cmdlet.faults(&parameters) {
                self.fault(node, &fault);
            }
            self.calls.push(Call { cmdlet: name.to_owned(), parameters });
        }
    }

    fn give(&mut self, node: Node<'_>, calls: &mut [Table], name: &str, value: &Value) {
        for call in calls {
            let twice = call.keys().any(|known| known.eq_ignore_ascii_case(name));
            call.insert(name.to_owned(), value.clone());
            if twice {
                self.fault(node, &format!("{name} is given twice"));
            }
        }
    }

    /// One call for each table that the variable may hold.
    fn splat(&mut self, node: Node<'_>, calls: &[Table]) -> Vec<Table> {
        let name = self.word(node).replacen('@', "$", 1);
        let Some(tables) = self.variables.get(&name).cloned() else {
            self.fault(node, &format!("{name} holds no table"));
            return calls.to_vec();
        };
        let mut made = Vec::new();
        for call in calls {
            for table in &tables {
                let mut one = [call.clone()];
                for (name, value) in table {
                    self.give(node, &mut one, name, value);
                }
                made.extend(one);
            }
        }
        made
    }
}

fn children<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| child.kind() != "comment").collect()
}

fn of_kind<'t>(node: Node<'t>, kind: &str, into: &mut Vec<Node<'t>>) {
    if node.kind() == kind {
        into.push(node);
        return;
    }
    children(node).into_iter().for_each(|child| of_kind(child, kind, into));
}

fn unquoted(literal: &str) -> String {
    let inner = literal.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    inner.unwrap_or(literal).replace("''", "'")
}

impl Cmdlet {
    /// What is wrong with a call.
    fn faults(&self, given: &Table) -> Vec<String> {
        let mut faults = Vec::new();
        for (name, value) in given {
            match self.parameter(name) {
                None => faults.push(format!("{} has no parameter -{name}", self.name)),
                Some(kind) => {
                    let fault = kind.fault(value);
                    faults.extend(fault.map(|what| format!("{} -{name}: {what}", self.name)));
                }
            }
        }
        for needed in self.needed() {
            if !given.keys().any(|name| name.eq_ignore_ascii_case(needed)) {
                faults.push(format!("{} without -{needed}", self.name));
            }
        }
        faults.extend(cmdlets::packets(given));
        faults
    }
}
