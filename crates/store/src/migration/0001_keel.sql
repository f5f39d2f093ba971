-- The keel: devices and how they come, applications and where they go, and what clients say.
-- Times are Unix milliseconds. Lists and documents of others are JSON in TEXT. 0 and 1 are no and yes.

-- Rises with every change of a topic, in the transaction that makes the change.
CREATE TABLE version (
    topic TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO version (topic, value) VALUES ('progress', 0), ('policy', 0);

CREATE TABLE device (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    public_key BYTEA NOT NULL UNIQUE,
    sealing_key BYTEA NOT NULL,
    agent_version TEXT NOT NULL,
    enrolled BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    blocked BIGINT,                             -- since when
    blocked_reason TEXT NOT NULL DEFAULT '',
    addresses TEXT NOT NULL DEFAULT '[]',
    limits TEXT NOT NULL DEFAULT '[]',
    policy BIGINT NOT NULL DEFAULT 0,           -- number of the policy it acts on
    refused TEXT NOT NULL DEFAULT '',           -- the last document that it did not accept
    journal TEXT NOT NULL DEFAULT '',           -- of the newest heartbeat
    number BIGINT NOT NULL DEFAULT 0            -- of the newest heartbeat
);
CREATE INDEX device_name ON device (name);

CREATE TABLE token (
    hash BYTEA PRIMARY KEY,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    spent BIGINT,                               -- when
    spent_by TEXT REFERENCES device (id)
);

CREATE TABLE content (
    digest TEXT PRIMARY KEY,                    -- BLAKE3, 64 lower-case hexadecimal digits
    size BIGINT NOT NULL,
    name TEXT NOT NULL,
    complete BIGINT NOT NULL DEFAULT 0,
    wanted BIGINT NOT NULL                      -- when somebody last sent it or asked for it
);

CREATE TABLE app (
    id BIGSERIAL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created BIGINT NOT NULL,
    installer TEXT NOT NULL,
    time_limit BIGINT NOT NULL,                 -- seconds
    success_codes TEXT NOT NULL
);

CREATE TABLE app_content (
    app BIGINT NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    digest TEXT NOT NULL REFERENCES content (digest),
    PRIMARY KEY (app, digest)
);
CREATE INDEX app_content_digest ON app_content (digest);

CREATE TABLE collection (
    id BIGSERIAL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    built_in BIGINT NOT NULL DEFAULT 0          -- holds every device, also future ones
);
INSERT INTO collection (name, built_in) VALUES ('all', 1);

CREATE TABLE member (
    collection BIGINT NOT NULL REFERENCES collection (id) ON DELETE CASCADE,
    device TEXT NOT NULL REFERENCES device (id),
    PRIMARY KEY (collection, device)
);
CREATE INDEX member_device ON member (device);

CREATE TABLE deployment (
    id BIGSERIAL PRIMARY KEY,
    app BIGINT NOT NULL REFERENCES app (id),
    collection BIGINT NOT NULL REFERENCES collection (id),
    uninstall BIGINT NOT NULL,
    deadline BIGINT,
    created BIGINT NOT NULL,
    UNIQUE (app, collection)
);
CREATE INDEX deployment_collection ON deployment (collection);

-- Which device is in which collection. For questions about many devices: about one, ask the tables.
CREATE VIEW belongs AS
    SELECT device.id AS device, collection.id AS collection
    FROM device CROSS JOIN collection WHERE collection.built_in = 1
    UNION ALL
    SELECT device, collection FROM member;

CREATE TABLE message (
    arrival BIGSERIAL PRIMARY KEY,
    device TEXT NOT NULL REFERENCES device (id),
    journal TEXT NOT NULL,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,                         -- by the client's clock
    body TEXT NOT NULL,                         -- empty once it was processed
    digest BYTEA NOT NULL,                      -- BLAKE3 of time and body
    received BIGINT NOT NULL,
    processed BIGINT,                           -- when its effects were written
    UNIQUE (device, journal, number)
);
CREATE INDEX message_unprocessed ON message (arrival) WHERE processed IS NULL;
CREATE INDEX message_received ON message (received) WHERE processed IS NOT NULL;

-- Up to this number a journal's messages were there once and have been pruned.
CREATE TABLE journal (
    device TEXT NOT NULL REFERENCES device (id),
    journal TEXT NOT NULL,
    floor BIGINT NOT NULL,
    PRIMARY KEY (device, journal)
);

CREATE TABLE state (
    device TEXT NOT NULL REFERENCES device (id),
    deployment BIGINT NOT NULL REFERENCES deployment (id) ON DELETE CASCADE,
    phase TEXT NOT NULL,
    reason TEXT NOT NULL,
    exit_code BIGINT,
    output TEXT NOT NULL,
    at BIGINT NOT NULL,                         -- by the client's clock
    journal TEXT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (device, deployment)
);
CREATE INDEX state_deployment ON state (deployment);

CREATE TABLE inventory (
    device TEXT PRIMARY KEY REFERENCES device (id),
    at BIGINT NOT NULL,                         -- by the client's clock
    report TEXT NOT NULL,
    journal TEXT NOT NULL,
    number BIGINT NOT NULL
);

CREATE TABLE policy (
    device TEXT PRIMARY KEY REFERENCES device (id),
    number BIGINT NOT NULL,
    digest BYTEA NOT NULL,                      -- of the plain body: does it differ from what would be signed now?
    envelope BYTEA NOT NULL,
    issued BIGINT NOT NULL,
    expires BIGINT NOT NULL
);

CREATE TABLE document (
    kind TEXT NOT NULL,
    number BIGINT NOT NULL,
    envelope BYTEA NOT NULL,
    issued BIGINT NOT NULL,
    PRIMARY KEY (kind, number)
);
