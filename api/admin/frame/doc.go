// Package frame is what every page of the administrators stands in: the way in and out, who may what, the layout, errors.
//
//	request ─▶ header fields ─▶ session ─▶ from our own page? ─▶ rule ─▶ may this visitor? ─▶ handler ─▶ Answer ─▶ page
//
// To add a page, make a package beside this one, api/admin/NAME, with
//
//	name.go     func Page(d Deps) frame.Page: its place in the navigation, its views, and its rows of the table of who may what (Rules)
//	list.html   {{define "content"}}…{{end}}, one file a view; names are unique among all pages
//	name_test.go
//
// and add Page to admin.New, its rules to the written table in api/admin/table_test.go, and the package to imports_test.go. A request
// that no Rule allows reaches no handler. In a handler:
//
//	v.Scope()       goes into every query of the store: local administrators see their own mailboxes and no others
//	v.Manages(id)   before every change of what belongs to a mailbox; what is not theirs does not exist (fault.NotFound)
//	v.Actor()       goes into the audit entry of every change, which has before and after in its detail
//	frame.Show      answers with a view; in it $ is Shown, $.Say "dansk" "English" a text, .Data the handler's
//	frame.Go        answers a form that changed something, with Tell to say what was done
//	an error        is a fault.Fault, and is written and logged here
//
// Forms need no token against other sites: who does not come from our own page is refused before the handler. There is no script and
// no inline style, and the policy lets none run; what the sheet has is said in style.css.
//
// Used by api/admin and its pages. It must never show content of a mail, put an address into a URL that is logged, or decide by
// anything that a visitor can change about themselves.
package frame
