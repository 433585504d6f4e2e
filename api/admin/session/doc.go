// Package session keeps people signed in to the administrators' page: scs over our database.
//
// What the browser holds is random and opaque; the database has its SHA-256, so that whoever reads the table is not signed in. A
// session ends after Idle without a request, after Lifetime whatever happens, and when somebody signs out, here or everywhere.
//
// Used by api/admin/frame alone. It must never hold a token of Entra's: the page needs none after the sign-in.
package session
