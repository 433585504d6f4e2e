// Package ber reads the Basic Encoding Rules (X.690) as they stream in: the encoding of every S/MIME message from a stranger.
//
//	bytes ─▶ Reader ─┬─▶ Next, Enter, Leave, Skip   one element at a time, without recursion
//	                 ├─▶ Element                    a small one whole, in DER
//	                 └─▶ Octets                     a large OCTET STRING as a stream
//
// Package cms is its user. It must never read further than it is asked to, never hold more than the limit it is given, and
// never take longer than in proportion to what it reads.
package ber
