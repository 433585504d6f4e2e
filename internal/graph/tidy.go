package graph

import (
	"context"
)

// maxLeft is how many left-over drafts of one copy are deleted at a time: a job's attempts make a few.
const maxLeft = 20

// TidyDrafts deletes the drafts of one copy that attempts have left behind: those in Drafts with this Message-ID, to exactly
// these addresses, all but keep. It says how many. keep is the draft that was sent: what transport is still busy with must not be
// deleted, and it looks like a draft until it has left.
func (c *Client) TidyDrafts(ctx context.Context, mailbox, messageID string, to []string, keep string) (int, error) {
	if !isSegment(mailbox) {
		return 0, badMailbox()
	}
	if messageID == "" || len(to) == 0 {
		return 0, nil
	}
	seen := map[string]bool{}
	for len(seen) < maxLeft {
		found, err := c.search(ctx, "find_drafts", mailbox, "/mailFolders/drafts", messageID, func(i item) bool {
			return *i.IsDraft && i.ID != keep && isSegment(i.ID) && !seen[i.ID] && isFor(i, to)
		})
		if err != nil || found == nil {
			return len(seen), err
		}
		if err := c.Discard(ctx, mailbox, found.ID); err != nil {
			return len(seen), err
		}
		seen[found.ID] = true
	}
	return len(seen), nil
}
