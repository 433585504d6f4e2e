-- +goose Up
-- Sent once, and never too fast: the undo window, attempts that are registered before they are made, and a time line.

ALTER TABLE mailbox ADD COLUMN undo_seconds INTEGER NOT NULL DEFAULT 10 CHECK (undo_seconds BETWEEN 0 AND 300);

ALTER TABLE message ADD COLUMN held_until BIGINT NOT NULL DEFAULT 0; -- until then it may be taken back
ALTER TABLE message ADD COLUMN cancelled_at BIGINT;

-- One attempt at one copy. It counts against the mailbox's limits from its start, on whatever machine it is made; it runs until
-- it has ended or its time is up, because a machine that died ends nothing.
CREATE TABLE attempt (
    id          TEXT    PRIMARY KEY,      -- UUID version 7
    delivery_id TEXT    NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
    mailbox_id  TEXT    NOT NULL REFERENCES mailbox (id),
    started_at  BIGINT  NOT NULL,
    until_at    BIGINT  NOT NULL,
    ended_at    BIGINT,
    size        BIGINT  NOT NULL,
    recipients  INTEGER NOT NULL,
    sent        BOOLEAN NOT NULL DEFAULT TRUE, -- FALSE when it is certain that nothing went out by it
    CHECK (until_at > started_at)
);
CREATE INDEX attempt_mailbox ON attempt (mailbox_id, started_at);
CREATE INDEX attempt_delivery ON attempt (delivery_id);

-- What happened to a message, in order; for its sender and for support.
CREATE TABLE event (
    message_id  TEXT    NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    sequence    INTEGER NOT NULL,         -- given under the message's lock: 1, 2, 3 without a gap
    delivery_id TEXT    REFERENCES delivery (id) ON DELETE CASCADE, -- NULL: about the whole message
    at          BIGINT  NOT NULL,
    what        TEXT    NOT NULL CHECK (what IN ('accepted', 'drafting', 'sending', 'looked', 'sent', 'rejected', 'unknown', 'cancelled', 'again', 'receipt', 'report')),
    code        TEXT,
    request_ids TEXT,                     -- Graph's, with spaces between
    PRIMARY KEY (message_id, sequence)
);

CREATE INDEX message_accepted ON message (accepted_at);
CREATE INDEX message_mailbox ON message (mailbox_id, id);
CREATE INDEX recipient_address ON recipient (address);
CREATE INDEX delivery_spool ON delivery (spool_name);
