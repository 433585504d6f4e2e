// Package sheet answers, from live data, what a data protection authority asks about secure mail: who can send encrypted and from
// which addresses, how much went by which route, what was stopped, how long what is kept, where the keys are, and how it can be proved.
//
// Used by the administrators' page. It tells figures and settings; it never names a sender or a recipient, and never shows a key.
package sheet
