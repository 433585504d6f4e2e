package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "aau.dk/sendsikker"

// mayImport is the map of the house: each package, and which of ours it may use. It is read from the source files in this
// process, and not by asking `go list`: a test that asks a child process is served from the cache after a rule is broken.
var mayImport = map[string][]string{
	"":                              {"internal/app"},
	"internal/app":                  {"*"}, // the one who knows everybody
	"api":                           {"api/contract", "api/limit", "internal/audit", "internal/audit/ledger", "internal/certs", "internal/certs/shelf", "internal/draft", "internal/entra", "internal/fault", "internal/mailbox", "internal/sending", "internal/smime", "internal/store", "internal/trust"},
	"api/addin":                     {},
	"api/admin/auditlog":            {"api/admin/frame", "internal/audit", "internal/audit/ledger", "internal/fault", "internal/mailbox", "internal/store"},
	"api/admin/sheet":               {"api/admin/frame", "internal/fault", "internal/sheet"},
	"api/admin":                     {"api/admin/auditlog", "api/admin/directories", "api/admin/frame", "api/admin/grants", "api/admin/mailboxes", "api/admin/messages", "api/admin/overview", "api/admin/recipients", "api/admin/sheet", "internal/audit", "internal/mailbox", "internal/sheet"},
	"api/admin/directories":         {"api/admin/frame", "internal/audit", "internal/certs", "internal/certs/shelf", "internal/fault", "internal/smime", "internal/trust", "internal/trust/anchor", "internal/trust/crl", "internal/trust/ocsp"},
	"api/admin/grants":              {"api/admin/frame", "internal/audit", "internal/fault", "internal/mailbox", "internal/store"},
	"api/admin/mailboxes":           {"api/admin/frame", "internal/audit", "internal/fault", "internal/keyfile", "internal/mailbox", "internal/store"},
	"api/admin/messages":            {"api/admin/frame", "internal/fault", "internal/mailbox", "internal/sending", "internal/store"},
	"api/admin/frame":               {"api/admin/session", "internal/audit", "internal/entra", "internal/fault", "internal/store"},
	"api/admin/overview":            {"api/admin/frame", "internal/fault", "internal/store"},
	"api/admin/recipients":          {"api/admin/frame", "internal/audit", "internal/certs/shelf", "internal/fault", "internal/smime", "internal/store", "internal/trust"},
	"api/admin/session":             {"internal/store"},
	"api/contract":                  {},
	"api/limit":                     {"internal/entra", "internal/fault"},
	"api/partners":                  {"internal/bundle", "internal/mailbox"},
	"internal/audit":                {},
	"internal/backup":               {},
	"internal/audit/chain":          {},
	"internal/audit/ledger":         {"internal/audit", "internal/audit/chain", "internal/keeper", "internal/store"},
	"internal/bundle":               {"internal/cms"},
	"internal/certs":                {"internal/fault", "internal/trust"},
	"internal/certs/directory":      {"internal/certs", "internal/cms", "internal/fault"},
	"internal/certs/shelf":          {"internal/audit", "internal/bundle", "internal/certs", "internal/fault", "internal/store", "internal/trust"},
	"internal/certs/smimea":         {"internal/certs", "internal/fault"},
	"internal/cms":                  {"internal/cms/aead", "internal/cms/ber", "internal/cms/keywrap"},
	"internal/cms/aead":             {},
	"internal/cms/ber":              {},
	"internal/cms/keywrap":          {},
	"internal/cms/wycheproof":       {},
	"internal/config":               {},
	"internal/cpr":                  {},
	"internal/device":               {"internal/cms", "internal/fault"},
	"internal/device/keyvault":      {"internal/device"},
	"internal/device/token":         {"internal/device", "internal/fault"},
	"internal/doctor":               {"internal/manifest"},
	"internal/draft":                {"internal/fault"},
	"internal/entra":                {"internal/fault"},
	"internal/fault":                {},
	"internal/gate":                 {},
	"internal/graph":                {"internal/fault", "internal/gate"},
	"internal/hold":                 {},
	"internal/keeper":               {},
	"internal/keyfile":              {"internal/cms/ber", "internal/fault"},
	"internal/lookalike":            {},
	"internal/manifest":             {},
	"internal/mailbox":              {"internal/audit", "internal/cms", "internal/device", "internal/fault", "internal/keeper", "internal/keyfile", "internal/store", "internal/trust"},
	"internal/notice":               {"internal/fault"},
	"internal/proof":                {"internal/fault"},
	"internal/route":                {"internal/fault"},
	"internal/sandbox":              {"internal/sandbox/ca", "internal/sandbox/directory", "internal/sandbox/entraid", "internal/sandbox/exchange", "internal/sandbox/outlook", "internal/smime"},
	"internal/sandbox/browser":      {"internal/sandbox/peer"},
	"internal/sandbox/ca":           {},
	"internal/sandbox/directory":    {},
	"internal/sandbox/entraid":      {},
	"internal/sandbox/peer":         {},
	"internal/sandbox/exchange":     {},
	"internal/sandbox/outlook":      {},
	"internal/sandbox/vault":        {},
	"internal/sending":              {"internal/audit", "internal/certs", "internal/draft", "internal/fault", "internal/keeper", "internal/lookalike", "internal/mailbox", "internal/notice", "internal/route", "internal/smime", "internal/smime/header", "internal/spool", "internal/store"},
	"internal/setup":                {},
	"internal/sheet":                {"internal/audit/ledger", "internal/device", "internal/store"},
	"internal/smime":                {"internal/cms", "internal/fault", "internal/smime/entity", "internal/smime/header", "internal/smime/header/display"},
	"internal/smime/entity":         {},
	"internal/smime/header":         {"internal/smime/header/display"},
	"internal/smime/header/display": {},
	"internal/spool":                {"internal/keeper"},
	"internal/submission":           {"internal/fault", "internal/gate"},
	"internal/store":                {"internal/audit", "internal/audit/chain", "internal/fault"},
	"internal/trust":                {"internal/fault"},
	"internal/trust/aia":            {"internal/bundle", "internal/trust/fetch"},
	"internal/trust/anchor":         {"internal/trust"},
	"internal/trust/crl":            {"internal/trust", "internal/trust/crl/point", "internal/trust/crl/archive", "internal/trust/fetch"},
	"internal/trust/crl/point":      {},
	"internal/trust/crl/archive":    {},
	"internal/trust/fetch":          {},
	"internal/trust/ocsp":           {"internal/trust", "internal/trust/fetch"},
}

