// Package spool keeps the bytes of copies that wait to be sent, in any store that gocloud.dev/blob knows: a folder by
// default. Everything in it is age-framed under the message's own key (package keeper); nothing here knows what it holds.
//
//	Create → write … → Close   the object exists, whole
//	Create → write … → Abort   nothing exists
//
// Used by sending. It never holds a byte in clear and never outlives its use: a copy that is sent is deleted.
package spool
