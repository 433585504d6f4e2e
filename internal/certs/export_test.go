package certs

// Usefulness is for the exhaustive test.
var Usefulness = usefulness
