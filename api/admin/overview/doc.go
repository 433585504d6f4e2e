// Package overview is the administrators' first page: is everything well, and if not, where to look. Every figure leads to its list.
//
// Used by api/admin. It asks the database for counts alone, within what the visitor may see, and nobody over the network but the parts
// that /readyz asks too: a page that waits for a directory that is down would not be the one to look at then.
package overview
