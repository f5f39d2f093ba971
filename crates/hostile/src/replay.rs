//! The corpus and the honest documents, once more.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use crate::seeds;

type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 7] = [
    ("site_file", crate::site_file),
    ("document", crate::document),
    ("report", crate::report),
    ("package_status", crate::package_status),
    ("range", crate::range),
    ("block_list", crate::block_list),
    ("rule_set", crate::rule_set),
];

/// More than this is no longer something to keep beside the source: bytes of
/// the whole corpus, and files.
const LIMITS: (u64, usize) = (300 * 1024, 150);

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

fn corpus(target: &str) -> Vec<PathBuf> {
    let folder = fuzz().join("corpus").join(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    files.map(|file| file.unwrap().path()).collect()
}

#[test]
fn what_was_found_before_holds() {
    let (mut bytes, mut files) = (0, 0);
    for (name, target) in TARGETS {
        let corpus = corpus(name);
        assert!(!corpus.is_empty(), "{name} has no corpus");
        for file in corpus {
            let data = fs::read(&file).unwrap();
            // A panic says where; which file it was, nobody else would say.
            let caught = std::panic::catch_unwind(|| target(&data));
            assert!(caught.is_ok(), "{name} fails on {}", file.display());
            bytes += data.len() as u64;
            files += 1;
        }
    }
    assert!(bytes <= LIMITS.0 && files <= LIMITS.1, "{files} files of {bytes} bytes in all");
}

/// With `WRITE_SEEDS=1` they are written to where a search begins.
#[test]
fn honest_documents_hold() {
    for (name, target) in TARGETS {
        let seeds = seeds::of(name);
        assert!(!seeds.is_empty(), "{name} has no seeds");
        seeds.iter().for_each(|seed| target(seed));
        if std::env::var_os("WRITE_SEEDS").is_some() {
            let folder = fuzz().join("target/corpus").join(name);
            fs::create_dir_all(&folder).unwrap();
            for (number, seed) in seeds.iter().enumerate() {
                fs::write(folder.join(format!("seed-{number:02}")), seed).unwrap();
            }
        }
    }
}

/// libFuzzer asks for a binary of each.
#[test]
fn every_target_is_one_of_the_fuzzer_too() {
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for (name, _) in TARGETS {
        let source = fs::read_to_string(fuzz().join(format!("targets/{name}.rs"))).unwrap();
        assert!(source.contains(&format!("hostile::{name}(data)")), "{name}");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
}
