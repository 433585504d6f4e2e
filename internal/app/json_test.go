package app

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"
)

func decode(t *testing.T, a answer, into any) {
	t.Helper()
	if a.status >= 300 {
		t.Fatalf("got %d %s", a.status, a.body)
	}
	if err := json.Unmarshal(a.body, into); err != nil {
		t.Fatal(err)
	}
}

func encode(t *testing.T, v any) io.Reader {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(text)
}
