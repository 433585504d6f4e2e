package api

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"aau.dk/sendsikker/internal/sending"
)

// TestTheContractAndTheRoutesAreTheSame: each operation reaches a handler, and nothing else does.
func TestTheContractAndTheRoutesAreTheSame(t *testing.T) {
	t.Parallel()
	h, _ := open(t, useCase{})
	routes, ok := h.(chi.Routes)
	if !ok {
		t.Fatal("the handler does not tell its routes")
	}
	routed := map[string]bool{}
	err := chi.Walk(routes, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		routed[method+" "+route] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	operations := 0
	for path, item := range documentOf(t).Paths.Map() {
		for method := range item.Operations() {
			operations++
			if !routed[method+" "+path] {
				t.Errorf("%s %s is in the contract and leads nowhere", method, path)
			}
			delete(routed, method+" "+path)
			if method == http.MethodGet {
				delete(routed, http.MethodHead+" "+path) // RFC 9110 §9.3.2: the same without the body
			}
		}
	}
	if operations == 0 {
		t.Fatal("the contract has no operations")
	}
	for left := range routed {
		t.Errorf("%s is routed and not in the contract", left)
	}
}

func TestWhatTheContractAndTheRouterReadDifferentlyIsStillAProblem(t *testing.T) {
	t.Parallel()
	h, _ := open(t, useCase{read: func() (sending.Message, error) { return sending.Message{}, errors.New("told so") }})
	for _, target := range []string{"/v1/me/", "//v1/me", "/v1//me", "/v1/messages/a%2Fb", "/v1/messages/%2e%2e/me", "/v1/messages/..", "/V1/me", "/v1/me%00", "/%2Fv1/me", "/v1/m%65", "/v1/messages/" + strings.Repeat("a", 8000)} {
		w := ask(t, h, http.MethodGet, target, nil)
		if p := problemOf(t, w); w.Code < 400 || (p.Code != "no_such_call" && p.Code != "request_invalid" && p.Code != "internal") {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	for _, method := range []string{http.MethodHead, http.MethodOptions, http.MethodDelete, http.MethodTrace, http.MethodConnect} {
		if w := ask(t, h, method, "/v1/me", nil); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
}

// TestEveryErrorCodeHasTheContractsShape reads the sources: a code is stable, and part of the contract.
func TestEveryErrorCodeHasTheContractsShape(t *testing.T) {
	t.Parallel()
	shape := regexp.MustCompile(`^[a-z0-9_]+$`)
	codes := codesInSources(t)
	if len(codes) < 40 {
		t.Fatalf("only %d codes were found: the search has gone blind", len(codes))
	}
	for code, file := range codes {
		if !shape.MatchString(code) {
			t.Errorf("%q in %s", code, file)
		}
	}
	if pattern := documentOf(t).Components.Schemas["Problem"].Value.Properties["code"].Value.Pattern; pattern != shape.String() {
		t.Errorf("the contract says %s", pattern)
	}
}

// codesInSources collects what the program's own sources say a code is: the second argument of fault.New and malformed, the
// field Code of a literal, and constants whose name begins with Code.
func codesInSources(t *testing.T) map[string]string {
	t.Helper()
	codes := map[string]string{}
	text := func(e ast.Expr) (string, bool) {
		literal, ok := e.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return "", false
		}
		s, err := strconv.Unquote(literal.Value)
		return s, err == nil
	}
	for _, root := range []string{".", "../internal"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "sandbox") || strings.HasSuffix(path, ".gen.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				var found []ast.Expr
				switch n := n.(type) {
				case *ast.CallExpr:
					switch f := n.Fun.(type) {
					case *ast.SelectorExpr:
						if x, ok := f.X.(*ast.Ident); ok && x.Name == "fault" && f.Sel.Name == "New" && len(n.Args) == 4 {
							found = n.Args[1:2]
						}
					case *ast.Ident:
						if f.Name == "malformed" && len(n.Args) == 3 {
							found = n.Args[:1]
						}
					}
				case *ast.KeyValueExpr:
					if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Code" {
						found = []ast.Expr{n.Value}
					}
				case *ast.ValueSpec:
					for i, name := range n.Names {
						if strings.HasPrefix(name.Name, "Code") && i < len(n.Values) {
							found = append(found, n.Values[i])
						}
					}
				}
				for _, e := range found {
					if code, ok := text(e); ok {
						codes[code] = path
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return codes
}
