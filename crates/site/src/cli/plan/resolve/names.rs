//! Names to addresses, by DNS. Packets are written and read by `hickory-proto`, and
//! sent by `node`, along the catalog's flow to a name server: the system's own
//! look-up would open a socket that nobody declared.
//!
//! All names are asked of one server, so that the lock can say whose answers it
//! holds. The next one is tried where a server is silent or unable, not where it
//! says that a name does not exist.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use hickory_proto::op::{Edns, Message, MessageType, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use node::net::{Dial, DialError, ask, dial};
use plan::Lock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::outcome::{Failure, Kind};

/// How long a server may think about one question.
const PATIENCE: Duration = Duration::from_secs(3);
/// A datagram may be lost.
const TRIES: usize = 2;
/// How many names may stand for the next one.
const ALIASES: usize = 8; // not a port: names
/// What passes any network without being cut into pieces (RFC 9715).
const DATAGRAM: u16 = 1232; // not a port: bytes

/// Why names have no addresses.
#[derive(Debug)]
pub(super) enum NotFound {
    /// Nobody says whom to ask.
    NoServer { file: String },
    /// Servers that did not answer, or could not; the name at which the last one
    /// failed.
    NoAnswer { name: String, tried: Vec<(IpAddr, Silence)> },
    /// Names that do not exist, or have no address of use; all of them.
    Absent { server: IpAddr, names: Vec<(String, Absence)> },
}

/// Why a server's answer is none.
#[derive(Debug)]
pub(super) enum Silence {
    Dial(DialError),
    Broken(std::io::Error),
    /// It says that it cannot or will not.
    Unable(ResponseCode),
    /// It answers something that is no DNS.
    Garbled,
}

/// What a server says of a name that it has no address for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absence {
    NoSuchName,
    NoAddress,
    /// Only such as no host can have.
    Unfit(IpAddr, &'static str),
}

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dial(error) => f.write_str(&wire::problem::chain(error)),
            Self::Broken(error) => write!(f, "the connection broke: {error}"),
            Self::Unable(code) => write!(f, "it does not answer the question ({code})"),
            Self::Garbled => f.write_str("what it answers is no DNS"),
        }
    }
}

impl fmt::Display for Absence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchName => f.write_str("no such name"),
            Self::NoAddress => f.write_str("the name exists, and has no address"),
            Self::Unfit(address, why) => write!(f, "{address}, which {why}"),
        }
    }
}

impl From<NotFound> for Failure {
    fn from(error: NotFound) -> Self {
        match error {
            NotFound::NoServer { file } => Self::new(format!("{file} names no name server"))
                .kind(Kind::Usage)
                .next("portolan plan resolve --server ADDRESS"),
            NotFound::NoAnswer { name, tried } => {
                let lines = tried.iter().map(|(server, why)| format!("\n  {server}: {why}"));
                let message =
                    format!("no name server answers for {name}:{}", lines.collect::<String>());
                Self::new(message).kind(Kind::Unreachable).next(
                    "look whether this machine may ask it (port 53 of UDP and TCP), or name another with --server",
                )
            }
            NotFound::Absent { server, names } => {
                let lines = names.iter().map(|(name, why)| format!("\n  {name}: {why}"));
                let message = format!("{server} has no address for:{}", lines.collect::<String>());
                Self::new(message).next(
                    "correct the names in the site file, write their addresses there, or ask another server with --server; the lock is as it was",
                )
            }
        }
    }
}

/// The servers that this machine asks.
pub(super) fn servers(file: &Path) -> Result<Vec<IpAddr>, NotFound> {
    let servers = named(&std::fs::read_to_string(file).unwrap_or_default());
    if servers.is_empty() {
        return Err(NotFound::NoServer { file: file.display().to_string() });
    }
    Ok(servers)
}

/// The lines `nameserver ADDRESS`. One that is reached over a named interface is
/// left out.
fn named(settings: &str) -> Vec<IpAddr> {
    let words = settings.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    words
        .filter_map(|words| match words.as_slice() {
            ["nameserver", address, ..] => address.parse().ok(),
            _ => None,
        })
        .collect()
}

