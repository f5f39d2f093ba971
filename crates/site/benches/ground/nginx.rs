//! The server that ours is measured against: nginx as its manual tunes it for
//! static files, with the site's own certificates in both directions, and as
//! many workers as ours has threads.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustix::process::{Pid, Signal, kill_process};
use trust::certificate::HostIdentity;
use trust::invitation::Invitation;

use crate::site::{Site, as_nobody, give};

pub(crate) struct Nginx {
    server: Child,
    invitation: Invitation,
    files: PathBuf,
}

/// The program that `cargo xtask lab` fetched.
pub(crate) fn program() -> PathBuf {
    lab::folder().join("bin/nginx")
}

impl Nginx {
    /// It serves what [`Self::files`] holds.
    pub(crate) fn start(site: &Site) -> Self {
        let folder = site.folder().join("nginx");
        let files = folder.join("files");
        fs::create_dir_all(&files).expect("a folder for nginx");
        give(&folder);
        let HostIdentity { chain, key } = site.host_identity();
        let write = |name: &str, text: &str| {
            fs::write(folder.join(name), text).expect("a file of nginx");
            give(&folder.join(name));
        };
        // Clients know the site by its root, which must be shown.
        write("chain.pem", &chain.iter().map(|der| pem("CERTIFICATE", der)).collect::<String>());
        let root = chain.last().expect("a chain");
        write("root.pem", &pem("CERTIFICATE", root));
        write("key.pem", &pem("PRIVATE KEY", key.secret_pkcs8_der()));
        let port = node::net::free_port(site.address(), &[]).expect("a free port");
        write("nginx.conf", &configuration(&folder, site.address(), port));
        let mut command = as_nobody(&program());
        command.arg("-c").arg(folder.join("nginx.conf")).arg("-p").arg(&folder);
        command.arg("-e").arg(folder.join("error.log"));
        let server = command.stdin(Stdio::null()).spawn().expect("nginx");
        Self { server, invitation: Invitation { port, ..site.invitation() }, files }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.server.id()
    }

    /// As if it were the site: its certificate says so.
    pub(crate) fn invitation(&self) -> Invitation {
        self.invitation.clone()
    }

    /// What is here it serves.
    pub(crate) fn files(&self) -> &Path {
        &self.files
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its workers end with it only if it may tell them.
        let pid = i32::try_from(self.server.id()).ok().and_then(Pid::from_raw);
        let _told = pid.map(|pid| kill_process(pid, Signal::TERM));
        let _ended = self.server.wait();
    }
}

fn configuration(folder: &Path, address: IpAddr, port: u16) -> String {
    let folder = folder.display();
    format!(
        "worker_processes {workers};
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; multi_accept on; }}
http {{
    access_log off;
    server_tokens off;
    sendfile on;
    tcp_nopush on;
    tcp_nodelay on;
    keepalive_timeout 1h;
    keepalive_requests 1000000000;
    open_file_cache max=1000 inactive=1h;
    open_file_cache_valid 1h;
    output_buffers 2 128k;
    default_type application/octet-stream;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen {address}:{port} ssl;
        ssl_protocols TLSv1.3;
        ssl_certificate {folder}/chain.pem;
        ssl_certificate_key {folder}/key.pem;
        ssl_client_certificate {folder}/root.pem;
        ssl_verify_client on;
        ssl_verify_depth 3;
        ssl_session_cache shared:sessions:1m;
        root {folder}/files;
    }}
}}
",
        workers = 2,
    )
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
