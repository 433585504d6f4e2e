package draft_test

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"strings"
	"testing"

	"github.com/emersion/go-message/charset"

	"aau.dk/sendsikker/internal/draft"
	"aau.dk/sendsikker/internal/fault"
)

func decoder() *mime.WordDecoder { return &mime.WordDecoder{CharsetReader: charset.Reader} }

func TestTheShapeFollowsFromWhatThereIs(t *testing.T) {
	t.Parallel()
	html, text := "<p>Hej</p>", "Hej"
	cases := []struct {
		name       string
		html, text string
		files      []*draft.Attachment
		want       []string // where each leaf stands, and its type
	}{
		{"a text alone is one part", "", text, nil, []string{" text/plain"}},
		{"HTML gets a text beside it, the text first", html, "", nil, []string{"/alternative text/plain", "/alternative text/html"}},
		{"a file makes it mixed", html, text, []*draft.Attachment{file("a.pdf", "application/pdf", "x")},
			[]string{"/mixed/alternative text/plain", "/mixed/alternative text/html", "/mixed application/pdf"}},
		{"a file without a text stands after an empty one", "", "", []*draft.Attachment{file("a.pdf", "application/pdf", "x")},
			[]string{"/mixed text/plain", "/mixed application/pdf"}},
		{"pictures are related to the text, files are not", html, text,
			[]*draft.Attachment{picture("a.png", "a@x", "1"), picture("b.png", "<b@x>", "2"), file("c.pdf", "application/pdf", "3")},
			[]string{"/mixed/related/alternative text/plain", "/mixed/related/alternative text/html",
				"/mixed/related image/png", "/mixed/related image/png", "/mixed application/pdf"}},
		{"a picture that no HTML can show is a file", "", text, []*draft.Attachment{picture("a.png", "a@x", "1")},
			[]string{"/mixed text/plain", "/mixed image/png"}},
		{"a picture without an id is a file", html, text, []*draft.Attachment{picture("a.png", "", "1")},
			[]string{"/mixed/alternative text/plain", "/mixed/alternative text/html", "/mixed image/png"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := sound()
			d.HTML, d.Text = c.html, c.text
			var got []string
			for _, p := range parse(t, compose(t, d, c.files...)) {
				got = append(got, p.within+" "+p.mediaType)
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("got  %v\nwant %v", got, c.want)
			}
		})
	}
}

func TestEveryByteAndEveryNameArrives(t *testing.T) {
	t.Parallel()
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	content := strings.Repeat(string(every), 50) + "\r\n--=_\r\n.\r\nFrom here"
	names := []string{
		"rapport.pdf", "Blåbærgrød på Ærø.docx", "ÆØÅ æøå.txt", "🎉 fest 👩‍🔬.png", `han sagde "nej".txt`, "a;b;c.txt", "50%.txt",
		"it's.txt", "日本語.pdf", "  to  mellemrum  inde.txt", "Re: Møde", "(parentes) [x] {y}.txt", "a=b,c.txt",
		strings.Repeat("lang ", 39) + "x.txt", strings.Repeat("å", 195) + ".pdf", strings.Repeat("x", 255), ".skjult", "مرحبا.pdf",
	}
	d := sound()
	var files []*draft.Attachment
	for _, name := range names {
		files = append(files, file(name, "application/pdf", content))
	}
	files = append(files, file("tom", "application/pdf", ""))
	names = append(names, "tom")
	parts := parse(t, compose(t, d, files...))[2:]
	if len(parts) != len(names) {
		t.Fatalf("%d files in, %d out", len(names), len(parts))
	}
	for i, p := range parts {
		want := strings.TrimLeft(names[i], " ")
		if p.name != want || p.oldName != want || p.disposition != "attachment" {
			t.Errorf("name %q, name parameter %q, %s; want %q", p.name, p.oldName, p.disposition, want)
		}
		if p.body != content && want != "tom" {
			t.Errorf("%q: its bytes have changed", want)
		}
	}
}

