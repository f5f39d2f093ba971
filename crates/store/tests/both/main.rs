//! Everything that the store does, on both databases.
//!
//! Each test is an async function that is handed a fresh, empty database;
//! the list at the end runs it on SQLite, and on a PostgreSQL that this
//! process starts. Where there is none, its half is skipped aloud, and fails
//! with `PORTOLAN_CI=1`.

#![allow(clippy::unwrap_used, clippy::expect_used)]
// A test may dial the server that it started.
#![allow(clippy::disallowed_methods)]

mod apps;
mod devices;
mod driver;
mod hosts;
mod messages;
mod server;

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::OnceLock;

use store::{OpenError, Store};

/// An empty database that can be opened more than once, as several hosts do.
pub(crate) enum Base {
    Sqlite { file: PathBuf, _dir: tempfile::TempDir },
    Postgres { server: &'static server::Server, name: String },
}

impl Base {
    async fn try_open(&self) -> Result<Store, OpenError> {
        match self {
            Self::Sqlite { file, .. } => Store::sqlite(file).await,
            Self::Postgres { server, name } => server.open(name).await,
        }
    }

    async fn open(&self) -> Store {
        self.try_open().await.expect("a database")
    }

    /// Somebody else writes to the database.
    fn sql(&self, text: &str) {
        match self {
            Self::Sqlite { file, .. } => {
                rusqlite::Connection::open(file).unwrap().execute_batch(text).unwrap();
            }
            Self::Postgres { server, name } => {
                server.run("psql", &["-q", "-v", "ON_ERROR_STOP=1", "-d", name, "-c", text])
            }
        }
    }
}

fn on_sqlite<F: Future<Output = ()>>(test: impl Fn(Base) -> F) {
    let dir = tempfile::tempdir().unwrap();
    run(test(Base::Sqlite { file: dir.path().join("site.db"), _dir: dir }));
}

/// The server that all tests of this process share; none where PostgreSQL is
/// not installed.
fn shared() -> Option<&'static server::Server> {
    static SERVER: OnceLock<Option<server::Server>> = OnceLock::new();
    // We test what is done, not what a disk does.
    SERVER.get_or_init(|| server::Server::start("-c fsync=off -c deadlock_timeout=20ms")).as_ref()
}

fn on_postgres<F: Future<Output = ()>>(test: impl Fn(Base) -> F) {
    let Some(server) = shared() else {
        let skipped = "SKIPPED: the store on PostgreSQL: no initdb in PORTOLAN_PG_BIN, or \
                       else in /usr/lib/postgresql or where pg_config says";
        assert!(std::env::var_os("PORTOLAN_CI").is_none_or(|ci| ci != "1"), "{skipped}");
        // Past the test harness, which would keep it to itself.
        let mut terminal = std::io::stderr();
        writeln!(terminal, "{skipped}").unwrap();
        return;
    };
    run(test(Base::Postgres { server, name: server.database() }));
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

macro_rules! on_both {
    ($($subject:ident::$test:ident,)+) => {
        mod sqlite {
            $(#[test] fn $test() { crate::on_sqlite(crate::$subject::$test) })+
        }
        mod postgres {
            $(#[test] fn $test() { crate::on_postgres(crate::$subject::$test) })+
        }
    };
}

on_both! {
    driver::every_statement_is_understood,
    driver::hosts_that_start_together_migrate_once,
    driver::a_newer_database_is_refused,
    driver::what_is_written_is_read_by_others,
    driver::a_failed_transaction_leaves_its_neighbours_alone,
    driver::hosts_that_want_the_same_both_get_it,
    driver::texts_come_back_as_they_went,
    driver::a_broken_connection_is_made_again,
    devices::a_token_lets_one_machine_in,
    devices::one_token_and_256_machines,
    devices::a_word_finds_one_device_or_says_which,
    devices::a_block_is_kept_and_lifted,
    devices::newer_documents_replace_older_ones,
    devices::a_visit_sees_what_was_written,
    apps::an_application_needs_its_content,
    apps::names_are_unique,
    apps::the_newest_deployment_counts,
    apps::what_is_deployed_stays,
    apps::news_wakes_who_waits,
    apps::an_update_makes_deployments_anew,
    hosts::an_invitation_lets_one_host_join,
    hosts::a_removed_host_comes_back_with_another_key,
    hosts::one_invitation_and_64_machines,
    hosts::what_a_host_holds_is_what_it_says,
    hosts::damage_raises_a_doubt,
    hosts::blocks_and_plans_are_orders,
    hosts::the_newest_package_is_for_new_machines,
    messages::each_is_stored_once,
    messages::effects_happen_once,
    messages::a_late_message_does_not_undo_a_newer,
    messages::a_new_journal_counts_from_its_start,
    messages::pruned_messages_stay_known,
}
