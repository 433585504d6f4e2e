-- +goose Up
-- Recipients' certificates: pinned by an administrator or harvested from signed mail, for one address or for a whole domain.

CREATE TABLE recipient_certificate (
    id           TEXT    PRIMARY KEY,       -- UUID version 7: sorts by time
    subject      TEXT    NOT NULL,          -- an address in lower case, or '@' and a domain: everybody there
    fingerprint  TEXT    NOT NULL,          -- SHA-256, lower-case hex
    der          BYTEA    NOT NULL,
    source       TEXT    NOT NULL CHECK (source IN ('pinned', 'harvested')),
    pending      TEXT,                      -- the code of what an administrator must decide first; NULL: it is used
    bound        BOOLEAN NOT NULL, -- an administrator ties it to the subject
    vouched      BOOLEAN NOT NULL, -- an administrator stands for it, whoever issued it
    issuers      BYTEA    NOT NULL,          -- that came along with it, DER one after another
    capabilities BYTEA,                      -- SMIMECapabilities, DER
    signed_at    BIGINT,                    -- of the newest mail that it was harvested from
    added_at     BIGINT  NOT NULL,
    checked_at   BIGINT,                    -- the nightly check, and what it found
    check_code   TEXT,
    breaks_at    BIGINT,                    -- from then on it cannot be used
    UNIQUE (subject, fingerprint),
    CHECK (source <> 'pinned' OR bound),
    CHECK (pending IS NULL OR source = 'harvested'),
    CHECK (substr(subject, 1, 1) <> '@' OR source = 'pinned'),
    CHECK ((checked_at IS NULL) = (check_code IS NULL))
);
CREATE INDEX recipient_certificate_pending ON recipient_certificate (pending) WHERE pending IS NOT NULL;

-- Authorities that an administrator has decided to trust, beside those in the settings.
CREATE TABLE authority (
    fingerprint TEXT   PRIMARY KEY,         -- SHA-256, lower-case hex
    der         BYTEA   NOT NULL,
    added_at    BIGINT NOT NULL
);
