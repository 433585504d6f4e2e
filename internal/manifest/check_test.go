package manifest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"aau.dk/sendsikker/internal/manifest"
)

// Each case spoils one thing of a manifest without a fault, and must be told of that one thing.
func TestOneFaultAtATime(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("æ", 300)
	cases := []struct{ name, old, new, says string }{
		{"a name that leads nowhere", `Label resid="Group.Label"`, `Label resid="Pane.Label"`, `nothing uses the resource "Group.Label"`},
		{"a name with another spelling", `Description resid="Pane.Tip"`, `Description resid="Pane.tip"`, `names "Pane.tip", and there is no such resource`},
		{"one id for two", `bt:String id="Group.Label"`, `bt:String id="Pane.Label"`, `a second resource with the id "Pane.Label"`},
		{"a picture for a text", `Title resid="Pane.Label"`, `Title resid="Icon.16"`, `names "Icon.16", which is no String`},
		{"a long id", `"Pane.Tip"`, `"Pane.Tip.That.Is.Longer.Than.Thirty-Two"`, "a resource's id must be of 1 to 32 characters"},
		{"http", base + "/addin/guard.js", strings.Replace(base, "https", "http", 1) + "/addin/guard.js", "must be https"},
		{"no address", `Url DefaultValue="https://hjaelp.aau.example/sikker"`, `Url DefaultValue="hjaelp"`, "is not an address"},
		{"an endless address", "hjaelp.aau.example/sikker", "hjaelp.aau.example/" + strings.Repeat("a", 2048), "at most 2048 characters"},
		{"a slash after a domain", "microsoftonline.com</AppDomain>", "microsoftonline.com/</AppDomain>", "AppDomain"},
		{"a path after a domain", "microsoftonline.com</AppDomain>", "microsoftonline.com/common</AppDomain>", "AppDomain"},
		{"a star in a domain", "https://login.microsoftonline.com</AppDomain>", "https://*.microsoftonline.com</AppDomain>", "AppDomain"},
		{"a domain over http", "https://login.microsoftonline.com</AppDomain>", "http://login.microsoftonline.com</AppDomain>", "AppDomain"},
		{"a domain twice", "https://login.microsoftonline.com</AppDomain>", base + "</AppDomain>", "stands there twice"},
		{"an early version", "<Version>1.0.0.0", "<Version>0.9.0.0", "Version"},
		{"no id", "<Id>", "<Id>x", "Id must be a GUID"},
		{"no name", `<ProviderName>Universitetet Eksempel</ProviderName>`, ``, "ProviderName"},
		{"two guards", `<LaunchEvents>`, `<LaunchEvents><LaunchEvent Type="OnMessageSend" FunctionName="onMessageSendHandler"/>`, "a second OnMessageSend"},
		{"an invented mode", "SoftBlock", "HardBlock", "SendMode"},
		{"events from another page", `<SourceLocation resid="Guard.Page"/>`, `<SourceLocation resid="Pane.Page"/>`, "they must be one"},
		{"no script for classic Outlook", `<Override type="javascript" resid="Guard.Script"/>`, ``, "needs one Override of type javascript"},
		{"no runtime", `<Runtime resid="Guard.Page"><Override type="javascript" resid="Guard.Script"/></Runtime>`, ``, "there are 0 Runtimes"},
		{"two runtimes", `<Runtimes>`, `<Runtimes><Runtime resid="Guard.Page"/>`, "there are 2 Runtimes"},
		{"a handler that nobody has", `FunctionName="onMessageSendHandler"`, `FunctionName="onSend"`, `associated with "onSend"`},
		{"two buttons of one id", `<Control xsi:type="Button" id="SendSikkerPaneButton">`, `<Control id="SendSikkerPaneButton"/><Control id="SendSikkerPaneButton">`, "a second Control"},
		{"a button by another name than the guard's", `id="SendSikkerPaneButton"`, `id="Pane"`, `opens the button "SendSikkerPaneButton"`},
		{"a missing size", `<bt:Image size="80" resid="Icon.80"/>`, ``, "a picture of 80 pixels is missing"},
		{"a size twice", `size="24"`, `size="20"`, "a second picture of 20 pixels"},
		{"a picture in the place of another", `Image id="Icon.32" DefaultValue="` + base + `/addin/icons/icon-32`, `Image id="Icon.32" DefaultValue="` + base + `/addin/icons/icon-40`, "is 40×40 pixels and must be 32×32"},
		{"the small picture for the large", "icon-128.png", "icon-64.png", "is 64×64 pixels and must be 128×128"},
		{"a picture of another's", base + "/addin/icons/icon-128.png", "https://cdn.example/icon-128.png", "does not lie below"},
		{"a picture outside the folder", "/addin/icons/icon-128.png", "/addin/../icon-128.png", "does not lie below"},
		{"no pane", "/addin/pane.html", "/addin/panel.html", "there is no file"},
		{"a text in one language", `<bt:String id="Group.Label" DefaultValue="Send securely"><bt:Override Locale="da-DK" Value="Send sikker"/>`, `<bt:String id="Group.Label" DefaultValue="Send securely">`, "is not said in da-DK"},
		{"a name in one language", `<Override Locale="da-DK" Value="Send sikker"/></DisplayName>`, `</DisplayName>`, "DisplayName is not said in da-DK"},
		{"a third language, once", `<DisplayName DefaultValue="Send sikker">`, `<DisplayName DefaultValue="Send sikker"><Override Locale="de-DE" Value="Sicher senden"/>`, "is not said in de-DE"},
		{"a bare language", `<DisplayName DefaultValue="Send sikker">`, `<DisplayName DefaultValue="Send sikker"><Override Locale="da" Value="Send sikker"/>`, "must be language and country"},
		{"a language twice", `<DisplayName DefaultValue="Send sikker">`, `<DisplayName DefaultValue="Send sikker"><Override Locale="da-DK" Value="Send sikker"/>`, "stands there twice"},
		{"the default once more", `<DisplayName DefaultValue="Send sikker">`, `<DisplayName DefaultValue="Send sikker"><Override Locale="en-US" Value="Send sikker"/>`, "is the default language"},
		{"no Danish at all", `da-DK`, `sv-SE`, "da-DK is missing"},
		{"a long label", `id="Pane.Label" DefaultValue="Send securely"`, `id="Pane.Label" DefaultValue="` + long[:252] + `"`, "1 to 125 characters"},
		{"a long tip in Danish", `Se hvordan`, long, "in da-DK must be one line of 1 to 250 characters"},
		{"nothing for a text", `id="Pane.Label" DefaultValue="Send securely"`, `id="Pane.Label" DefaultValue=""`, "1 to 125 characters"},
		{"a function and no file of them", `</Control>`, `</Control><Control id="Other"><Action xsi:type="ExecuteFunction"><FunctionName>x</FunctionName></Action></Control>`, "there is no FunctionFile"},
		{"a function that nobody has", `<ExtensionPoint xsi:type="MessageComposeCommandSurface">`, `<FunctionFile resid="Guard.Page"/><Action xsi:type="ExecuteFunction"><FunctionName>x</FunctionName></Action><ExtensionPoint xsi:type="MessageComposeCommandSurface">`, `associated with "x"`},
	}
	whole := fill(t, options())
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := strings.ReplaceAll(whole, c.old, c.new)
			if text == whole {
				t.Fatalf("%q does not stand in the manifest", c.old)
			}
			err := manifest.Check([]byte(text), site(t))
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("got %v, want %q", err, c.says)
			}
			for _, line := range lines(err) {
				if !strings.HasPrefix(line, "line ") || len(line) > 400 {
					t.Errorf("%q does not say where, or says too much", line)
				}
			}
		})
	}
	if len(cases) < 40 {
		t.Fatal("cases were lost")
	}
}

