package auditlog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/store"
)

// line is a row as people read it.
type line struct {
	store.AuditRow
	Name       fault.Sentence
	Changes    []change
	Facts      []fact
	Recipients []audit.Recipient
	Erased     bool // the detail's time is over
}

// change is one field of what was changed; "" is that there was, or is, none.
type change struct{ Name, Before, After string }

type fact struct{ Name, Value string }

func lineOf(row store.AuditRow) line {
	l := line{AuditRow: row, Name: nameOf(row.Action), Erased: row.Detail == ""}
	text := row.Detail
	if l.Erased {
		text = row.Summary
	}
	detail := map[string]json.RawMessage{}
	if json.Unmarshal([]byte(text), &detail) != nil {
		if text != "" {
			l.Facts = []fact{{"", text}} // nothing that we wrote; it is shown as it stands
		}
		return l
	}
	if raw, has := detail["recipients"]; has && json.Unmarshal(raw, &l.Recipients) == nil {
		delete(detail, "recipients")
	}
	before, hasBefore := detail["before"]
	after, hasAfter := detail["after"]
	if hasBefore && hasAfter {
		l.Changes = changes(fieldsOf(before), fieldsOf(after))
		delete(detail, "before")
		delete(detail, "after")
	}
	for name, raw := range detail {
		if value := plain(raw); value != "" {
			l.Facts = append(l.Facts, fact{name, value})
		}
	}
	slices.SortFunc(l.Facts, func(a, b fact) int { return strings.Compare(a.Name, b.Name) })
	return l
}

// fieldsOf are the named fields of one side of a change; what is no object is one field without a name, and null is none.
func fieldsOf(raw json.RawMessage) map[string]string {
	fields := map[string]string{}
	object := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &object); err != nil {
		fields[""] = plain(raw)
		return fields
	}
	for name, value := range object {
		fields[name] = plain(value)
	}
	return fields
}

func changes(before, after map[string]string) []change {
	var list []change
	for name := range before {
		list = append(list, change{name, before[name], after[name]})
	}
	for name := range after {
		if _, both := before[name]; !both {
			list = append(list, change{name, "", after[name]})
		}
	}
	slices.SortFunc(list, func(a, b change) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Changed says whether the field is another now; one that stayed is shown quietly.
func (c change) Changed() bool { return c.Before != c.After }

// plain is a value as it is read: a text without its quotes, a list with commas, anything else as JSON.
func plain(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return strings.Join(list, ", ")
	}
	var counts map[string]int
	if json.Unmarshal(raw, &counts) == nil && len(counts) > 0 {
		for name, n := range counts {
			list = append(list, fmt.Sprintf("%s: %d", name, n))
		}
		slices.Sort(list)
		return strings.Join(list, ", ")
	}
	var short bytes.Buffer
	if json.Compact(&short, raw) != nil {
		return string(raw)
	}
	return short.String()
}
