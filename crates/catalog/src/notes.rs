//! The six notes of the port articles, in our own words.

use crate::edition::{Edition, Editions};
use crate::source::{Source, in_2020, note_in_all};

/// One note.
#[derive(Debug)]
#[non_exhaustive]
pub struct Note {
    pub number: u8,
    pub title: &'static str,
    /// What it says, fact by fact.
    pub facts: &'static [Fact],
}

/// One thing that a note says.
#[derive(Debug)]
#[non_exhaustive]
pub struct Fact {
    pub text: &'static str,
    pub editions: Editions,
    pub source: &'static [Source],
}

const NOTE_1: &[Source] = &note_in_all("#bkmk_note1");
const NOTE_2: &[Source] = &note_in_all("#bkmk_note2");
const NOTE_3: &[Source] = &note_in_all("#bkmk_note3");
const NOTE_4: &[Source] = &note_in_all("#bkmk_note4");
const NOTE_5: &[Source] = &note_in_all("#bkmk_note5");
const NOTE_6: &[Source] = &note_in_all("#bkmk_note6");

const fn one(text: &'static str) -> Fact {
    Fact { text, editions: Editions::MICROSOFT, source: NOTE_1 }
}
const fn two(text: &'static str) -> Fact {
    Fact { source: NOTE_2, ..one(text) }
}
const fn three(text: &'static str) -> Fact {
    Fact { source: NOTE_3, ..one(text) }
}
const fn four(text: &'static str) -> Fact {
    Fact { source: NOTE_4, ..one(text) }
}
const fn five(text: &'static str) -> Fact {
    Fact { source: NOTE_5, ..one(text) }
}
const fn six(text: &'static str) -> Fact {
    Fact { source: NOTE_6, ..one(text) }
}

pub static NOTES: &[Note] = &[
    Note {
        number: 1,
        title: "Fixed, but through a proxy if there is one",
        facts: &[one("The port cannot be changed; a proxy that is configured may stand between.")],
    },
    Note {
        number: 2,
        title: "Another port can be set",
        facts: &[
            two("The number is a default, which a setting of the product replaces."),
            two(
                "Whoever sets another port writes that one into IPsec filters and firewall rules as well.",
            ),
        ],
    },
    Note {
        number: 3,
        title: "WSUS and its pairs of ports",
        facts: &[
            three(
                "WSUS listens either on 80 and 443 or on 8530 and 8531; the latter is the default on Windows Server 2012 and 2016.",
            ),
            three(
                "The ports can be changed after installation, and need not be alike throughout a hierarchy.",
            ),
            three(
                "Where HTTP is 80, HTTPS is 443. Where HTTP is something else, the text's rule is garbled: HTTPS is HTTP plus one.",
            ),
            three("HTTP stays open beside HTTPS: licence texts of some updates come unencrypted."),
            Fact {
                source: &in_2020("#bkmk_note3"),
                editions: Editions::SINCE_2002,
                ..three(
                    "The site server connects to the database of WSUS only with one of two clean-up options: add non-clustered indexes, or remove obsolete updates.",
                )
            },
            Fact {
                source: &in_2020("#bkmk_note3"),
                editions: Editions::SINCE_2002,
                ..three(
                    "If that SQL Server's port changes, the site server must be able to reach the new one. Dynamic ports, the default of named instances, are not supported: set a static one.",
                )
            },
        ],
    },
    Note {
        number: 4,
        title: "TFTP answers from another port",
        facts: &[
            four(
                "TFTP is part of Windows Deployment Services and asks for no log-on. It follows RFC 1350, with options of RFC 2347, 2348 and 2349, and was made for machines without disks.",
            ),
            four(
                "The server listens on UDP 69 and answers from a high port that the system gave out: opening 69 alone lets questions in and no answers out, unless the server is set to answer from 69.",
            ),
            Fact {
                source: &in_2020("#bkmk_note4"),
                editions: Editions::SINCE_2002,
                ..four(
                    "The server and a machine in Windows PE take their high ports from 49152 to 65535.",
                )
            },
            Fact {
                source: &in_2020("#bkmk_note4"),
                editions: Editions::SINCE_2002,
                ..four(
                    "While the machine boots, its network card chooses, and may take any port from 0 to 65535: only its maker can say which.",
                )
            },
        ],
    },
    Note {
        number: 5,
        title: "Both ways, unless the site server is to begin",
        facts: &[
            five(
                "By default both sides begin: the site server to configure the role, most roles to report back. Reporting points and distribution points send no status.",
            ),
            five(
                "With the property “require the site server to initiate connections to this site system” only the site server begins; it logs on to the role's host with the site system installation account.",
            ),
            five(
                "The note stands at six headings only, and one of them, the distribution point's, is one-way already.",
            ),
        ],
    },
    Note {
        number: 6,
        title: "Dynamic ports",
        facts: &[six(
            "The range, also called ephemeral, depends on the version of the operating system: 49152–65535 since Windows Server 2008, 1024–5000 before.",
        )],
    },
];

impl Note {
    /// What it says in an edition.
    pub fn facts(&self, edition: Edition) -> impl Iterator<Item = &'static Fact> {
        self.facts.iter().filter(move |fact| fact.editions.contains(edition))
    }
}

/// The note with this number.
pub fn find(number: u8) -> Option<&'static Note> {
    NOTES.iter().find(|note| note.number == number)
}
