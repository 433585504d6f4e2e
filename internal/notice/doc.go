// Package notice writes receipts (kvitteringer) and error reports (fejlrapporter): facts in, a subject and a page of HTML out.
//
// A receipt says that everything went out, and how. An error report says first and plainly what did not, or what nobody
// knows, and what to do; then what did go out. The words come first, for a person who has never heard of certificates;
// the technical facts stand below in small type. Danish stands first with English below, or the other way round.
//
// Package sending collects the facts and puts the page in the function mailbox. Nothing here does I/O, and nothing of the
// sender's or a certificate's text may become markup.
package notice
