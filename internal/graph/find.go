package graph

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"aau.dk/sendsikker/internal/fault"
	abstractions "github.com/microsoft/kiota-abstractions-go"
)

// Place is where a message of ours is.
type Place string

const (
	PlaceDraft   Place = "draft"   // still a draft; just after a send this can also mean that transport has not picked it up yet
	PlaceSent    Place = "sent"    // it has left
	PlaceNowhere Place = "nowhere" // neither found by id nor by Message-ID
)

const (
	findPage = 50
	// maxFindPages covers the copies of one message, which share its Message-ID: at most one for each of the 1000
	// recipients that Exchange Online allows at all, in both mailbox folders, with room.
	maxFindPages = 40
)

// Find says where a message of ours is: by immutable id first (if there is one), then by Message-ID in Sent Items, in
// Drafts, and in the whole mailbox, since people move mail. Copies of one message share its Message-ID, so to, when it
// is not empty, must be exactly the To and Cc addresses of the copy. An id that Graph keeps through the send is
// documented but has been seen to change (graph-docs#1533), hence the second look.
func (c *Client) Find(ctx context.Context, mailbox, id, messageID string, to []string) (Place, error) {
	if !isSegment(mailbox) {
		return "", badMailbox()
	}
	if isSegment(id) {
		place, err := c.findByID(ctx, mailbox, id)
		if err != nil || place != PlaceNowhere {
			return place, err
		}
	}
	if messageID == "" {
		return PlaceNowhere, nil
	}
	for _, folder := range []string{"/mailFolders/sentitems", "/mailFolders/drafts", ""} {
		found, err := c.search(ctx, "find", mailbox, folder, messageID, func(i item) bool { return isFor(i, to) })
		if err != nil {
			return "", err
		}
		if found != nil {
			return placeOf(*found), nil
		}
	}
	return PlaceNowhere, nil
}

func (c *Client) findByID(ctx context.Context, mailbox, id string) (Place, error) {
	const operation = "find"
	a, err := c.call(ctx, request{
		operation: operation, mailbox: mailbox,
		method: abstractions.GET, template: "/users/{mailbox}/messages/{id}?$select=id,isDraft",
		values: map[string]string{"mailbox": mailbox, "id": id}, timeout: callTimeout, limit: smallAnswer,
	})
	if err != nil {
		return "", silent(operation, err, aboutItem)
	}
	if code, _ := odataError(a.body); a.status == http.StatusNotFound && !slices.Contains(mailboxCodes, code) {
		return PlaceNowhere, nil
	}
	if a.status != http.StatusOK {
		return "", c.refused(operation, a, aboutItem)
	}
	var found item
	if err := a.decode(&found); err != nil {
		return "", unreadable(operation, a, err)
	}
	if found.IsDraft == nil {
		return "", unreadable(operation, a, errors.New("the answer does not say whether it is a draft"))
	}
	return placeOf(found), nil
}

// placeOf reads isDraft, not the folder: a sent item that somebody moved is sent all the same.
func placeOf(i item) Place {
	if *i.IsDraft {
		return PlaceDraft
	}
	return PlaceSent
}

// search is the first message in folder ("" is the whole mailbox) with the Message-ID that wanted takes, or nil.
func (c *Client) search(ctx context.Context, operation, mailbox, folder, messageID string, wanted func(item) bool) (*item, error) {
	next := request{
		operation: operation, mailbox: mailbox, method: abstractions.GET,
		template: "/users/{mailbox}" + folder + "/messages?$filter={filter}&$select=id,isDraft,toRecipients,ccRecipients&$top={top}",
		values: map[string]string{
			// A quote is doubled in an OData string (OData 4.01 URL conventions, section 5.1.1.6.2).
			"mailbox": mailbox, "filter": "internetMessageId eq '" + strings.ReplaceAll(messageID, "'", "''") + "'", "top": strconv.Itoa(findPage),
		},
		timeout: callTimeout, limit: listAnswer,
	}
	for range maxFindPages {
		a, err := c.call(ctx, next)
		if err != nil {
			return nil, silent(operation, err, aboutItem)
		}
		if a.status != http.StatusOK {
			return nil, c.refused(operation, a, aboutItem)
		}
		var page struct {
			Value    []item `json:"value"`
			NextLink string `json:"@odata.nextLink"`
		}
		err = a.decode(&page)
		if err == nil && page.Value == nil {
			err = errors.New("the answer has no list")
		}
		if err != nil {
			return nil, unreadable(operation, a, err)
		}
		for _, i := range page.Value {
			if i.IsDraft == nil {
				return nil, unreadable(operation, a, errors.New("the answer does not say whether it is a draft"))
			}
			if wanted(i) {
				return &i, nil
			}
		}
		if page.NextLink == "" {
			return nil, nil
		}
		if next.at, err = c.ownLink(page.NextLink); err != nil {
			return nil, unreadable(operation, a, err)
		}
	}
	return nil, fault.New(fault.Unavailable, "graph_unreadable", sayUnavailable, errors.New("graph "+operation+": the list does not end"))
}

// ownLink checks a link that Graph wants us to follow with the token: it must lead to the configured Graph.
func (c *Client) ownLink(link string) (*url.URL, error) {
	u, err := url.Parse(link)
	if err != nil || u.Scheme != c.base.Scheme || u.Host != c.base.Host || u.User != nil || !strings.HasPrefix(u.Path, c.base.Path+"/") {
		return nil, errors.New("the answer's next link leads to another host")
	}
	return u, nil
}

// isFor says that the message goes to exactly these addresses.
func isFor(i item, to []string) bool {
	if len(to) == 0 {
		return true
	}
	var got, want []string
	for _, r := range slices.Concat(i.ToRecipients, i.CcRecipients) {
		got = append(got, strings.ToLower(r.EmailAddress.Address))
	}
	for _, address := range to {
		want = append(want, strings.ToLower(address))
	}
	slices.Sort(got)
	slices.Sort(want)
	return slices.Equal(slices.Compact(got), slices.Compact(want))
}
