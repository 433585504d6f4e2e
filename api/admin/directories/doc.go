// Package directories is the page on which those who run the service see whom it asks for recipients' certificates and whom it
// believes: the directories and DNS with what they answered last, the trust profiles with their authorities, and the state of
// revocation lists and responders. An administrator may ask one source, and see what it says.
//
// Used by api/admin. Opening the page asks nobody anything: only the form does, one question at a time. What a directory or a
// certificate says was written by a stranger; it is shown as text, shortened, and believed in nothing.
package directories