func TestTheTextsArriveAsWritten(t *testing.T) {
	t.Parallel()
	d := sound()
	d.Text = "Kære Bo\n\nRødgrød = 100 % fløde 🍓  \n.\nFrom Ærø\n" + strings.Repeat("æ", 5000)
	d.HTML = "<p>Kære Bo</p>\r\n" + strings.Repeat("<b>å</b>", 3000)
	parts := parse(t, compose(t, d))
	if got, want := parts[0].body, strings.ReplaceAll(d.Text, "\n", "\r\n"); got != want {
		t.Errorf("the text has changed: %.80q", got)
	}
	if parts[1].body != d.HTML || parts[1].charset != "utf-8" {
		t.Errorf("the HTML has changed: %.80q in %q", parts[1].body, parts[1].charset)
	}
}

func TestPicturesKeepTheirContentID(t *testing.T) {
	t.Parallel()
	parts := parse(t, compose(t, sound(), picture("a.png", "image001.png@01DC", "1"), picture("", "<b@x>", "2")))[2:]
	if parts[0].cid != "<image001.png@01DC>" || parts[0].disposition != "inline" || parts[1].cid != "<b@x>" || parts[1].name != "fil-2.png" {
		t.Errorf("got %+v", parts)
	}
}

func TestANameCannotLieAboutItsFile(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, given, want string }{
		{"a path is a name", `C:\fakepath\faktura.pdf`, "C:_fakepath_faktura.pdf"},
		{"a way upwards is a name", "../../etc/passwd", ".._.._etc_passwd"},
		{"a name that a reader would decode once more", "=?utf-8?q?=0D=0A?=.txt", "=_utf-8?q?=0D=0A?=.txt"},
		{"the same behind a mark that nobody sees", "=\u200e?utf-8?q?=0D=0A?\ufeff=.txt", "=_utf-8?q?=0D=0A?=.txt"},
		{"only dots are no name", "..", "fil-1.pdf"},
		{"no name gets one", " ", "fil-1.pdf"},
		{"trailing dots and spaces that Windows would drop", "a.exe. . ", "a.exe"},
		{"a device of Windows", "con.txt", "_con.txt"},
		{"a numbered device of Windows", "LPT¹", "_LPT¹"},
		{"no device", "COMET.txt", "COMET.txt"},
		{"marks that nobody sees", "a\u200e\u200f\u061c.pdf", "a.pdf"},
		{"letters from a Mac are composed", "a\u030a.pdf", "å.pdf"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := parse(t, compose(t, sound(), file(c.given, "application/pdf", "x")))[2].name; got != c.want {
				t.Errorf("%q became %q, want %q", c.given, got, c.want)
			}
		})
	}
}

func TestATypeIsBelievedOnlyAsFarAsItIsHarmless(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"text/plain; charset=ISO-8859-1; format=flowed":    "text/plain iso-8859-1",
		"text/calendar; method=REQUEST; charset=utf-8":     "text/calendar utf-8",
		"text/html; charset=\"utf-8\\\"\"":                 "text/html ",
		"IMAGE/PNG":                                        "image/png ",
		"image/svg+xml; charset=utf-8":                     "image/svg+xml ",
		"multipart/mixed; boundary=x":                      "application/octet-stream ",
		"message/external-body; access-type=URL; URL=x":    "application/octet-stream ",
		"message/partial; id=x; number=1":                  "application/octet-stream ",
		"text/plain\r\nBcc: eve@evil.example":              "application/octet-stream ",
		"text":                                             "application/octet-stream ",
		"":                                                 "application/octet-stream ",
		"a/b/c":                                            "application/octet-stream ",
		"tækst/plain":                                      "application/octet-stream ",
		"application/" + strings.Repeat("x", 128):          "application/octet-stream ",
		"application/pdf; name=\"x\r\nBcc: e@evil.example": "application/octet-stream ",
	}
	for given, want := range cases {
		p := parse(t, compose(t, sound(), file("a", given, "x")))[2]
		if got := p.mediaType + " " + p.charset; got != want || p.name != "a" {
			t.Errorf("%q became %q (%s), want %q", given, got, p.name, want)
		}
	}
}