/// The addresses of all names, from the first of the servers that can tell.
pub(super) async fn look_up(servers: &[IpAddr], names: &[String]) -> Result<Lock, NotFound> {
    let mut tried = Vec::new();
    let mut at = String::new();
    for server in servers {
        match all(*server, names).await {
            Ok((lock, absent)) if absent.is_empty() => return Ok(lock),
            Ok((_, names)) => return Err(NotFound::Absent { server: *server, names }),
            Err((name, silence)) => {
                tried.push((*server, silence));
                at = name;
            }
        }
    }
    Err(NotFound::NoAnswer { name: at, tried })
}

/// What was found, and what was not.
type Answered = (Lock, Vec<(String, Absence)>);

async fn all(server: IpAddr, names: &[String]) -> Result<Answered, (String, Silence)> {
    let mut lock = Lock::new(server);
    let mut absent = Vec::new();
    for name in names {
        let mut found = Vec::new();
        let mut exists = false;
        for kind in [RecordType::A, RecordType::AAAA] {
            let answer = addresses(server, name, kind).await;
            let answer = answer.map_err(|silence| (name.clone(), silence))?;
            exists |= answer.is_some();
            found.extend(answer.into_iter().flatten());
        }
        let unfit = found.iter().find_map(|one| Some((*one, plan::lock::unfit(*one)?)));
        found.retain(|one| plan::lock::unfit(*one).is_none());
        match (exists, unfit) {
            _ if !found.is_empty() => lock.add(name, found),
            (_, Some((address, why))) => absent.push((name.clone(), Absence::Unfit(address, why))),
            (true, None) => absent.push((name.clone(), Absence::NoAddress)),
            (false, None) => absent.push((name.clone(), Absence::NoSuchName)),
        }
    }
    Ok((lock, absent))
}

/// The addresses of a name, through its aliases; none where there is no such name.
async fn addresses(
    server: IpAddr,
    name: &str,
    kind: RecordType,
) -> Result<Option<Vec<IpAddr>>, Silence> {
    let mut name = absolute(name)?;
    for _ in 0..ALIASES {
        let answer = exchange(server, &name, kind).await?;
        match answer.metadata.response_code {
            ResponseCode::NoError => {}
            ResponseCode::NXDomain => return Ok(None),
            code => return Err(Silence::Unable(code)),
        }
        let (last, found) = follow(&answer, &name);
        // A server that looks no further leaves the end of the aliases to us.
        if !found.is_empty() || last == name {
            return Ok(Some(found));
        }
        name = last;
    }
    Ok(Some(Vec::new()))
}

fn absolute(name: &str) -> Result<Name, Silence> {
    // The site file's names are whole: no domain is put behind them.
    let mut name = Name::from_ascii(name).map_err(|_| Silence::Garbled)?;
    name.set_fqdn(true);
    Ok(name)
}

/// Where a name's aliases lead within an answer, and the addresses there.
fn follow(answer: &Message, name: &Name) -> (Name, Vec<IpAddr>) {
    let mut name = name.clone();
    for _ in 0..ALIASES {
        let alias = answer.answers.iter().find_map(|record| match &record.data {
            RData::CNAME(alias) if record.name == name => Some(alias.0.clone()),
            _ => None,
        });
        match alias {
            Some(alias) => name = alias,
            None => break,
        }
    }
    let own = answer.answers.iter().filter(|record| record.name == name);
    let found = own.filter_map(|record| match record.data {
        RData::A(address) => Some(IpAddr::V4(address.0)),
        RData::AAAA(address) => Some(IpAddr::V6(address.0)),
        _ => None,
    });
    let found = found.collect();
    (name, found)
}

/// One question and its answer: in datagrams, and over a connection where the
/// answer does not fit.
async fn exchange(server: IpAddr, name: &Name, kind: RecordType) -> Result<Message, Silence> {
    let mut message = Message::query();
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name.clone(), kind));
    let mut edns = Edns::new();
    edns.set_max_payload(DATAGRAM);
    message.set_edns(edns);
    let question = message.to_vec().map_err(|_| Silence::Garbled)?;
    let mut last = None;
    for _ in 0..TRIES {
        let way = Dial::name_server(server).ok_or(Silence::Garbled)?;
        let fits = |datagram: &[u8]| answer_of(&message, datagram).is_some();
        match ask(&way, &question, fits, PATIENCE).await {
            Ok(datagram) => {
                let answer = answer_of(&message, &datagram).ok_or(Silence::Garbled)?;
                if !answer.metadata.truncation {
                    return Ok(answer);
                }
                return at_length(server, &message, &question).await;
            }
            Err(error) => last = Some(Silence::Dial(error)),
        }
    }
    Err(last.unwrap_or(Silence::Garbled))
}

