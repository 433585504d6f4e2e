package partners

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

// BenchmarkThePageOf200 is what one visitor costs: all mailboxes of a large university, and one of them.
func BenchmarkThePageOf200(b *testing.B) {
	d := &database{}
	for i := range 200 {
		m := mailboxes()[0]
		m.Address, m.Name = fmt.Sprintf("sikkermail@enhed%d.aau.example", i), fmt.Sprintf("Enhed %d, sikker mail", i)
		d.list = append(d.list, m)
	}
	p := &pages{organisation: "Universitetet Eksempel", now: at, shelf: newShelf(d, at, nil), speech: newSpeech(), templates: readTemplates()}
	for name, target := range map[string]string{"all": "/certificates?lang=en", "one found": "/certificates?lang=en&q=enhed117", "a certificate": "/certificates/sikkermail@enhed117.aau.example.cer"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var size int
			for b.Loop() {
				w := httptest.NewRecorder()
				p.serve(w, httptest.NewRequest(http.MethodGet, target, nil))
				if w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
				size = w.Body.Len()
			}
			b.ReportMetric(float64(size), "B/answer")
		})
	}
}
