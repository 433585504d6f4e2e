// Package admin is the administrators' web page: it puts the pages into their frame, in the order of the navigation.
//
// How to add a page stands in package frame. Who may what is written as data in each page's Rules, and once more, by hand, in the test
// that walks every route as every role.
//
// Used by app, which gives the handler to package api. It must never decide anything itself.
package admin