async fn at_length(server: IpAddr, message: &Message, question: &[u8]) -> Result<Message, Silence> {
    let way = Dial::name_server_at_length(server).ok_or(Silence::Garbled)?;
    let mut stream = dial(&way, PATIENCE).await.map_err(Silence::Dial)?;
    let length = u16::try_from(question.len()).map_err(|_| Silence::Garbled)?;
    let spoken = tokio::time::timeout(PATIENCE, async {
        stream.write_all(&[&length.to_be_bytes(), question].concat()).await?;
        let length = stream.read_u16().await?;
        let mut answer = vec![0; length.into()];
        stream.read_exact(&mut answer).await?;
        Ok(answer)
    });
    let answer = match spoken.await {
        Ok(answer) => answer.map_err(Silence::Broken)?,
        Err(_over) => return Err(Silence::Broken(std::io::ErrorKind::TimedOut.into())),
    };
    answer_of(message, &answer).ok_or(Silence::Garbled)
}

/// The answer to this question and no other.
fn answer_of(question: &Message, bytes: &[u8]) -> Option<Message> {
    let answer = Message::from_vec(bytes).ok()?;
    let same = answer.metadata.message_type == MessageType::Response
        && answer.metadata.id == question.metadata.id
        && answer.queries == question.queries;
    same.then_some(answer)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use hickory_proto::rr::Record;
    use hickory_proto::rr::rdata::{A, CNAME};

    use super::*;

    #[test]
    fn the_machines_servers_are_read() {
        let settings = "# nameserver 10.0.0.1\nsearch example.org\nnameserver 10.1.0.53 # ours\n\
                        nameserver fe80::1%eth0\n nameserver\t2001:db8::53\noptions rotate\n";
        let servers: Vec<String> = named(settings).iter().map(IpAddr::to_string).collect();
        assert_eq!(servers, ["10.1.0.53", "2001:db8::53"]);
        let none = NotFound::NoServer { file: "/etc/resolv.conf".into() };
        assert!(Failure::from(none).to_string().contains("--server ADDRESS"));
    }

    fn alias(from: &str, to: &str) -> Record {
        Record::from_rdata(absolute(from).unwrap(), 60, RData::CNAME(CNAME(absolute(to).unwrap())))
    }

    fn found(answers: Vec<Record>) -> (String, usize) {
        let mut message = Message::query();
        message.add_answers(answers);
        let (last, found) = follow(&message, &absolute("a.example").unwrap());
        (last.to_string(), found.len())
    }

    #[test]
    fn aliases_are_followed_and_strangers_left_out() {
        let at = |name: &str| {
            Record::from_rdata(absolute(name).unwrap(), 60, RData::A(A([192, 0, 2, 1].into())))
        };
        let chain =
            vec![at("c.example"), alias("b.example", "c.example"), alias("A.example", "b.example")];
        assert_eq!(found(chain), ("c.example.".to_owned(), 1));
        assert_eq!(found(vec![at("z.example")]), ("a.example.".to_owned(), 0));
        // A circle ends.
        let circle = vec![alias("a.example", "b.example"), alias("b.example", "a.example")];
        assert_eq!(found(circle).1, 0);
    }

    #[test]
    fn only_the_answer_to_the_question_counts() {
        let mut question = Message::query();
        question.add_query(Query::query(absolute("a.example").unwrap(), RecordType::A));
        let answer = question.clone().into_response();
        assert!(answer_of(&question, &answer.to_vec().unwrap()).is_some());
        assert!(answer_of(&question, &question.to_vec().unwrap()).is_none());
        let mut other = answer.clone();
        other.metadata.id ^= 1;
        assert!(answer_of(&question, &other.to_vec().unwrap()).is_none());
        let mut other = answer;
        other.queries.clear();
        assert!(answer_of(&question, &other.to_vec().unwrap()).is_none());
        assert!(answer_of(&question, b"nonsense").is_none());
    }
}
