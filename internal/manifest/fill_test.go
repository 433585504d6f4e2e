package manifest_test

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/manifest"
	"aau.dk/sendsikker/internal/sandbox/peer"
)

func TestTheFilledManifestHasNoFault(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*manifest.Options){
		"as it is":                 func(*manifest.Options) {},
		"without a place for help": func(o *manifest.Options) { o.SupportURL = "" },
		"a name that is no XML":    func(o *manifest.Options) { o.Provider = `<Æble> & "Søn" ]]> {{.Base}}` },
		"an address with a query":  func(o *manifest.Options) { o.SupportURL = "https://hjaelp.aau.example/?a=1&b=<2>" },
		"a slash at the end":       func(o *manifest.Options) { o.BaseURL += "/" },
	} {
		o := options()
		change(&o)
		text := fill(t, o)
		if err := manifest.Check([]byte(text), site(t)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(text, "{{if") || strings.Contains(text, "example//") {
			t.Errorf("%s: not all was filled in:\n%s", name, text)
		}
		if help := strings.Contains(text, "<SupportUrl"); help != (o.SupportURL != "") {
			t.Errorf("%s: SupportUrl is there: %v", name, help)
		}
	}
}

func TestWhatIsFilledInIsTextAndNeverXML(t *testing.T) {
	t.Parallel()
	const name = `</ProviderName><Permissions a="b">ReadWriteMailbox & 'more'`
	o := options()
	o.Provider = name
	decoder := xml.NewDecoder(strings.NewReader(fill(t, o)))
	var in string
	elements, found := 0, ""
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			in = token.Name.Local
			elements++
		case xml.CharData:
			if in == "ProviderName" && found == "" {
				found = string(token)
			}
		}
	}
	if plain := strings.Count(fill(t, options()), "</") + strings.Count(fill(t, options()), "/>"); found != name || elements != plain {
		t.Errorf("%d elements, want %d; the name reads %q", elements, plain, found)
	}
}

func TestEveryOptionThatCannotBeUsedIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := manifest.Fill(template(t), manifest.Options{SupportURL: "hjaelp"})
	if got := lines(err); len(got) != 6 {
		t.Errorf("%d faults:\n%v", len(got), err)
	}
	cases := []struct {
		option string
		spoil  func(*manifest.Options)
	}{
		{"base url", func(o *manifest.Options) { o.BaseURL = base + "/sikker" }},
		{"base url", func(o *manifest.Options) { o.BaseURL = "https://Sikker.AAU.example" }},
		{"base url", func(o *manifest.Options) { o.BaseURL = "https://*.aau.example" }},
		{"base url", func(o *manifest.Options) { o.BaseURL = "https://me:secret@sikker.aau.example" }},
		{"base url", func(o *manifest.Options) { o.BaseURL = "sikker.aau.example" }},
		{"client id", func(o *manifest.Options) { o.ClientID = "urn:uuid:" + client }},
		{"client id", func(o *manifest.Options) { o.ClientID = "{" + client + "}" }},
		{"authority", func(o *manifest.Options) { o.Authority = "javascript:alert(1)" }},
		{"provider", func(o *manifest.Options) { o.Provider = strings.Repeat("å", 126) }},
		{"provider", func(o *manifest.Options) { o.Provider = "to\nlinjer" }},
		{"support url", func(o *manifest.Options) { o.SupportURL = "mailto:hjaelp@aau.example" }},
		{"version", func(o *manifest.Options) { o.Version = "0.9.0.0" }},
		{"version", func(o *manifest.Options) { o.Version = "1" }},
		{"version", func(o *manifest.Options) { o.Version = "1.0.0.0.0" }},
		{"version", func(o *manifest.Options) { o.Version = "v1.0" }},
	}
	for _, c := range cases {
		o := options()
		c.spoil(&o)
		_, err := manifest.Fill(template(t), o)
		if got := lines(err); len(got) != 1 || !strings.HasPrefix(got[0], c.option+": ") {
			t.Errorf("%+v: %v, want a fault of %s", o, err, c.option)
		}
	}
}

// The id is how Outlook knows that a manifest is a new version of one it has: it must never change for an installation.
func TestTheAddInsIdFollowsItsRegistrationAlone(t *testing.T) {
	t.Parallel()
	const want = "571adc50-d15c-52f9-99ed-1c2801fb0654"
	id, err := manifest.ID(client)
	if err != nil || id != want {
		t.Errorf("%s, %v; want %s", id, err, want)
	}
	other, err := manifest.ID("add10000-0000-4000-8000-000000000002")
	if err != nil || other == id {
		t.Errorf("another registration: %s, %v", other, err)
	}
	o := options()
	o.BaseURL, o.Provider, o.Version = "https://ny.aau.example", "Andet navn", "2.1.0.0"
	if text := fill(t, o); !strings.Contains(text, "<Id>"+want+"</Id>") || !strings.Contains(text, "<Version>2.1.0.0</Version>") {
		t.Error("a new host or name makes it another add-in")
	}
}

// schema is where Microsoft's schemas are. They are not ours to ship: SENDSIKKER_TESTDATA names a folder that may have them.
func schema(t *testing.T) string {
	t.Helper()
	for _, folder := range []string{os.Getenv("SENDSIKKER_TESTDATA"), "../../../shared/data"} {
		if _, err := os.Stat(filepath.Join(folder, "manifest-xsd", "working")); err == nil && folder != "" {
			return filepath.Join(folder, "manifest-xsd")
		}
	}
	t.Skip("Microsoft's schemas are not ours to ship: set SENDSIKKER_TESTDATA to a folder that has manifest-xsd")
	return ""
}

func TestTheFilledManifestIsAsMicrosoftsSchemaHasIt(t *testing.T) {
	t.Parallel()
	folder := schema(t)
	peer.Need(t, "xmllint", "libxml2-utils")
	valid := func(text string) (string, error) {
		command := exec.CommandContext(t.Context(), "xmllint", "--nonet", "--noout", "--schema", filepath.Join(folder, "working", "OfficeAppManifestV1_1.xsd"), "-")
		command.Stdin = strings.NewReader(text)
		said, err := command.CombinedOutput()
		return string(said), err
	}
	odd := options()
	odd.Provider, odd.SupportURL, odd.Version = `<Æble> & "Søn"`, "", "1.12.345.6"
	for _, o := range []manifest.Options{options(), odd} {
		if said, err := valid(fill(t, o)); err != nil {
			t.Errorf("%v: %s", err, said)
		}
	}
	// And it looks: the same with one element in another place is refused.
	broken := strings.Replace(fill(t, options()), "<SupportsSharedFolders>true</SupportsSharedFolders>", "", 1)
	broken = strings.Replace(broken, "</DesktopFormFactor>", "<SupportsSharedFolders>true</SupportsSharedFolders></DesktopFormFactor>", 1)
	if said, err := valid(broken); err == nil || !strings.Contains(said, "SupportsSharedFolders") {
		t.Errorf("the schema takes another order: %v %s", err, said)
	}
}
