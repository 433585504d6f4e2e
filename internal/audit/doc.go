// Package audit is what the organisation can show afterwards: who sent what to whom, and how it was protected; and who changed
// what, with how it was before and after. An entry never holds content or a subject. Entries are only ever added, in the same
// transaction as what they tell of.
//
// The words for actions and actors are here; package store keeps them; audit/chain makes proof of them and audit/ledger keeps that up.
package audit
