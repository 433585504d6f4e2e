// Package manifest is about what Outlook reads of the add-in: it fills the template in, and finds what is wrong with the outcome before
// an administrator hands it to Microsoft, where a fault shows as an add-in that is not there.
//
//	template ─▶ Fill ─▶ manifest ─▶ Check ─▶ every fault at once
//	                                  ▲
//	                          the built add-in's files
//
// Microsoft's schema says what may stand where; what it does not see is checked here: names that lead nowhere, addresses that Outlook
// refuses, pictures of another size, handlers that no bundle has, languages that say half. Used by app alone. It reads a file from outside
// and must never take what it says for more than text: no network, no entities, bounded depth and size.
package manifest
