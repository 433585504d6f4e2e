-- +goose Up
-- Recipients' certificates: pinned by an administrator or harvested from signed mail, for one address or for a whole domain.

CREATE TABLE recipient_certificate (
    id           TEXT    PRIMARY KEY,       -- UUID version 7: sorts by time
    subject      TEXT    NOT NULL,          -- an address in lower case, or '@' and a domain: everybody there
    fingerprint  TEXT    NOT NULL,          -- SHA-256, lower-case hex
    der          BLOB    NOT NULL,
    source       TEXT    NOT NULL CHECK (source IN ('pinned', 'harvested')),
    pending      TEXT,                      -- the code of what an administrator must decide first; NULL: it is used
    bound        INTEGER NOT NULL CHECK (bound IN (0, 1)),   -- an administrator ties it to the subject
    vouched      INTEGER NOT NULL CHECK (vouched IN (0, 1)), -- an administrator stands for it, whoever issued it
    issuers      BLOB    NOT NULL,          -- that came along with it, DER one after another
    capabilities BLOB,                      -- SMIMECapabilities, DER
    signed_at    BIGINT,                    -- of the newest mail that it was harvested from
    added_at     BIGINT  NOT NULL,
    checked_at   BIGINT,                    -- the nightly check, and what it found
    check_code   TEXT,
    breaks_at    BIGINT,                    -- from then on it cannot be used
    UNIQUE (subject, fingerprint),
    CHECK (source <> 'pinned' OR bound = 1),
    CHECK (pending IS NULL OR source = 'harvested'),
    CHECK (substr(subject, 1, 1) <> '@' OR source = 'pinned'),
    CHECK ((checked_at IS NULL) = (check_code IS NULL))
);
CREATE INDEX recipient_certificate_pending ON recipient_certificate (pending) WHERE pending IS NOT NULL;

INSERT INTO recipient_certificate (id, subject, fingerprint, der, source, bound, vouched, issuers, added_at)
SELECT lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-a' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))),
       lower(address), fingerprint, der, source, 1, 0, x'', added_at
FROM certificate WHERE true
ON CONFLICT DO NOTHING;
DROP TABLE certificate;

-- Authorities that an administrator has decided to trust, beside those in the settings.
CREATE TABLE authority (
    fingerprint TEXT   PRIMARY KEY,         -- SHA-256, lower-case hex
    der         BLOB   NOT NULL,
    added_at    BIGINT NOT NULL
);