// onlyFor are libraries that one package alone may use.
var onlyFor = map[string]string{
	"github.com/microsoftgraph/":      "internal/graph",
	"github.com/microsoft/":           "internal/graph",
	"github.com/coreos/go-oidc":       "internal/entra",
	"golang.org/x/oauth2":             "internal/entra",
	"github.com/go-jose/go-jose":      "internal/entra",
	"github.com/alexedwards/scs":      "api/admin/session api/admin/frame",
	"github.com/riverqueue/":          "internal/store",
	"golang.org/x/time":               "api/limit",
	"github.com/hashicorp/golang-lru": "api/limit",
	"filippo.io/age":                  "internal/keeper internal/hold",
	"github.com/alecthomas/kong":      "internal/app internal/config",
	"github.com/go-ldap/ldap":         "internal/certs/directory internal/sandbox/directory",
	"github.com/miekg/dns":            "internal/certs/smimea",
	"github.com/jackc/pgx":            "internal/store",
	"github.com/emersion/go-smtp":     "internal/submission internal/sandbox/exchange",
	"gocloud.dev/blob":                "internal/spool",
	"gocloud.dev/secrets":             "internal/keeper",
	"github.com/jimlambrt/gldap":      "internal/sandbox/directory",
	"go.mozilla.org/pkcs7":            "internal/bundle",
	"github.com/chromedp/":            "internal/sandbox/browser",
	"github.com/miekg/pkcs11":         "internal/device/token",

	module + "/internal/cms/wycheproof":  "tests",
	module + "/internal/sandbox/browser": "tests",
	module + "/internal/sandbox/peer":    "tests internal/sandbox/browser",
}

func TestTheHouseIsAsTheMapSays(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); path != "." && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			folder := filepath.ToSlash(filepath.Dir(path))
			if folder == "." {
				folder = ""
			}
			seen[folder] = true
			check(t, folder, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for folder := range mayImport {
		if !seen[folder] {
			t.Errorf("%q is on the map and does not exist", folder)
		}
	}
}

func check(t *testing.T, folder, path string) {
	t.Helper()
	allowed, known := mayImport[folder]
	if !known {
		t.Errorf("%s: package %q is not on the map", path, folder)
		return
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range file.Imports {
		imported := strings.Trim(spec.Path.Value, `"`)
		if imported == "testing" {
			t.Errorf("%s uses package testing outside a test", path)
		}
		for library, owners := range onlyFor {
			if strings.HasPrefix(imported, library) && !slices.Contains(strings.Fields(owners), folder) {
				t.Errorf("%s uses %s, which is for %s alone", path, imported, owners)
			}
		}
		ours, is := strings.CutPrefix(imported, module+"/")
		if is && !slices.Contains(allowed, ours) && !slices.Contains(allowed, "*") {
			t.Errorf("%s: %q may not use %q", path, folder, ours)
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	t.Parallel()
	for folder := range mayImport {
		if folder == "" {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(folder, "doc.go"), nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Errorf("%s has no doc.go: %v", folder, err)
			continue
		}
		if file.Doc == nil || !strings.HasPrefix(file.Doc.Text(), "Package "+file.Name.Name+" ") {
			t.Errorf("%s/doc.go does not begin with what the package is", folder)
		}
	}
}
