// Package anchor is the ready-made worlds of authorities, as trust.Profile: whom Send sikker believes, and for what.
//
//	OCES3       the Danish state, production     roots in the program        policies of organisation, system and employee
//	OCES3Test   the same, test environment       an administrator's files    the published test root and no other
//	Public      providers abroad                 an administrator's files    only certificates made for mail
//	Own         an authority somebody chose      an administrator's files
//
//	profiles ─▶ Production ─▶ trust.NewJudge
//
// Only package app uses it, when it wires a judge and when an administrator has decided about an authority. A profile is a
// value: what an administrator may decide (Grace, WhenUnknown, WhenUnpublished) is changed on it before it is used. All of
// them begin strict.
//
// The danger here is a name. The test environment's root is called what the production root is called, but for one
// organisational unit, and anybody may order a certificate for any organisation there. So it must never tell the two apart
// by a common name, never put a test authority beside a production one, and never take a root of the state from anywhere but
// the program itself.
package anchor
