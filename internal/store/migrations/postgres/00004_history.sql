-- +goose Up
-- What the preflight asks about a caller's own earlier mails, and about addresses that an administrator has pinned.

-- The recipients of a message without their evidence, which fills a page for each.
CREATE INDEX recipient_history ON recipient (message_id, address, delivery_id);

CREATE INDEX recipient_certificate_domain ON recipient_certificate (split_part(subject, '@', 2), subject)
    WHERE source = 'pinned' AND substr(subject, 1, 1) <> '@';
