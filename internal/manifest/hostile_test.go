package manifest_test

import (
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/manifest"
)

func TestAHostileFileIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	whole := fill(t, options())
	_, rest, _ := strings.Cut(whole, "?>")
	many := strings.Repeat(`<Control id="a"/><Icon><bt:Image size="x" resid="`+strings.Repeat("y", 40)+`"/></Icon>`+"\n", 2500)
	cases := map[string]struct{ text, says string }{
		"nothing":                      {"", "not XML"},
		"no XML":                       {"<OfficeApp", "not XML"},
		"an end that is missing":       {strings.TrimSuffix(strings.TrimSpace(whole), "</OfficeApp>"), "not XML"},
		"something else":               {"<html/>", "not of an Outlook add-in"},
		"an add-in of Excel":           {`<OfficeApp xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="TaskPaneApp"/>`, "not of an Outlook add-in"},
		"two documents":                {whole + rest, "second document"},
		"entities":                     {`<!DOCTYPE x [<!ENTITY a "&b;&b;"><!ENTITY b "lol">]>` + rest, "no document type"},
		"a file of this machine":       {`<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>` + rest, "no document type"},
		"an entity without its type":   {strings.Replace(whole, "Universitetet", "&a;", 1), "not XML"},
		"another encoding":             {strings.Replace(whole, "UTF-8", "UTF-7", 1), "not XML"},
		"bytes that are no UTF-8":      {strings.Replace(whole, "Universitetet", "Universitet\xe6t", 1), "not XML"},
		"an attribute twice":           {strings.Replace(whole, `<Host Name="Mailbox"/>`, `<Host Name="Mailbox" Name="Document"/>`, 1), "twice"},
		"more than Outlook takes":      {whole + strings.Repeat(" ", 256<<10), "larger than the 256 KB"},
		"a thousand inside each other": {strings.Repeat("<OfficeApp>", 1000), "inside each other"},
		"thousands of faults":          {strings.Replace(whole, "<Group ", many+"<Group ", 1), "and more"},
	}
	for name, c := range cases {
		start := time.Now()
		err := manifest.Check([]byte(c.text), site(t))
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %q", name, err, c.says)
		}
		if n := len(lines(err)); n > 101 {
			t.Errorf("%s: %d lines", name, n)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

// FuzzCheck: whatever it is given, it ends, says no more than fits a screen or two, and says the same again.
func FuzzCheck(f *testing.F) {
	text, err := manifest.Fill(template(f), options())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add(`<OfficeApp xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="MailApp"><VersionOverrides><VersionOverrides/></VersionOverrides></OfficeApp>`)
	f.Add(`<OfficeApp type="MailApp"><VersionOverrides><Hosts><Runtime resid="a"><Override type="javascript" resid="a"/></Runtime></Hosts><Resources><Url id="a" DefaultValue="` + base + `/addin/guard.js"/></Resources></VersionOverrides></OfficeApp>`)
	files := site(f)
	f.Fuzz(func(t *testing.T, text string) {
		err := manifest.Check([]byte(text), files)
		if err == nil && !strings.Contains(text, "OfficeApp") {
			t.Error("what is no manifest has no fault")
		}
		told := lines(err)
		for _, line := range told {
			if len(line) > 4000 {
				t.Errorf("a line of %d bytes", len(line))
			}
		}
		if again := lines(manifest.Check([]byte(text), files)); len(told) > 101 || strings.Join(again, "\n") != strings.Join(told, "\n") {
			t.Errorf("%d lines, then %d others", len(told), len(again))
		}
	})
}
