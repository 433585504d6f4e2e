-- +goose Up
-- The audit log as proof: rows are numbered and hash-chained soon after they were committed, by one machine at a time; the head of
-- the chain is signed daily. And what was stopped is counted, without whose it was.

ALTER TABLE audit ADD COLUMN summary TEXT; -- what stays of detail when that is erased: JSON without personal data, or NULL

-- Rows that are not in the chain yet. A trigger fills it, so that an earlier release that still runs is heard too, and so that nobody
-- must guess whether a lower id is still to be committed.
CREATE TABLE audit_unchained (
    audit_id INTEGER PRIMARY KEY REFERENCES audit (id) ON DELETE CASCADE
);
INSERT INTO audit_unchained (audit_id) SELECT id FROM audit;

CREATE TABLE audit_chain (
    sequence   BIGINT  PRIMARY KEY CHECK (sequence > 0), -- 1, 2, 3 without a gap
    audit_id   INTEGER NOT NULL UNIQUE REFERENCES audit (id) ON DELETE CASCADE,
    salt       BLOB,                      -- of commitment; erased with the detail
    commitment BLOB    NOT NULL,          -- SHA-256 over salt and detail
    previous   BLOB    NOT NULL,          -- the hash before
    hash       BLOB    NOT NULL
);

-- The one row is what machines that would append at the same time wait for.
CREATE TABLE audit_head (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    sequence BIGINT  NOT NULL,
    hash     BLOB    NOT NULL,
    begins   BIGINT  NOT NULL CHECK (begins <= sequence) -- rows up to this one have been removed after their time
);
INSERT INTO audit_head (id, sequence, hash, begins) VALUES (1, 0, zeroblob(32), 0);

CREATE TABLE audit_checkpoint (
    number    BIGINT PRIMARY KEY CHECK (number > 0),
    at        BIGINT NOT NULL,
    sequence  BIGINT NOT NULL,
    hash      BLOB   NOT NULL,
    key_id    TEXT   NOT NULL,
    signature BLOB   NOT NULL
);
CREATE INDEX audit_checkpoint_sequence ON audit_checkpoint (sequence);

CREATE TABLE audit_key (
    id          TEXT   PRIMARY KEY,
    public      BLOB   NOT NULL,          -- Ed25519
    private     BLOB   NOT NULL,          -- its seed, age-encrypted under wrapped_key
    wrapped_key BLOB   NOT NULL,
    key_version TEXT   NOT NULL,
    created_at  BIGINT NOT NULL
);

CREATE INDEX audit_mailbox ON audit (mailbox, id);
CREATE INDEX audit_actor ON audit (actor_id, id);
CREATE INDEX audit_action ON audit (action, id);
CREATE INDEX audit_erasable ON audit (at) WHERE detail <> '' AND action IN ('message_accepted', 'certificate_harvested');

-- +goose StatementBegin
CREATE TRIGGER audit_waits_for_the_chain AFTER INSERT ON audit
BEGIN INSERT INTO audit_unchained (audit_id) VALUES (NEW.id); END;
-- +goose StatementEnd

-- The one change there may be: the detail of a row that is in the chain is erased.
DROP TRIGGER audit_is_never_altered;
-- +goose StatementBegin
CREATE TRIGGER audit_is_never_altered BEFORE UPDATE ON audit
WHEN NOT (NEW.detail = '' AND NEW.id = OLD.id AND NEW.at = OLD.at AND NEW.actor_kind = OLD.actor_kind AND NEW.actor_id = OLD.actor_id
    AND NEW.action = OLD.action AND NEW.mailbox = OLD.mailbox AND NEW.message_id IS OLD.message_id AND NEW.summary IS OLD.summary
    AND EXISTS (SELECT 1 FROM audit_chain c WHERE c.audit_id = OLD.id))
BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_is_only_shortened BEFORE DELETE ON audit
WHEN NOT EXISTS (SELECT 1 FROM audit_chain c JOIN audit_head h ON c.sequence <= h.begins WHERE c.audit_id = OLD.id)
BEGIN SELECT RAISE(ABORT, 'the audit log is only shortened from its beginning'); END;
-- +goose StatementEnd

-- What was stopped before it was sent: how often, a day and reason at a time.
CREATE TABLE refusal (
    day      BIGINT NOT NULL,             -- its beginning, UTC
    of       TEXT   NOT NULL CHECK (of IN ('mail', 'recipient')),
    code     TEXT   NOT NULL,
    times    BIGINT NOT NULL CHECK (times > 0),
    PRIMARY KEY (day, of, code)
);
