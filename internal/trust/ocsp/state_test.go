package ocsp_test

import (
	"bytes"
	"testing"
	"time"
)

func TestTheStateOfRespondersIsToldByAuthority(t *testing.T) {
	t.Parallel()
	web, c := newServer(t), &clock{}
	source := loopback(c)
	if list := source.Responders(); len(list) != 0 {
		t.Fatalf("before anybody was asked: %+v", list)
	}
	var der []byte
	good := naming(t, foreign(), web.at("/good", func([]byte) []byte { return der }))
	der = about(good, foreign(), nil)
	check(source, good, foreign())
	bad := naming(t, foreign(), web.URL+"/away")
	check(source, bad, foreign())
	check(source, naming(t, danish(), web.URL+"/away"), danish())
	list := source.Responders()
	if len(list) != 2 {
		t.Fatalf("%d authorities, want 2: %+v", len(list), list)
	}
	at := 0
	if !bytes.Equal(list[0].RawIssuer, foreign().Issuing().Certificate.RawSubject) {
		at = 1
	}
	if h := list[at]; h.Answers != 1 || h.Failed != 1 || h.Err == "" || !h.AskedAt.Equal(start) || !h.NextUpdate.After(start) {
		t.Errorf("an answer and a failure: %+v", h)
	}
	if h := list[1-at]; h.Answers != 0 || h.Failed != 1 || !h.NextUpdate.IsZero() {
		t.Errorf("a failure alone: %+v", h)
	}
	c.forward(400 * 24 * time.Hour)
	if h := source.Responders()[at]; h.Answers != 0 || !h.NextUpdate.IsZero() {
		t.Errorf("after its time: %+v", h)
	}
}
