-- +goose Up
-- What administrators decide of a mailbox, and its keys beside the one that signs. The columns of mailbox stay the truth about that one.

ALTER TABLE mailbox ADD COLUMN enabled INTEGER NOT NULL DEFAULT TRUE CHECK (enabled IN (0, 1)); -- FALSE: nobody sends as it
ALTER TABLE mailbox ADD COLUMN receipts INTEGER NOT NULL DEFAULT TRUE CHECK (receipts IN (0, 1)); -- FALSE: error reports alone
ALTER TABLE mailbox ADD COLUMN notice_language TEXT CHECK (notice_language IN ('da', 'en')); -- of receipts and reports; NULL: the sender's
ALTER TABLE mailbox ADD COLUMN per_minute INTEGER NOT NULL DEFAULT 0 CHECK (per_minute >= 0); -- 0: as the settings have it for all
ALTER TABLE mailbox ADD COLUMN recipients_per_day INTEGER NOT NULL DEFAULT 0 CHECK (recipients_per_day >= 0);

-- A key that was made here and waits for its certificate, one with a certificate that an administrator looks at before it is used,
-- one that will sign from a time on, and those that have signed and are kept to open old mail. By address, and not by mailbox: a
-- key may be there before the mailbox, and old mail after it.
CREATE TABLE mailbox_key (
    id          TEXT   PRIMARY KEY,
    address     TEXT   NOT NULL,          -- in lower case
    state       TEXT   NOT NULL CHECK (state IN ('requested', 'held', 'planned', 'former')),
    certificate BLOB,          -- DER
    chain       BLOB   NOT NULL,
    request     BLOB,          -- PKCS #10, DER, where the key was made here
    key         BLOB   NOT NULL,          -- as in mailbox, like the next two
    wrapped_key BLOB   NOT NULL,
    key_version TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    from_at     BIGINT,                   -- when a planned one is to sign
    ended_at    BIGINT,                   -- when a former one was replaced
    CHECK ((state = 'requested') = (certificate IS NULL)),
    CHECK (state <> 'requested' OR request IS NOT NULL),
    CHECK ((state = 'planned') = (from_at IS NOT NULL)),
    CHECK ((state = 'former') = (ended_at IS NOT NULL))
);
CREATE INDEX mailbox_key_address ON mailbox_key (address);
CREATE UNIQUE INDEX mailbox_key_planned ON mailbox_key (address) WHERE state = 'planned';

-- Whoever replaces a key, this program or an earlier one that knows nothing of this table, loses none. The database's clock is
-- the only one that is there.
-- +goose StatementBegin
CREATE TRIGGER mailbox_key_is_kept BEFORE UPDATE OF certificate ON mailbox WHEN OLD.certificate <> NEW.certificate
BEGIN
    INSERT INTO mailbox_key (id, address, state, certificate, chain, key, wrapped_key, key_version, created_at, ended_at)
    SELECT lower(hex(randomblob(16))), OLD.address, 'former', OLD.certificate, OLD.chain, OLD.key, OLD.wrapped_key, OLD.key_version, OLD.created_at,
        CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)
    WHERE NOT EXISTS (SELECT 1 FROM mailbox_key WHERE address = OLD.address AND state = 'former' AND certificate = OLD.certificate);
END;
-- +goose StatementEnd
