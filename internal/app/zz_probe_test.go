package app
import ("testing";"bytes";"net/http")
func TestZZProbe(t *testing.T) {
	t.Parallel()
	for _, disp := range []string{`filename="M\xc3\xb8de 3/12.pdf"`, `filename="a%22b.pdf"`, `filename="a\"b.pdf"`, `filename="C:\\mappe\\b.pdf"`,`filename="C:\mappe\b.pdf"`, `filename="=?utf-8?Q?=C3=A6.pdf?="`, `filename="x.pdf"; filename*=utf-8''%C3%A6.pdf`} {
		disp = string(bytes.ReplaceAll([]byte(disp), []byte(`\xc3\xb8`), []byte("ø")))
		body := "--B\r\nContent-Disposition: form-data; name=\"draft\"\r\n\r\n{\"mailbox\":\"sikkermail@its.aau.example\",\"to\":[{\"address\":\"anna@aau.example\"}],\"subject\":\"x\",\"body\":{\"text\":\"x\"}}\r\n--B\r\nContent-Disposition: form-data; name=\"file\"; "+disp+"\r\nContent-Type: application/pdf\r\n\r\nx\r\n--B--\r\n"
		a := call(t, http.MethodPost, "/v1/messages", token(t, "anna"), "multipart/form-data; boundary=B", bytes.NewReader([]byte(body)))
		if a.status != 202 { t.Log(disp, a.status, string(a.body)); continue }
		m := ended(t, a.message(t).Id.String())
		raw := waitFor(t, "anna@aau.example", m.MessageId)
		for _, l := range leaves(t, raw) { if !l.isText() {t.Logf("%s -> %q", disp, l.name)} }
	}
}
