// Package audit is what the organisation can show afterwards: who sent what to whom, and how it was protected. An entry
// never holds content or a subject. Entries are only ever added, in the same transaction as what they tell of.
//
// The words for actions and actors are here; package store keeps them.
package audit