func TestTheFilesAreHeldAgainstTheManifest(t *testing.T) {
	t.Parallel()
	text := []byte(fill(t, options()))
	cases := []struct {
		name, file, says string
		content          []byte
	}{
		{"no guard", "guard.js", "there is no file", nil},
		{"no page of the guard", "guard.html", "there is no file", nil},
		{"no pane", "pane.html", "there is no file", nil},
		{"no picture", "icons/icon-20.png", "there is no file", nil},
		{"a picture of nothing", "icons/icon-20.png", "is not a PNG", []byte("GIF89a")},
		{"a picture of another size", "icons/icon-20.png", "is 21×21 pixels", picture(t, 21).Data},
		{"a page without the guard", "guard.html", "guard.html\": nothing there is associated", []byte("<!doctype html><p>guard.js</p>")},
		{"a guard that speaks of the handler only", "guard.js", "nothing there is associated", []byte(`"onMessageSendHandler";associate(onMessageSendHandler,f)`)},
		{"a guard of another event", "guard.js", "nothing there is associated", []byte(`Office.actions.associate("onMessageSendHandler2",f)`)},
		{"a guard that opens another button", "guard.js", "opens the button \"Pane\"", []byte(`Office.actions.associate('onMessageSendHandler', f);e.completed({commandId: 'Pane'})`)},
		{"a file without an end", "pane.html", "at most 4 MB", make([]byte, 5<<20)},
	}
	for _, c := range cases {
		s := site(t)
		files, _ := s.Files.(fstest.MapFS)
		if delete(files, c.file); c.content != nil {
			files[c.file] = &fstest.MapFile{Data: c.content}
		}
		if err := manifest.Check(text, s); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.says)
		}
	}
}

