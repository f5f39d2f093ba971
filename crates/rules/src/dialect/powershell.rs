//! What the dialects that are PowerShell share: quoting, tables of parameters, what a
//! rule is called, and how former rules make room for new ones.
//!
//! A file has no expandable string and no character outside of ASCII. Windows
//! PowerShell takes a file without a mark for one in the machine's own code page, where
//! the bytes of a harmless letter may be a quote; and all PowerShells take the
//! typographic quotes for plain ones. So such a letter is written as its number.

use crate::rule::{Place, RuleSet};

pub(super) mod parameters;

#[cfg(test)]
pub(crate) mod check;
#[cfg(test)]
mod cmdlets;
#[cfg(test)]
mod tests;

/// `'text'`: everything in it stands for itself.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", ascii(text).replace('\'', "''"))
}

/// `'one'`, or `@('one', 'other')`.
pub(super) fn list<T: AsRef<str>>(items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(|item| quoted(item.as_ref())).collect();
    match items.as_slice() {
        [one] => one.clone(),
        several => format!("@({})", several.join(", ")),
    }
}

/// A line that is only read by people.
pub(super) fn remark(text: &str) -> String {
    let line = format!("# {}", ascii(text));
    format!("{}\n", line.trim_end())
}

/// Printable ASCII as it is, anything else as its number: `\u{e9}`.
fn ascii(text: &str) -> String {
    let each = text.chars().map(|c| match c {
        ' '..='~' => c.to_string(),
        _ => c.escape_unicode().to_string(),
    });
    each.collect()
}

/// `@{ … }` with a parameter a line, ready to be splatted. The values are PowerShell
/// already.
pub(super) fn table(indent: &str, parameters: &[(&str, String)]) -> String {
    let width = parameters.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut text = "@{\n".to_owned();
    for (name, value) in parameters {
        text.push_str(&format!("{indent}    {name:width$} = {value}\n"));
    }
    text.push_str(&format!("{indent}}}"));
    text
}

/// The cmdlets for one kind of thing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cmdlets {
    /// `NetFirewallRule`, of `New-NetFirewallRule` and the others.
    pub(super) noun: &'static str,
    /// The parameter and property by which one is known again.
    pub(super) name: &'static str,
}

/// What the rules of a file need besides them, and is made before them.
#[derive(Debug, Clone)]
pub(super) struct Beside {
    pub(super) cmdlets: Cmdlets,
    /// The last part of its name.
    pub(super) last: String,
    /// The line that makes it.
    pub(super) made: String,
}

/// What the names of all rules of this place begin with. A name may be longer than any
/// of ours can be: 511 characters (MS-FASP 2.2.37).
pub(super) fn prefix(place: &Place) -> String {
    let kind = match place {
        Place::Host(_) => "host",
        Place::Clients(_) => "clients",
        Place::Border => "border",
    };
    format!("portolan:{kind}:{}:", place.stem())
}

/// By what those of this place are known: their names begin with the prefix, and the
/// last part of it with one of these.
fn is_ours(set: &RuleSet<'_>, name: &str, last: &[String]) -> String {
    let each = last.iter().map(|last| {
        let pattern = format!("{}*:{last}", prefix(&set.place));
        format!("$_.{name} -like {}", quoted(&pattern))
    });
    each.collect::<Vec<_>>().join(" -or ")
}

/// Puts the tables in `$rules` in the place of the former rules; `$always` is what all
/// of them have. Each call says for itself that an error ends it: a module does not see
/// the preference of the script that calls it.
pub(super) fn replacement(set: &RuleSet<'_>, rules: Cmdlets, beside: &[Beside]) -> String {
    let directions = set.directions.iter().map(|direction| format!("{}-*", direction.slug()));
    let directions: Vec<String> = directions.collect();
    // A rule goes before that of which it makes use.
    let mut kinds = vec![(rules, directions)];
    kinds.extend(beside.iter().map(|one| (one.cmdlets, vec![one.last.clone()])));
    let (mut former, mut undo, mut remove) = (String::new(), String::new(), String::new());
    for (n, (Cmdlets { noun, name }, last)) in kinds.iter().enumerate() {
        let variable = if n == 0 { "$former".to_owned() } else { format!("$former{n}") };
        let get = format!("Get-{noun} -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |");
        let ours = is_ours(set, name, last);
        former.push_str(&format!(
            "{variable} = @({get}\n    Where-Object -FilterScript {{ {ours} }})\n"
        ));
        undo.push_str(&format!(
            "    {get}\n        Where-Object -FilterScript {{ $_.{name} -like ($fresh + '*') }} |\n        \
             Remove-{noun} -ErrorAction 'Stop'\n"
        ));
        remove.push_str(&format!("{variable} | Remove-{noun} -ErrorAction 'Stop'\n"));
    }
    let made: String = beside.iter().map(|one| format!("    {}\n", one.made)).collect();
    let Cmdlets { noun, name } = rules;
    format!(
        "# New ones go beside the former ones, and those go last: what may pass before and after is\n\
         # never cut. If one cannot be added, those that were are taken away, and the former stay.\n\
         {former}try {{\n{made}    foreach ($rule in $rules) {{\n        \
         $rule.{name} = $fresh + $rule.{name}\n        $null = New-{noun} @always @rule\n    }}\n}}\n\
         catch {{\n{undo}    throw\n}}\n{remove}"
    )
}

/// What each file begins with: whose it is, and what loading it does.
pub(super) fn head(set: &RuleSet<'_>, what: &str, file: &str, notes: &[String]) -> String {
    let (place, digest, plan) = (&set.place, set.digest, set.plan);
    let mut text = String::new();
    let mut say = |line: &str| text.push_str(&remark(line));
    say(&format!("Portolan: {what} of {place}, from plan {digest}."));
    say(&format!("Site {}, {}.", plan.site_code(), plan.name()));
    say("");
    say("NOT RUN ON WINDOWS. Its grammar, and each parameter against Microsoft's documentation,");
    say("are checked where it was made; no Windows has loaded it. Try it on one machine first.");
    say("");
    say(&format!("Load, at the prompt of an elevated PowerShell:  .\\{file}"));
    for note in notes {
        say(note);
    }
    text.push_str(
        "#Requires -Version 5.1\n#Requires -RunAsAdministrator\n#Requires -Modules NetSecurity\n",
    );
    text
}

/// Stops at the first error, and gives this load a name of its own.
pub(super) fn beginning(set: &RuleSet<'_>) -> String {
    format!(
        "$ErrorActionPreference = 'Stop'\nSet-StrictMode -Version 'Latest'\n\
         $fresh = {} + [guid]::NewGuid().ToString('N') + ':'\n",
        quoted(&prefix(&set.place))
    )
}
