//! What the dialects that are PowerShell share: quoting, tables of parameters, and how
//! former rules make room for new ones.
//!
//! A file has no expandable string and no character outside of ASCII. Windows
//! PowerShell takes a file without a mark for one in the machine's own code page, where
//! the bytes of a harmless letter may be a quote; and all PowerShells take the
//! typographic quotes for plain ones. So such a letter is written as its number.

use crate::rule::{Direction, Place, RuleSet};

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

/// The cmdlets for one kind of rule.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cmdlets {
    /// `NetFirewallRule`, of `New-NetFirewallRule` and the others.
    pub(super) noun: &'static str,
    /// The parameter and property by which a rule is known again.
    pub(super) name: &'static str,
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

/// By what a rule of this place is known: its name begins with the prefix, and its last
/// part with the direction.
fn is_ours(set: &RuleSet<'_>, name: &str) -> String {
    let each = set.directions.iter().map(|direction| {
        let pattern = format!("{}*:{}-*", prefix(&set.place), direction.slug());
        format!("$_.{name} -like {}", quoted(&pattern))
    });
    each.collect::<Vec<_>>().join(" -or ")
}

/// Puts the tables in `$rules` in the place of the former rules; `$always` is what all
/// of them have. Each call says for itself that an error ends it: a module does not see
/// the preference of the script that calls it.
pub(super) fn replacement(set: &RuleSet<'_>, cmdlets: Cmdlets) -> String {
    let Cmdlets { noun, name } = cmdlets;
    let ours = is_ours(set, name);
    let get = format!("Get-{noun} -PolicyStore 'PersistentStore' -ErrorAction 'Stop'");
    let remove = format!("Remove-{noun} -ErrorAction 'Stop'");
    format!(
        "# New ones go beside the former ones, and those go last: what may pass before and after is\n\
         # never cut. If one cannot be added, those that were are taken away, and the former stay.\n\
         $former = @({get} |\n    Where-Object -FilterScript {{ {ours} }})\n\
         try {{\n    \
             foreach ($rule in $rules) {{\n        \
                 $rule.{name} = $fresh + $rule.{name}\n        \
                 $null = New-{noun} @always @rule\n    \
             }}\n\
         }}\n\
         catch {{\n    \
             {get} |\n        \
                 Where-Object -FilterScript {{ $_.{name} -like ($fresh + '*') }} |\n        \
                 {remove}\n    \
             throw\n\
         }}\n\
         $former | {remove}\n"
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

/// The ends as the machine sees them: its own side first.
pub(super) fn sides<T>(direction: Direction, source: T, destination: T) -> (T, T) {
    match direction {
        Direction::In => (destination, source),
        Direction::Out | Direction::Through => (source, destination),
    }
}
