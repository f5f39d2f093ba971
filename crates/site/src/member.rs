//! What a host keeps that has joined a site elsewhere, in `DIR/host/`: whose it
//! is, its key, which was made here and never leaves, and what the site said
//! when it joined or last renewed.
//!
//! ```text
//! site      the site's code, this host's key in the site file, the root's fingerprint
//! key       PKCS #8, private
//! joined    certificates and host plan, as the site sent them (JSON); written last
//! memory    what the link must not forget (`papers.rs`)
//! ```
//!
//! Certificates and plan stand in one file, because a file is replaced whole:
//! whatever happens, they are those of one answer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use node::files;
use node::tls::Identity;
use trust::Fingerprint;
use trust::certificate::is_for_host;
use trust::host_plan::VerifiedHostPlan;
use trust::key::SigningKey;
use wire::link::Joined;

use crate::folder::Folder;
use crate::outcome::Failure;

/// Whose host this is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Whose {
    /// The site's code.
    pub(crate) site: String,
    /// The host's key in the site file.
    pub(crate) host: String,
    pub(crate) root: Fingerprint,
}

/// A host of a site elsewhere.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) whose: Whose,
    pub(crate) key: SigningKey,
    /// DER; the host's own first, the root last.
    pub(crate) chain: Vec<Vec<u8>>,
    pub(crate) plan: VerifiedHostPlan,
}

/// Whether this folder is a joined host's.
pub(crate) fn exists(folder: &Folder) -> bool {
    joined(folder).exists()
}

impl Whose {
    fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.site, self.host, self.root)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let (site, host) = (lines.next()?.to_owned(), lines.next()?.to_owned());
        Some(Self { site, host, root: lines.next()?.parse().ok()? })
    }

    /// As it was kept; nothing where nothing was.
    pub(crate) fn load(folder: &Folder) -> Result<Option<Self>, Failure> {
        let path = folder.host().join("site");
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text)
                .map(Some)
                .ok_or_else(|| Failure::new(format!("{} is damaged", path.display()))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::because(format!("cannot read {}", path.display()), &error)),
        }
    }
}

impl Member {
    /// Believes what the site answered, or refuses it.
    pub(crate) fn believe(
        whose: Whose,
        key: SigningKey,
        answer: &Joined,
        now: i64,
    ) -> Result<Self, Failure> {
        let (chain, plan) = opened(answer)?;
        let plan = VerifiedHostPlan::open(&plan, &whose.root, &whose.site, &whose.host, now, 0)
            .map_err(|error| Failure::because("the site's answer is not believed", &error))?;
        Self { whose, key, chain, plan }.checked()
    }

    /// As it was kept.
    pub(crate) fn load(folder: &Folder) -> Result<Self, Failure> {
        let whose = Whose::load(folder)?.ok_or_else(|| {
            Failure::new(format!("{} is damaged: it does not say whose it is", shown(folder)))
        })?;
        let key =
            key(folder)?.ok_or_else(|| Failure::new(format!("{} holds no key", shown(folder))))?;
        let (chain, plan) = opened(&answer(folder)?)?;
        let now = node::clock::now();
        let plan = VerifiedHostPlan::recall(&plan, &whose.root, &whose.site, &whose.host, now)
            .map_err(|error| Failure::because("the host plan that was kept", &error))?;
        Self { whose, key, chain, plan }.checked()
    }

    fn checked(self) -> Result<Self, Failure> {
        let Whose { site, host, .. } = &self.whose;
        let own = self.chain.first().map(|own| own.as_slice().into());
        if own.is_some_and(|own| is_for_host(&own, host, site, &self.key.public())) {
            return Ok(self);
        }
        Err(Failure::new(format!("the certificate is not for {host} and its key")))
    }

    /// Whom this host shows itself as.
    pub(crate) fn identity(&self) -> Identity {
        Identity::from_der(self.chain.clone(), self.key.to_pkcs8().to_vec())
    }
}

/// Keeps all of it, in place of what was kept before; complete with the last
/// file.
pub(crate) fn keep(
    folder: &Folder,
    whose: &Whose,
    key: &SigningKey,
    answer: &Joined,
) -> Result<(), Failure> {
    begin(folder, whose, key)?;
    keep_answer(folder, answer)
}

/// Keeps the key before the site hears of it: an answer that is lost on the way
/// can then be asked for again.
pub(crate) fn begin(folder: &Folder, whose: &Whose, key: &SigningKey) -> Result<(), Failure> {
    // What it remembers are numbers that the site counts anew for who joins.
    let _absent = std::fs::remove_file(memory(folder));
    files::write_private(&folder.host().join("key"), key.to_pkcs8()).map_err(cannot_keep)?;
    files::write_private(&folder.host().join("site"), whose.to_text().as_bytes())
        .map_err(cannot_keep)
}

/// What the site said when it joined or renewed.
pub(crate) fn answer(folder: &Folder) -> Result<Joined, Failure> {
    let bytes = std::fs::read(joined(folder)).map_err(|error| {
        Failure::because(format!("cannot read {}", joined(folder).display()), &error)
    })?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Failure::because(format!("{} is damaged", shown(folder)), &error))
}

/// Keeps it.
pub(crate) fn keep_answer(folder: &Folder, answer: &Joined) -> Result<(), Failure> {
    let bytes = serde_json::to_vec(answer)
        .map_err(|error| Failure::because("cannot keep what the site said", &error))?;
    files::write_private(&joined(folder), &bytes).map_err(cannot_keep)
}

/// The key, where there is one.
pub(crate) fn key(folder: &Folder) -> Result<Option<SigningKey>, Failure> {
    let pkcs8 = match files::read_private(&folder.host().join("key")) {
        Err(error) if error.is_missing() => return Ok(None),
        Err(error) => return Err(Failure::because("cannot read this host's key", &error)),
        Ok(pkcs8) => pkcs8,
    };
    SigningKey::from_pkcs8(&pkcs8)
        .map(Some)
        .map_err(|error| Failure::because("this host's key is damaged", &error))
}

fn opened(answer: &Joined) -> Result<(Vec<Vec<u8>>, Vec<u8>), Failure> {
    let decode = |text: &String| {
        BASE64.decode(text).map_err(|error| Failure::because("the site's answer", &error))
    };
    let chain = answer.certificates.iter().map(decode).collect::<Result<_, _>>()?;
    Ok((chain, decode(&answer.host_plan)?))
}

/// Where the link keeps what it must not forget.
pub(crate) fn memory(folder: &Folder) -> std::path::PathBuf {
    folder.host().join("memory")
}

fn joined(folder: &Folder) -> std::path::PathBuf {
    folder.host().join("joined")
}

fn shown(folder: &Folder) -> String {
    folder.host().display().to_string()
}

#[allow(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn cannot_keep(error: files::FileError) -> Failure {
    Failure::because("cannot keep what this host is", &error)
}
