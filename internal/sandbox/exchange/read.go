package exchange

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The page sizes of Graph's message list.
const (
	defaultTop = 10
	maxTop     = 1000
)

// wellKnown are the folders that exist in every mailbox.
var wellKnown = []string{"inbox", "drafts", "sentitems", "deleteditems"}

// folder resolves a well-known name or the id that parentFolderId gives.
func (b *box) folder(name string) (string, bool) {
	for _, known := range wellKnown {
		if strings.EqualFold(name, known) || name == b.folderID(known) {
			return known, true
		}
	}
	return "", false
}

func (b *box) folderID(folder string) string { return "AQMkAD-" + b.ID + "-" + folder }

// view is the item in Graph's JSON, with the id that the caller prefers.
func (c *call) view(i *item) map[string]any {
	id := i.regularID()
	if c.immutable {
		id = i.key
	}
	none := func(list []recipient) []recipient { return append([]recipient{}, list...) }
	return map[string]any{
		"id": id, "createdDateTime": stamp(i.created), "receivedDateTime": stamp(i.received), "sentDateTime": stamp(i.sent),
		"hasAttachments": len(i.attachments) > 0, "internetMessageId": i.message.InternetMessageID, "subject": i.message.Subject,
		"importance": i.message.Importance, "parentFolderId": c.box.folderID(i.folder), "isDraft": i.draft, "isRead": i.read,
		"body": i.message.Body, "from": i.message.From, "sender": i.message.Sender, "toRecipients": none(i.message.To),
		"ccRecipients": none(i.message.Cc), "bccRecipients": none(i.message.Bcc), "replyTo": none(i.message.ReplyTo),
	}
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func selected(view map[string]any, fields string) map[string]any {
	if fields == "" {
		return view
	}
	some := map[string]any{"id": view["id"]}
	for field := range strings.SplitSeq(fields, ",") {
		if value, ok := view[strings.TrimSpace(field)]; ok {
			some[strings.TrimSpace(field)] = value
		}
	}
	return some
}

func (s *Server) getMessage(c *call) {
	s.mu.Lock()
	i := c.box.find(c.r.PathValue("id"))
	var view map[string]any
	if i != nil {
		view = c.view(i)
	}
	s.mu.Unlock()
	if i == nil {
		c.noItem()
		return
	}
	c.answer(http.StatusOK, selected(view, c.r.URL.Query().Get("$select")))
}

func (s *Server) getValue(c *call) {
	s.mu.Lock()
	i := c.box.find(c.r.PathValue("id"))
	var raw text
	if i != nil {
		raw = i.mime()
	}
	s.mu.Unlock()
	if i == nil {
		c.noItem()
		return
	}
	c.w.Header().Set("Content-Type", "text/plain")
	_, _ = io.Copy(c.w, raw.open())
}

// byMessageID is the one filter that it understands.
var byMessageID = regexp.MustCompile(`^internetMessageId eq '((?:[^']|'')*)'$`)

func (s *Server) listMessages(c *call) {
	query := c.r.URL.Query()
	folder := ""
	if name := c.r.PathValue("folder"); name != "" {
		var ok bool
		if folder, ok = c.box.folder(name); !ok {
			c.refuse(http.StatusNotFound, "ErrorItemNotFound", "The specified folder could not be found in the store.")
			return
		}
	}
	wanted := ""
	if filter := query.Get("$filter"); filter != "" {
		match := byMessageID.FindStringSubmatch(filter)
		if match == nil {
			c.refuse(http.StatusBadRequest, "ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes.")
			return
		}
		wanted = strings.ReplaceAll(match[1], "''", "'")
	}
	top, err := strconv.Atoi(query.Get("$top"))
	if err != nil || top < 1 || top > maxTop {
		top = defaultTop
	}
	skip, err := strconv.Atoi(query.Get("$skip"))
	if err != nil || skip < 0 {
		skip = 0
	}
	s.mu.Lock()
	found := []map[string]any{}
	for _, i := range slices.Backward(c.box.items) {
		if (folder == "" || i.folder == folder) && (wanted == "" || i.message.InternetMessageID == wanted) {
			found = append(found, selected(c.view(i), query.Get("$select")))
		}
	}
	s.mu.Unlock()
	page := found[min(skip, len(found)):min(skip+top, len(found))]
	answer := map[string]any{"value": page}
	if skip+top < len(found) {
		query.Set("$skip", strconv.Itoa(skip+top))
		next := url.URL{Scheme: c.scheme(), Host: c.r.Host, Path: c.r.URL.Path, RawPath: c.r.URL.RawPath, RawQuery: query.Encode()}
		answer["@odata.nextLink"] = next.String()
	}
	c.answer(http.StatusOK, answer)
}

// deleteMessage moves to Deleted Items, as Graph does; what is there already goes away.
func (s *Server) deleteMessage(c *call) {
	s.mu.Lock()
	i := c.box.find(c.r.PathValue("id"))
	if i != nil && i.folder != "deleteditems" {
		i.move("deleteditems")
	} else if i != nil {
		c.box.items = slices.DeleteFunc(c.box.items, func(other *item) bool { return other == i })
		s.things--
		memory, disk := i.weight()
		s.stored, s.spilled = s.stored-memory, s.spilled-disk
	}
	s.mu.Unlock()
	if i == nil {
		c.noItem()
		return
	}
	c.w.WriteHeader(http.StatusNoContent)
}

func (c *call) noItem() {
	c.refuse(http.StatusNotFound, "ErrorItemNotFound", "The specified object was not found in the store.")
}

func (c *call) scheme() string {
	if c.r.TLS != nil {
		return "https"
	}
	return "http"
}
