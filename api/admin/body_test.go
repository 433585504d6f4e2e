package admin_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// meter is a body without an end that counts what is read of it.
type meter struct {
	begin io.Reader
	read  int64
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.begin.Read(p)
	if err != nil {
		n = len(p)
		for i := range p {
			p[i] = 'x'
		}
	}
	m.read += int64(n)
	return n, nil
}

// Every form, with a body that does not end, as those who may send it and as a stranger.
func TestNoFormIsReadWithoutEnd(t *testing.T) {
	t.Parallel()
	h := open(t)
	forms := 0
	for _, rule := range h.site.Rules() {
		if rule.Method != http.MethodPost {
			continue
		}
		forms++
		most := rule.Body
		if most == 0 {
			most = 64 << 10
		}
		for kind, begin := range map[string]string{
			"application/x-www-form-urlencoded": "name=", "multipart/form-data; boundary=b": "--b\r\nContent-Disposition: form-data; name=\"key\"; filename=\"k\"\r\n\r\n",
		} {
			for _, persona := range []string{anonymous, admins} {
				v := h.visit(t)
				if persona != anonymous {
					v.signIn(persona)
				}
				body := &meter{begin: strings.NewReader(begin)}
				path := strings.NewReplacer("{id}", "hr", "{copy}", "x", "{key}", "x").Replace(rule.Path)
				r := httptest.NewRequestWithContext(t.Context(), rule.Method, home+path, body)
				r.Header.Set("Content-Type", kind)
				r.Header.Set("Sec-Fetch-Site", "same-origin")
				for name, value := range v.cookies {
					r.AddCookie(&http.Cookie{Name: name, Value: value})
				}
				w := httptest.NewRecorder()
				h.site.ServeHTTP(w, r)
				if body.read > most+64<<10 || persona == anonymous && body.read != 0 {
					t.Errorf("%s as %s, %s: %d bytes are read, at most %d should be", rule.Path, persona, kind, body.read, most)
				}
			}
		}
		if most > 5<<20 {
			t.Errorf("%s takes %d bytes", rule.Path, most)
		}
	}
	if forms < 10 {
		t.Fatalf("only %d forms", forms)
	}
}
