// Package spool keeps the bytes of copies that wait to be sent: in a folder, in S3 or what speaks like it, or in Azure Blob
// Storage. Everything in it is age-framed under the message's own key (package keeper); nothing here knows what it holds.
//
//	Create → write … → Close   the object exists, whole and safe from a power cut
//	Create → write … → Abort   nothing exists; nor where the process, the disk or the store dies on the way
//	List → Delete              what a process that died has left: temporary files of a folder, copies nobody accepted
//
// Used by sending and app. It never holds a byte in clear, never writes over an object, and never outlives its use: a copy that
// is sent is deleted. Its errors hold no URL (a token may be in one) and none of a store's own words.
//
// What a store needs: S3 the rights GetObject, PutObject, DeleteObject, AbortMultipartUpload and ListBucket (without the last,
// what is missing looks forbidden), conditional writes (If-None-Match), and a lifecycle rule that ends multipart uploads after a
// day (AbortIncompleteMultipartUpload): a process that is killed cannot, and no list of objects shows them. Azure needs the role
// Storage Blob Data Contributor, and ends blocks that nobody commits by itself after a week. Neither may keep versions or deleted
// objects: what was sent is to be gone, and so are the probes of Ready.
package spool
