package manifest_test

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"aau.dk/sendsikker/internal/manifest"
)

const (
	base   = "https://sikker.aau.example"
	client = "add10000-0000-4000-8000-000000000001"
)

func options() manifest.Options {
	return manifest.Options{
		BaseURL: base, ClientID: client, Authority: "https://login.microsoftonline.com", Provider: "Universitetet Eksempel",
		SupportURL: "https://hjaelp.aau.example/sikker", Version: manifest.FirstVersion,
	}
}

func template(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("../../manifest.xml")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func fill(t *testing.T, o manifest.Options) string {
	t.Helper()
	text, err := manifest.Fill(template(t), o)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func picture(t testing.TB, size int) *fstest.MapFile {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, size, size))); err != nil {
		t.Fatal(err)
	}
	return &fstest.MapFile{Data: b.Bytes()}
}

// site is an add-in of which everything is there.
func site(t testing.TB) manifest.Site {
	t.Helper()
	files := fstest.MapFS{
		"pane.html":  {Data: []byte(`<!doctype html><script src="{{office}}"></script><script type="module" src="pane.js"></script>`)},
		"guard.html": {Data: []byte(`<!doctype html><script src="{{office}}"></script><script src="guard.js"></script>`)},
		"guard.js":   {Data: []byte(`(()=>{var o=Office.actions;o.associate("onMessageSendHandler",function(e){e.completed({allowEvent:!1,commandId:"SendSikkerPaneButton"})})})();`)},
	}
	for _, size := range []int{16, 20, 24, 32, 40, 48, 64, 80, 128} {
		files["icons/icon-"+strconv.Itoa(size)+".png"] = picture(t, size)
	}
	return manifest.Site{Root: base + "/addin/", Files: files}
}

func lines(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}
