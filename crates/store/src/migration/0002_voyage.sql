-- The voyage: hosts of the site, what each of them holds and where it is damaged, and the package
-- that new machines install.

-- What hosts are told: their plans, the content they hold, the devices they refuse.
INSERT INTO version (topic, value) VALUES ('orders', 0);

-- Hosts that joined, by their keys in the site file. The site server's own is none of them.
CREATE TABLE host (
    name TEXT PRIMARY KEY,
    public_key BYTEA NOT NULL,
    version TEXT NOT NULL,
    joined BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    removed BIGINT                              -- since when it is refused
);

CREATE TABLE invitation (
    hash BYTEA PRIMARY KEY,                     -- of the token
    host TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    spent BIGINT                                -- when
);
CREATE INDEX invitation_host ON invitation (host);

-- What a host said last of a piece of content. The site server says it of its own library.
CREATE TABLE held (
    host TEXT NOT NULL,
    digest TEXT NOT NULL REFERENCES content (digest) ON DELETE CASCADE,
    have BIGINT NOT NULL,                       -- bytes that are there and verified
    complete BIGINT NOT NULL,
    looked BIGINT NOT NULL,                     -- the doubt after which all blocks were looked at
    repaired BIGINT NOT NULL,                   -- blocks
    trouble TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (host, digest)
);
CREATE INDEX held_digest ON held (digest);

-- How often somebody found a copy damaged.
CREATE TABLE doubt (
    host TEXT NOT NULL,
    digest TEXT NOT NULL REFERENCES content (digest) ON DELETE CASCADE,
    count BIGINT NOT NULL,
    PRIMARY KEY (host, digest)
);
CREATE INDEX doubt_digest ON doubt (digest);

-- Who found which block damaged.
CREATE TABLE damage (
    host TEXT NOT NULL,
    digest TEXT NOT NULL REFERENCES content (digest) ON DELETE CASCADE,
    block BIGINT NOT NULL,                      -- from 0
    device TEXT NOT NULL REFERENCES device (id),
    at BIGINT NOT NULL,                         -- when the site heard of it
    PRIMARY KEY (host, digest, block, device)
);
CREATE INDEX damage_digest ON damage (digest);
CREATE INDEX damage_at ON damage (at);

-- Packages of the agent. The newest is what new machines are told to install; an earlier one may
-- still stand in a command that somebody has copied.
CREATE TABLE agent_package (
    sha256 TEXT PRIMARY KEY,                    -- 64 lower-case hexadecimal digits
    digest TEXT NOT NULL REFERENCES content (digest),
    size BIGINT NOT NULL,
    version TEXT NOT NULL,
    architecture TEXT NOT NULL,
    published BIGINT NOT NULL
);
CREATE INDEX agent_package_digest ON agent_package (digest);
