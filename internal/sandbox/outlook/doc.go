// Package outlook is a pretend Outlook for the demo and for tests: a compose window in a web page, with the real pane of the add-in
// in a frame, the real send guard in a worker, and the recipients' mailboxes beside it.
//
//	/outlook            the page (page/, TypeScript, built into dist/)
//	/outlook/office.js  what the pane gets in the place of Microsoft's office.js
//	/outlook/world      who can be signed in, and whom one may write to
//	/outlook/token      a real token of the pretend Entra ID, for whoever asks
//	/outlook/send       ordinary Send: the mail goes out as it stands
//	/outlook/arrived    the mailboxes: the mail on the wire, and opened
//
// Package sandbox gives it the people and the mail, and app puts it in front of the service it is to try: the pane asks for the
// service at the page's own origin. Everything else is the service's, and passes through, but for the weather that the page asks
// for (a cookie): the service out of reach, or down.
//
// Anybody takes anybody's token here. So it answers loopback alone, asked for by a loopback name, and belongs in no service.
package outlook
