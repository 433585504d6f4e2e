// Package browser is the Chromium of tests: one for all tests of a package, where each has a window of its own that shares nothing
// with the others. For tests alone.
package browser