func TestAllFaultsAreToldInTheOrderOfTheFile(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("<Version>1", "<Version>0", "microsoftonline.com<", "microsoftonline.com/<", "SoftBlock", "x", "Icon.80.", "x").Replace(fill(t, options()))
	got := lines(manifest.Check([]byte(text), manifest.Site{Root: base + "/addin/", Files: fstest.MapFS{}}))
	if len(got) < 15 {
		t.Fatalf("only %d faults: %q", len(got), got)
	}
	last := 0
	for i, line := range got {
		var at int
		for _, digit := range strings.TrimPrefix(line, "line ") {
			if digit < '0' || digit > '9' {
				break
			}
			at = at*10 + int(digit-'0')
		}
		if at < last || i > 0 && line == got[i-1] {
			t.Errorf("%q stands after %q", line, got[max(0, i-1)])
		}
		last = at
	}
}

// The mutations that came with the schemas: those that the schema takes must be found here.
func TestWhatTheSchemaTakesIsFoundHere(t *testing.T) {
	t.Parallel()
	folder := schema(t)
	example, err := os.ReadFile(filepath.Join(folder, "example", "manifest.sendsikker.xml"))
	if err != nil {
		t.Fatal(err)
	}
	all := site(t)
	files, _ := all.Files.(fstest.MapFS)
	given := fstest.MapFS{
		"taskpane.html": files["pane.html"], "event.html": {Data: []byte(`<script src="/event.js"></script>`)},
		"event.js":      {Data: []byte(`Office.actions.associate("onMessageSendHandler",f);Office.actions.associate("x",f)`)},
		"commands.html": {Data: []byte(`<script src="commands.js"></script>`)}, "commands.js": {Data: []byte(`Office.actions.associate("quickSendSecure",f)`)},
	}
	for _, size := range []string{"16", "32", "64", "80", "128"} {
		given["assets/icon-"+size+".png"] = files["icons/icon-"+size+".png"]
	}
	s := manifest.Site{Root: "https://addin.example.dk/", Files: given}
	if err := manifest.Check(example, s); err != nil {
		t.Errorf("the example: %v", err)
	}
	found, err := filepath.Glob(filepath.Join(folder, "negative-tests", "*.xml"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, file := range found {
		name := filepath.Base(file)
		if !strings.Contains(name, "SEMANTIC") && name != "http_url.xml" {
			continue
		}
		seen++
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := manifest.Check(text, s); err == nil {
			t.Errorf("%s: nothing is wrong with it", name)
		}
	}
	if seen < 5 {
		t.Fatalf("only %d of them", seen)
	}
}
