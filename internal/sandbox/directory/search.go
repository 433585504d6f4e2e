package directory

import (
	"slices"
	"strconv"

	"github.com/go-ldap/ldap/v3"
	"github.com/jimlambrt/gldap"
)

// maxFound is how many entries one search gives, OpenLDAP's own limit where none is set (slapd.conf(5), sizelimit).
const maxFound = 500

// search answers with what was found, a page of it where pages are asked for, and how it went.
func (s *Server) search(w *gldap.ResponseWriter, r *gldap.Request) {
	code, answers := s.endure()
	if !answers {
		return
	}
	message, err := r.GetSearchMessage()
	if err != nil {
		code = gldap.ResultProtocolError
	}
	var found []record
	var next *gldap.ControlPaging
	if code == gldap.ResultSuccess {
		found, next, code = s.find(message)
	}
	for _, one := range found {
		entry := r.NewSearchResponseEntry(one.name)
		for _, a := range one.attributes {
			if len(a.values) == 0 || !a.asked(message.Attributes) {
				continue
			}
			values := a.values
			if message.TypesOnly {
				values = nil
			}
			entry.AddAttribute(a.name, values)
		}
		if w.Write(entry) != nil {
			return // the client is gone
		}
	}
	done := r.NewSearchDoneResponse(gldap.WithResponseCode(code))
	if next != nil {
		done.SetControls(next)
	}
	_ = w.Write(done)
}

// find gives the records, and where there are pages, the control that says how to get the next.
func (s *Server) find(m *gldap.SearchMessage) ([]record, *gldap.ControlPaging, int) {
	var pages *gldap.ControlPaging
	for _, control := range m.Controls {
		if asked, is := control.(*gldap.ControlPaging); is {
			pages = asked
		} else if other, is := control.(*gldap.ControlString); is && other.Criticality {
			return nil, nil, gldap.ResultUnavailableCriticalExtension // RFC 4511 section 4.1.11
		}
	}
	found, code := s.match(m)
	if code != gldap.ResultSuccess {
		return nil, nil, code
	}
	limit := maxFound
	if m.SizeLimit > 0 && m.SizeLimit < maxFound {
		limit = int(m.SizeLimit)
	}
	if len(found) > limit {
		// RFC 4511 section 4.5.1.4: those up to the limit are given, and the code says that there are more.
		found, code = found[:limit], gldap.ResultSizeLimitExceeded
	}
	if pages == nil {
		return found, nil, code
	}
	return page(found, pages, code)
}

// page cuts one page out (RFC 2696 section 3). The cookie is where the next begins; empty is that there is none. How the whole
// search went is said with the last page.
func page(found []record, asked *gldap.ControlPaging, code int) ([]record, *gldap.ControlPaging, int) {
	start := 0
	if len(asked.Cookie) > 0 {
		var err error
		if start, err = strconv.Atoi(string(asked.Cookie)); err != nil || start < 0 || start > len(found) {
			return nil, nil, gldap.ResultUnwillingToPerform
		}
	}
	size := min(int(asked.PagingSize), len(found)-start)
	next := &gldap.ControlPaging{}
	if end := start + size; size > 0 && end < len(found) { // a page of none is how a client gives up
		next.SetCookie([]byte(strconv.Itoa(end)))
		code = gldap.ResultSuccess
	}
	return found[start : start+size], next, code
}

// match looks through all records: there are a handful.
func (s *Server) match(m *gldap.SearchMessage) ([]record, int) {
	top, err := ldap.ParseDN(m.BaseDN)
	if err != nil {
		return nil, gldap.ResultInvalidDNSyntax
	}
	filter, err := ldap.CompileFilter(m.Filter)
	if err != nil {
		return nil, gldap.ResultUnwillingToPerform
	}
	if !slices.ContainsFunc(s.records, func(r record) bool { return r.dn.EqualFold(top) }) {
		return nil, gldap.ResultNoSuchObject
	}
	var found []record
	for _, r := range s.records {
		matched, err := r.matches(filter)
		if err != nil {
			return nil, gldap.ResultUnwillingToPerform
		}
		if matched && r.within(top, int(m.Scope)) {
			found = append(found, r)
		}
	}
	return found, gldap.ResultSuccess
}