func TestAForwardedMessageArrivesByteForByte(t *testing.T) {
	t.Parallel()
	clean := "From: a@x.example\r\nSubject: hej\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n"
	cases := []struct{ name, given, content, wantType, wantName string }{
		{"clean mail stands as it is", "hej.eml", clean, "message/rfc822", "hej.eml"},
		{"Outlook names it by its subject", "Re: Møde 3/12", clean, "message/rfc822", "Re: Møde 3_12.eml"},
		{"mail without a last line end", "a.eml", "Subject: x\r\n\r\nhej", "message/rfc822", "a.eml"},
		{"Unix line ends", "a.eml", strings.ReplaceAll(clean, "\r\n", "\n"), "application/octet-stream", "a.eml"},
		{"8-bit letters", "a.eml", "Subject: rødgrød\r\n\r\nx", "application/octet-stream", "a.eml"},
		{"a line that is too long", "a.eml", "Subject: x\r\n\r\n" + strings.Repeat("x", 999), "application/octet-stream", "a.eml"},
		{"no message at all", "a.eml", "hello\r\n", "application/octet-stream", "a.eml"},
		{"nothing", "a.eml", "", "application/octet-stream", "a.eml"},
		{"a large one", "a.eml", "Subject: x\r\n\r\n" + strings.Repeat("hej\r\n", 300_000), "application/octet-stream", "a.eml"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := parse(t, compose(t, sound(), file(c.given, "message/rfc822", c.content)))[2]
			if p.mediaType != c.wantType || p.name != c.wantName || p.body != c.content {
				t.Errorf("got %s %q, %d of %d bytes; want %s %q", p.mediaType, p.name, len(p.body), len(c.content), c.wantType, c.wantName)
			}
		})
	}
}

func TestWhatCannotBeComposedIsRefusedWithASentence(t *testing.T) {
	t.Parallel()
	ours := fault.New(fault.TooLarge, "upload_too_large", fault.Sentence{DA: "For stor", EN: "Too large"}, nil)
	many := make([]*draft.Attachment, draft.MaxFiles+1)
	for i := range many {
		many[i] = file("a", "text/plain", "x")
	}
	unwritten := func(d *draft.Draft) { d.HTML = "<html><body><div>&nbsp;<br></div><style>p{}</style></body></html>" }
	cases := []struct {
		name   string
		change func(*draft.Draft)
		files  *list
		want   string
	}{
		{"nothing written and nothing attached", unwritten, nil, "empty_draft"},
		{"a picture after a file", nil, &list{files: []*draft.Attachment{file("a", "text/plain", "x"), picture("b", "b@x", "y")}}, "inline_after_attachment"},
		{"too many files", nil, &list{files: many}, "too_many_files"},
		{"a line break in a name", nil, &list{files: []*draft.Attachment{file("a\r\nBcc: eve@evil.example", "text/plain", "x")}}, "file_name_unusable"},
		{"a NUL in a name", nil, &list{files: []*draft.Attachment{file("a\x00.txt", "text/plain", "x")}}, "file_name_unusable"},
		{"a name that reads backwards", nil, &list{files: []*draft.Attachment{file("a\u202efdp.exe", "text/plain", "x")}}, "file_name_unusable"},
		{"a name that is no text", nil, &list{files: []*draft.Attachment{file("a\xff", "text/plain", "x")}}, "file_name_unusable"},
		{"a line separator in a name", nil, &list{files: []*draft.Attachment{file("a\u2028b", "text/plain", "x")}}, "file_name_unusable"},
		{"a name that no disk takes", nil, &list{files: []*draft.Attachment{file(strings.Repeat("🎉", 128), "text/plain", "x")}}, "file_name_unusable"},
		{"a line break in a Content-ID", nil, &list{files: []*draft.Attachment{picture("a", "a@x>\r\nBcc: eve@evil.example", "x")}}, "content_id_unusable"},
		{"a Content-ID that is not ASCII", nil, &list{files: []*draft.Attachment{picture("a", "å@x", "x")}}, "content_id_unusable"},
		{"the upload's own fault comes through", nil, &list{files: []*draft.Attachment{file("a", "text/plain", "x")}, end: ours}, "upload_too_large"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := sound()
			if c.change != nil {
				c.change(d)
			}
			var files draft.Attachments
			if c.files != nil {
				files = c.files
			}
			_, err := draft.Compose(d, files).WriteTo(io.Discard)
			if got := code(t, err); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if strings.Contains(err.Error(), "evil") {
				t.Error("the error holds the sender's text")
			}
		})
	}
}

