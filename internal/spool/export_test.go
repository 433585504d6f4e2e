package spool

var Failed = failed
