//! A list of servers out of a spreadsheet.

use catalog::Edition;
use csv::{ReaderBuilder, StringRecord, Trim};

use super::outline::Server;

/// Where a list keeps what.
struct Columns {
    name: usize,
    address: usize,
    roles: usize,
    site: Option<usize>,
    dns: Option<usize>,
}

/// All servers of a list, or everything that is wrong with it, by line.
pub(super) fn read(text: &str, edition: Edition) -> Result<Vec<Server>, Vec<String>> {
    // Spreadsheets put a mark before UTF-8.
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().next().unwrap_or_default();
    let separator = if first.contains(';') { b';' } else { b',' };
    let mut reader = ReaderBuilder::new()
        .delimiter(separator)
        .trim(Trim::All)
        .flexible(true)
        .from_reader(text.as_bytes());
    let columns = match reader.headers() {
        Ok(header) => columns(header)?,
        Err(error) => return Err(vec![error.to_string()]),
    };
    let (mut servers, mut wrong) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                wrong.push(error.to_string());
                continue;
            }
        };
        if record.iter().all(str::is_empty) {
            continue;
        }
        let line = record.position().map_or(0, csv::Position::line);
        match server(&record, &columns, edition) {
            Ok(server) => servers.push(server),
            Err(why) => wrong.extend(why.into_iter().map(|why| format!("line {line}: {why}"))),
        }
    }
    if wrong.is_empty() { Ok(servers) } else { Err(wrong) }
}

fn columns(header: &StringRecord) -> Result<Columns, Vec<String>> {
    let find = |name: &str| header.iter().position(|cell| cell.eq_ignore_ascii_case(name));
    let need = ["name", "address", "roles"].map(|name| find(name).ok_or(name));
    match need {
        [Ok(name), Ok(address), Ok(roles)] => {
            Ok(Columns { name, address, roles, site: find("site"), dns: find("dns") })
        }
        need => {
            let missing = need.into_iter().filter_map(Result::err);
            Err(missing.map(|name| format!("line 1: there is no column `{name}`")).collect())
        }
    }
}

fn server(
    record: &StringRecord,
    columns: &Columns,
    edition: Edition,
) -> Result<Server, Vec<String>> {
    let cell = |at: usize| record.get(at).unwrap_or_default();
    let said = |at: Option<usize>| at.map(cell).filter(|text| !text.is_empty()).map(str::to_owned);
    let roles = roles(cell(columns.roles));
    let mut server = Server::new(cell(columns.name), cell(columns.address), roles, edition)?;
    server.site = said(columns.site).map(|code| code.to_uppercase());
    server.dns = said(columns.dns).or(server.dns);
    Ok(server)
}

/// `management-point; distribution-point`, `Management point + Distribution point`,
/// or slugs with spaces between them.
fn roles(cell: &str) -> Vec<&str> {
    const BETWEEN: [char; 6] = [',', ';', '+', '|', '/', '\n'];
    let names = cell.contains(BETWEEN) || !cell.contains('-');
    let words: Vec<&str> =
        if names { cell.split(BETWEEN).collect() } else { cell.split_whitespace().collect() };
    words.into_iter().map(str::trim).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn names(text: &str) -> Vec<(String, Vec<&'static str>)> {
        let servers = read(text, Edition::Portolan).unwrap_or_else(|wrong| panic!("{wrong:?}"));
        let roles = |server: &Server| server.roles.iter().map(|role| role.slug).collect();
        servers.iter().map(|server| (server.name.clone(), roles(server))).collect()
    }

    #[test]
    fn columns_stand_in_any_order_between_commas_or_semicolons() {
        let want = [
            ("keel".to_owned(), vec!["site-server", "management-point"]),
            ("dp7".to_owned(), vec!["distribution-point"]),
        ];
        let comma = "roles,Owner,name,address\n\"site-server, management-point\",me,KEEL.example.org,10.1.0.10\n\
                     distribution-point,,dp7,10.7.0.5\n";
        assert_eq!(names(comma), want);
        let semicolon = "\u{feff}Name;Address;Roles;Site;DNS\r\nkeel;10.1.0.10;site-server management-point;p01;k.example.org\r\n\
                         ;;;;\r\ndp7;10.7.0.5;\"Distribution point\";;\r\n";
        assert_eq!(names(semicolon), want);
        let read = read(semicolon, Edition::Portolan).map_err(|wrong| wrong.join(" ")).unwrap();
        assert_eq!(read[0].site.as_deref(), Some("P01"));
        assert_eq!(read[0].dns.as_deref(), Some("k.example.org"));
    }

    #[test]
    fn every_bad_row_is_told_at_once_with_its_line() {
        let text = "name,address,roles\na_b,10.1.0.10,\nb,10.1.0.300,site-servr\nc,10.1.0.12,\n";
        let wrong = read(text, Edition::Portolan).err().unwrap();
        let lines: Vec<&str> = wrong.iter().filter_map(|why| why.split(':').next()).collect();
        assert_eq!(lines, ["line 2", "line 3", "line 3"], "{wrong:?}");
        let missing = read("name;roles\n", Edition::Portolan).err().unwrap();
        assert_eq!(missing, ["line 1: there is no column `address`"]);
    }
}
