-- +goose Up
-- Times are milliseconds since 1970 (UTC): one type in every database, and no driver's idea of a time zone.

CREATE TABLE mailbox (
    id          TEXT   PRIMARY KEY,
    address     TEXT   NOT NULL UNIQUE,   -- domain in lower case
    name        TEXT   NOT NULL,
    certificate BYTEA  NOT NULL,          -- DER
    chain       BYTEA  NOT NULL,          -- issuers to send along, DER one after another, no root
    key         BYTEA  NOT NULL,          -- PKCS#8, age-encrypted under wrapped_key
    wrapped_key BYTEA  NOT NULL,
    key_version TEXT   NOT NULL,          -- of the master key that wrapped it
    created_at  BIGINT NOT NULL
);

-- Who may send as a mailbox: a person (oid), an Entra group (id) or an application (client id).
CREATE TABLE mailbox_grant (
    mailbox_id TEXT   NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    kind       TEXT   NOT NULL CHECK (kind IN ('person', 'group', 'application')),
    subject    TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (mailbox_id, kind, subject)
);
CREATE INDEX mailbox_grant_subject ON mailbox_grant (kind, subject);

CREATE TABLE message (
    id              TEXT   PRIMARY KEY,   -- UUID version 7: sorts by time
    mailbox_id      TEXT   NOT NULL REFERENCES mailbox (id),
    caller_kind     TEXT   NOT NULL CHECK (caller_kind IN ('user', 'application')),
    caller_id       TEXT   NOT NULL,
    caller_name     BYTEA  NOT NULL,      -- age-encrypted under wrapped_key, as is the subject
    header_id       TEXT   NOT NULL UNIQUE, -- Message-ID
    subject         BYTEA  NOT NULL,
    wrapped_key     BYTEA  NOT NULL,
    key_version     TEXT   NOT NULL,
    language        TEXT   NOT NULL CHECK (language IN ('da', 'en')),
    idempotency_key TEXT,
    digest          BYTEA  NOT NULL,      -- SHA-256 of what was handed in
    accepted_at     BIGINT NOT NULL,
    notice_kind     TEXT   CHECK (notice_kind IN ('receipt', 'report')),
    notice_at       BIGINT,
    CHECK ((notice_kind IS NULL) = (notice_at IS NULL))
);
CREATE UNIQUE INDEX message_idempotency ON message (caller_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX message_caller ON message (caller_id, id);

-- The sending of one copy. A copy goes to exactly the addresses in its headers.
CREATE TABLE delivery (
    id         TEXT    PRIMARY KEY,
    message_id TEXT    NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    kind       TEXT    NOT NULL CHECK (kind IN ('sealed', 'plain')),
    state      TEXT    NOT NULL CHECK (state IN ('queued', 'drafting', 'sending', 'sent', 'rejected', 'unknown')),
    spool_name TEXT    NOT NULL,
    size       BIGINT  NOT NULL CHECK (size > 0),
    draft_id   TEXT,
    looks      INTEGER NOT NULL DEFAULT 0 CHECK (looks >= 0), -- times the outcome of a send was asked for
    code       TEXT,                                          -- why it did not go out
    say_da     TEXT,                                          -- the same, for people
    say_en     TEXT,
    changed_at BIGINT  NOT NULL,
    UNIQUE (message_id, position),
    CHECK (state IN ('queued', 'drafting', 'rejected', 'unknown') OR draft_id IS NOT NULL),
    CHECK (state <> 'queued' OR draft_id IS NULL),
    CHECK ((state IN ('rejected', 'unknown')) = (code IS NOT NULL)),
    CHECK ((code IS NULL) = (say_da IS NULL) AND (code IS NULL) = (say_en IS NULL))
);
CREATE INDEX delivery_state ON delivery (state);

CREATE TABLE recipient (
    message_id  TEXT    NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    position    INTEGER NOT NULL,
    delivery_id TEXT    NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
    field       TEXT    NOT NULL CHECK (field IN ('to', 'cc', 'bcc')),
    address     TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    route       TEXT    NOT NULL CHECK (route IN ('internal', 'smime')),
    evidence    TEXT    NOT NULL,         -- JSON: certificate used and why it was accepted
    PRIMARY KEY (message_id, position)
);
CREATE INDEX recipient_delivery ON recipient (delivery_id);

-- Who did what, and how it was protected; never content, never a subject. Only ever added to.
CREATE TABLE audit (
    id         BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         BIGINT  NOT NULL,
    actor_kind TEXT    NOT NULL CHECK (actor_kind IN ('user', 'application', 'system', 'operator')),
    actor_id   TEXT    NOT NULL,
    action     TEXT    NOT NULL,
    mailbox    TEXT    NOT NULL,
    message_id TEXT,
    detail     TEXT    NOT NULL           -- JSON
);
CREATE INDEX audit_at ON audit (at);

-- +goose StatementBegin
CREATE FUNCTION audit_is_never_altered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the audit log is only added to'; END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_is_never_altered BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION audit_is_never_altered();
