//! How large anything may be that crosses the wire. Stated once; enforced
//! where the bytes are read, with a message that names the limit.

/// A body from somebody who has not shown a certificate or a token. Bytes.
pub const UNAUTHENTICATED_BODY: usize = 16 * 1024;
/// A batch of messages without inventory. Bytes.
pub const MESSAGES_BODY: usize = 1024 * 1024;
/// An inventory report, alone in its batch. Bytes.
pub const INVENTORY_BODY: usize = 4 * 1024 * 1024;
/// A policy document as it is sent. Bytes.
pub const POLICY_BODY: usize = 1024 * 1024;
/// A service map as it is sent. Bytes.
pub const MAP_BODY: usize = 256 * 1024;
/// A body of the administrators' REST API other than content. Bytes.
pub const REST_BODY: usize = 1024 * 1024;
/// One piece of content. Bytes.
pub const CONTENT: u64 = 64 * 1024 * 1024 * 1024;
/// The last lines of an action's output that travel with its state. Bytes.
pub const OUTPUT_TAIL: usize = 4 * 1024;
/// Messages in one batch.
pub const MESSAGES: usize = 500;
/// Packages that are published with one package, as its dependencies.
pub const DEPENDENCIES: usize = 2000;
/// Orders to a host: what it must know and hold. Bytes.
pub const ORDERS_BODY: usize = 16 * 1024 * 1024;
/// A host's report. Bytes.
pub const REPORT_BODY: usize = 16 * 1024 * 1024;
/// A host plan as it is sent. Bytes.
pub const HOST_PLAN_BODY: usize = 256 * 1024;
