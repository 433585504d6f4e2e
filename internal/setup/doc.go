// Package setup writes what an administrator reads and runs to make a tenant ready: PowerShell for Entra and for Exchange Online, a test of
// both, and the service's settings.
//
//	Plan ─▶ Check ─▶ 1-entra.ps1 · 2-exchange.ps1 · 3-test.ps1 · sendsikker.yaml · READ-ME-FIRST.txt
//
// It runs nothing and asks nobody. Package app is its user. Every value from outside is checked, and then quoted as what its language takes
// for text and nothing else: the scripts are plain ASCII, so that no program reads them in another encoding and finds a quote there.
package setup
