-- +goose Up
-- The administrators' page: who is signed in, who looks after which mailboxes, and what its lists look for.

CREATE TABLE session (
    token      TEXT   PRIMARY KEY,        -- SHA-256 of what the browser holds: who reads this table is not signed in
    person     TEXT   NOT NULL,           -- object id, in lower case
    data       BLOB   NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX session_person ON session (person);
CREATE INDEX session_expires ON session (expires_at);

-- Local administrators: a person (object id) or an Entra group (id) who looks after a mailbox.
CREATE TABLE local_administrator (
    mailbox_id TEXT   NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    kind       TEXT   NOT NULL CHECK (kind IN ('person', 'group')),
    subject    TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (mailbox_id, kind, subject)
);
CREATE INDEX local_administrator_subject ON local_administrator (kind, subject);

-- What ended when, and how: the figures of a day and of a month are read from this alone.
CREATE INDEX delivery_changed ON delivery (state, changed_at, kind, message_id);
CREATE INDEX recipient_certificate_breaks ON recipient_certificate (breaks_at) WHERE pending IS NULL;