func TestAnUploadThatIsCutOffIsNotTheEndOfTheFiles(t *testing.T) {
	t.Parallel()
	// As mime/multipart says it.
	cutOff := fmt.Errorf("multipart: NextPart: %w", io.EOF)
	for _, files := range [][]*draft.Attachment{nil, {file("a", "text/plain", "x")}, {picture("a", "a@x", "x")}} {
		if _, err := draft.Compose(sound(), &list{files: files, end: cutOff}).WriteTo(io.Discard); !errors.Is(err, cutOff) {
			t.Errorf("after %d files: %v", len(files), err)
		}
	}
}

func TestASubjectAloneIsEmptyButAPictureIsNot(t *testing.T) {
	t.Parallel()
	d := sound()
	d.HTML = ""
	if _, err := draft.Compose(d, nil).WriteTo(io.Discard); code(t, err) != "empty_draft" {
		t.Error(err)
	}
	d.HTML = `<IMG src="data:image/png;base64,AA==">`
	compose(t, d)
}

func TestAnEntityIsWrittenOnce(t *testing.T) {
	t.Parallel()
	e := draft.Compose(sound(), nil)
	write(t, e)
	if _, err := e.WriteTo(io.Discard); err == nil {
		t.Error("a second WriteTo gave no error")
	}
}

func TestTheTextBesideHTMLIsReadable(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, html, want string }{
		{"Outlook's paragraphs", "<html><head><style>p{color:red}</style><title>x</title></head><body><p class=MsoNormal>Kære&nbsp;Bo<o:p></o:p></p>\r\n<p>Rødgrød &amp;\r\n fløde &lt;3</p></body></html>",
			"Kære Bo\r\n\r\nRødgrød & fløde <3"},
		{"scripts say nothing", "a<script>alert('<p>')</script>b<style>x</style>c", "abc"},
		{"lists and lines", "<ul><li>æble<li>pære</ul>linje<br>ny<hr>slut", "- æble\r\n- pære\r\n\r\nlinje\r\nny\r\n-----\r\nslut"},
		{"links say where", `se <a href="https://aau.example/x">vores side</a>, <a href="mailto:bo@x.example">bo@x.example</a>`,
			"se vores side <https://aau.example/x>, bo@x.example"},
		{"a script link says nothing", `<a href="javascript:alert(1)">tryk</a>`, "tryk"},
		{"pictures say what they show", `før <img src="cid:a" alt="Logo"> efter`, "før [Logo] efter"},
		{"tables", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\r\nc"},
		{"a head that never ends", "<head><meta><body>hej", "hej"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := sound()
			d.HTML = c.html
			if got := parse(t, compose(t, d))[0].body; got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func FuzzAttachment(f *testing.F) {
	f.Add("Blåbær.pdf", "application/pdf", "a@x", "hej", true)
	f.Add(`..\"a;b".exe. `, "message/rfc822", "<>", "Subject: x\r\n\r\n--=_", false)
	f.Add("=?utf-8?q?=0D?=", "text/plain; charset=\"x\"", "å", "", true)
	for _, s := range injections {
		f.Add(s, "text/plain; name="+s, s, s, true)
	}
	// One file in is one part out with the same bytes, whose name both parameters agree on and no disk takes for a path.
	f.Fuzz(func(t *testing.T, name, mediaType, cid, content string, inline bool) {
		if strings.Contains(strings.ToLower(mediaType), "charset") {
			t.Skip("go-message would convert the bytes from it")
		}
		a := &draft.Attachment{Name: name, Type: mediaType, ContentID: cid, Inline: inline, Content: strings.NewReader(content)}
		if _, err := draft.Compose(sound(), &list{files: []*draft.Attachment{a}}).WriteTo(io.Discard); err != nil {
			code(t, err)
			return
		}
		a.Content = strings.NewReader(content)
		parts := parse(t, write(t, draft.Compose(sound(), &list{files: []*draft.Attachment{a}})))
		if len(parts) != 3 || parts[2].body != content {
			t.Fatalf("%d parts, the last with %q for %q", len(parts), parts[len(parts)-1].body, content)
		}
		if got := parts[2].name; got == "" || got != parts[2].oldName || strings.ContainsAny(got, "/\\\r\n\x00") {
			t.Errorf("%q became %q and %q", name, got, parts[2].oldName)
		}
	})
}
