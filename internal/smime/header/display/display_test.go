package display_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/smime/header/display"
)

func dinner() []display.Line { return []display.Line{{Name: "Subject", Text: "Dinner plans"}} }

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

// pour writes in pieces of n octets; 0 is all at once.
func pour(t testing.TB, entity string, n int, filter func(io.Writer) io.WriteCloser) string {
	t.Helper()
	var out bytes.Buffer
	w := filter(&out)
	if n == 0 {
		n = len(entity) + 1
	}
	for rest := entity; rest != ""; {
		piece := rest[:min(n, len(rest))]
		rest = rest[len(piece):]
		if m, err := io.WriteString(w, piece); err != nil || m != len(piece) {
			t.Fatal(m, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func add(t testing.TB, entity string, lines []display.Line) string {
	t.Helper()
	return pour(t, entity, 0, func(w io.Writer) io.WriteCloser { return display.NewWriter(w, lines) })
}

func strip(t testing.TB, entity string) string {
	t.Helper()
	return pour(t, entity, 0, display.NewStripper)
}

// leaf is a part as the standard library reads it.
type leaf struct {
	media  string
	marked bool
	text   string
}

func leaves(t testing.TB, entity string) []leaf {
	t.Helper()
	r := bufio.NewReader(strings.NewReader(entity))
	header, err := textproto.NewReader(r).ReadMIMEHeader()
	if err != nil {
		t.Fatalf("%v in %q", err, entity)
	}
	return walk(t, header, r)
}

func walk(t testing.TB, header textproto.MIMEHeader, body io.Reader) []leaf {
	t.Helper()
	media, parameters := "text/plain", map[string]string{}
	if value := header.Get("Content-Type"); value != "" {
		var err error
		if media, parameters, err = mime.ParseMediaType(value); err != nil {
			t.Fatalf("%v in %q", err, value)
		}
	}
	if strings.HasPrefix(media, "multipart/") {
		var all []leaf
		for r := multipart.NewReader(body, parameters["boundary"]); ; {
			p, err := r.NextRawPart()
			if errors.Is(err, io.EOF) {
				return all
			}
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, walk(t, p.Header, p)...)
		}
	}
	switch strings.ToLower(header.Get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return []leaf{{media, parameters["hp-legacy-display"] == "1", string(text)}}
}

// RFC 9788, appendices E.1 and E.2.
func TestTheExamplesOfTheRFCAreShownAsItSays(t *testing.T) {
	t.Parallel()
	text := crlf("Subject: Dinner plans\nContent-Type: text/plain; charset=\"us-ascii\"; hp-legacy-display=\"1\";\n hp=\"cipher\"\n" +
		"HP-Outer: Subject: [...]\n\nSubject: Dinner plans\n\nLet's meet at Rama's Roti Shop at 8pm and go to the park\nfrom there.\n")
	want := crlf("Let's meet at Rama's Roti Shop at 8pm and go to the park\nfrom there.\n")
	if got := leaves(t, strip(t, text))[0]; got.text != want || got.marked {
		t.Errorf("text: %+v", got)
	}
	html := crlf("Content-Type: text/html; charset=\"us-ascii\"; hp-legacy-display=\"1\";\n hp=\"cipher\"\n\n" +
		"<html><head><title></title></head><body>\n<div class=\"header-protection-legacy-display\">\n<pre>Subject: Dinner plans</pre>\n" +
		"</div>\n<p>\nLet's meet at Rama's Roti Shop at 8pm and go to the park\nfrom there.\n</p>\n</body>\n</html>\n")
	want = crlf("<html><head><title></title></head><body><p>\nLet's meet at Rama's Roti Shop at 8pm and go to the park\nfrom there.\n</p>\n</body>\n</html>\n")
	if got := leaves(t, strip(t, html))[0]; got.text != want || got.marked {
		t.Errorf("HTML: %+v", got)
	}
}

const div = "<div class=\"header-protection-legacy-display\">\r\n<pre>Subject: Dinner plans</pre>\r\n</div>\r\n"

func b64(s string) string {
	encoded := base64.StdEncoding.EncodeToString([]byte(s))
	var lines []string
	for ; len(encoded) > 76; encoded = encoded[76:] {
		lines = append(lines, encoded[:76])
	}
	return strings.Join(append(lines, encoded), "\r\n") + "\r\n"
}

func TestATextBeginsWithTheElementAndIsItselfAfterwards(t *testing.T) {
	t.Parallel()
	const element = "Subject: Dinner plans\r\n\r\n"
	long := strings.Repeat("Rødgrød med fløde. ", 9000) // longer than what is looked at
	cases := []struct{ name, head, body, begins string }{
		{"without a Content-Type", "", "Hello\r\n", element + "Hello"},
		{"plain in 7bit", "Content-Type: text/plain", "Hello\r\n", element + "Hello"},
		{"plain in 8bit", "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit", "Rød\r\n", element + "Rød"},
		{"an empty text", "Content-Type: text/plain", "", element},
		{"plain in quoted-printable", "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable",
			"R=C3=B8d =\r\ngr=C3=B8d=20\r\n", element + "Rød grød \r\n"},
		{"plain in base64", "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64", b64(long), "Subject:   Dinner plans\r\n\r\nRødgrød"},
		{"a long line of base64", "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64",
			base64.StdEncoding.EncodeToString([]byte(long)), "Subject:   Dinner plans\r\n\r\nRødgrød"},
		{"a short text in base64", "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64", "SA==\r\n", "Subject:   Dinner plans\r\n\r\nH"},
		{"a long text", "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit", long, element + "Rød"},
		{"plain with a byte order mark", "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit",
			"\ufeffHello\r\n", "\ufeff" + element + "Hello"},
		{"HTML without a body tag", "Content-Type: text/html", "<p>Hello</p>\r\n", div + "<p>"},
		{"HTML", "Content-Type: text/html", "<html><BODY class='a>b'><p>Hello</p>\r\n", "<html><BODY class='a>b'>\r\n" + div + "<p>"},
		{"HTML that speaks of bodies", "Content-Type: text/html",
			"<!-- <body> --><title><body></title><style>/*<body>*/</style><bodyguard><body\r\n>\r\n<p>Hello</p>\r\n",
			"<!-- <body> --><title><body></title><style>/*<body>*/</style><bodyguard><body\r\n>" + "\r\n" + div + "\r\n<p>"},
		{"HTML whose body tag is too far away", "Content-Type: text/html", "<style>" + long + "</style><body>x", div + "<style>"},
		{"HTML whose body tag is just in sight", "Content-Type: text/html", "<style>" + long[:65500] + "</style><body>x\r\n",
			"<style>" + long[:65500] + "</style><body>\r\n" + div + "x"},
		{"HTML in quoted-printable, the tag over two lines", "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable",
			"<html><bo=\r\ndy style=3D\"x\"><p>R=C3=B8d</p>=20\r\n", "<html><body style=\"x\">" + div + "<p>Rød</p> \r\n"},
		{"HTML in base64", "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64",
			b64("<html><body><p>Rød</p>" + long), "<html><body>" + div + "<p>Rød</p>"},
		{"Latin 1", "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit", "R\xf8d\r\n", element + "R\xf8d"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			head := c.head
			if head != "" {
				head += "\r\n"
			}
			entity := head + "X-Kept: 1\r\n\r\n" + c.body
			out := add(t, entity, dinner())
			got := leaves(t, out)[0]
			if !got.marked || !strings.HasPrefix(got.text, c.begins) {
				t.Fatalf("marked %t, begins %.120q\nwant %.120q", got.marked, got.text, c.begins)
			}
			back := leaves(t, strip(t, out))[0]
			if was := leaves(t, entity)[0]; back.marked || back.text != was.text {
				t.Errorf("taken out again: %.120q\nbefore: %.120q", back.text, was.text)
			}
			for _, line := range strings.Split(out, "\r\n") {
				if len(line) > 998 && !strings.Contains(c.body, line[:900]) {
					t.Errorf("a line of %d octets: %.80q", len(line), line)
				}
			}
			// However it comes in.
			for _, n := range []int{1, 7, 1000} {
				if len(entity) > 5000 && n < 1000 {
					continue
				}
				if pieces := pour(t, entity, n, func(w io.Writer) io.WriteCloser { return display.NewWriter(w, dinner()) }); pieces != out {
					t.Errorf("in pieces of %d it is another", n)
				}
			}
		})
	}
}

func TestOnlyTheMainTextHasAnElement(t *testing.T) {
	t.Parallel()
	part := func(head string) string { return "--B\r\n" + head + "\r\n\r\nHello\r\n" }
	inner := func(kind, body string) string {
		return "--B\r\nContent-Type: multipart/" + kind + "; boundary=I\r\n\r\n" + strings.ReplaceAll(body, "--B", "--I") + "--I--\r\n\r\n"
	}
	whole := func(kind, body string) string {
		return "Content-Type: multipart/" + kind + "; boundary=\"B\"\r\n\r\n--Because\r\n" + body + "--B--\r\nend\r\n--B\r\n\r\nHello\r\n"
	}
	plain, html := part("Content-Type: text/plain"), part("Content-Type: text/html")
	cases := []struct{ name, entity, want string }{
		{"both forms of a text", whole("alternative", plain+html), "yy"},
		{"the text and not the files", whole("mixed", plain+plain+html), "ynn"},
		{"the text with its pictures", whole("related", html+part("Content-Type: image/png")), "yn"},
		{"as our own mail is", whole("mixed", inner("alternative", plain+html)+plain), "yyn"},
		{"a text that is a file", whole("mixed", part("Content-Type: text/plain\r\nContent-Disposition: ATTACHMENT; filename=a.txt")), "n"},
		{"a text that is shown in place", whole("mixed", part("Content-Type: text/plain\r\nContent-Disposition: inline")), "y"},
		{"what is signed stays as it was signed", whole("mixed", inner("signed", plain+part("Content-Type: application/pkcs7-signature"))), "nn"},
		{"a kind nobody knows", whole("report", plain), "n"},
		{"a calendar", whole("alternative", plain+part("Content-Type: text/calendar")), "yn"},
		{"an encoding nobody knows", whole("alternative", part("Content-Type: text/plain\r\nContent-Transfer-Encoding: x-uuencode")), "n"},
		{"a character set that is not like ASCII", whole("alternative", part("Content-Type: text/plain; charset=utf-16")), "n"},
		{"two types", whole("alternative", part("Content-Type: text/plain\r\nContent-type: text/html")), "n"},
		{"more forms than anybody writes", whole("alternative", strings.Repeat(plain, 10)), "yyyyyyyynn"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out := add(t, c.entity, dinner())
			var got strings.Builder
			for _, l := range leaves(t, out) {
				with := strings.Contains(l.text, "Subject: Dinner plans")
				if with != l.marked {
					t.Errorf("marked %t, with an element %t", l.marked, with)
				}
				got.WriteByte("ny"[map[bool]int{true: 1}[with]])
			}
			if got.String() != c.want {
				t.Errorf("got %s, want %s:\n%s", got.String(), c.want, out)
			}
			if back := strip(t, out); strings.Contains(back, "Dinner") || strings.Contains(back, "hp-legacy") {
				t.Errorf("left over:\n%s", back)
			}
			if !strings.Contains(c.entity, "Transfer-Encoding") && !strings.Contains(c.want, "y") && out != c.entity {
				t.Errorf("changed for nothing:\n%s", out)
			}
		})
	}
}

func TestALetterThatThePartCannotHoldLeavesItWithout(t *testing.T) {
	t.Parallel()
	danish := []display.Line{{Name: "Subject", Text: "Rødgrød"}}
	cases := []struct {
		name, head string
		want       bool
	}{
		{"utf-8 in quoted-printable", "Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: Quoted-Printable", true},
		{"utf-8 in 7bit", "Content-Type: text/plain; charset=utf-8", false},
		{"us-ascii", "Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: base64", false},
		{"Latin 1", "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit", false},
		{"HTML in us-ascii has references", "Content-Type: text/html; charset=us-ascii", true},
	}
	for _, c := range cases {
		got := leaves(t, add(t, c.head+"\r\n\r\nSGVq\r\n", danish))[0]
		if got.marked != c.want || (c.want && !strings.Contains(got.text, "R")) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestASubjectCannotEndTheElement(t *testing.T) {
	t.Parallel()
	lines := []display.Line{{Name: "subject", Text: "a\r\n\r\nb</pre></div><script>\x00\u2028c"}, {Name: "X-Other", Text: "no"}, {Name: "To", Text: " "}}
	if got := leaves(t, add(t, "\r\nHello\r\n", lines))[0].text; got != "Subject: a b</pre></div><script> c\r\n\r\nHello\r\n" && !strings.HasPrefix(got, "Hello") {
		t.Errorf("text: %q", got)
	}
	if got := leaves(t, add(t, "Content-Type: text/html\r\n\r\nHello", lines))[0].text; strings.Count(got, "<") != 4 || !strings.Contains(got, "a b&#60;/pre&#62;") {
		t.Errorf("HTML: %q", got)
	}
	huge := []display.Line{{Name: "To", Text: strings.Repeat("x", 5000)}, {Name: "Subject", Text: "Dinner"}}
	if got := leaves(t, add(t, "\r\nHello", huge))[0].text; got != "Subject: Dinner\r\n\r\nHello" {
		t.Errorf("a long list: %.100q", got)
	}
}

func TestAStrangerCannotHideTheBeginningOfAText(t *testing.T) {
	t.Parallel()
	const marked = "Content-Type: text/plain; hp-legacy-display=1\r\n\r\n"
	const page = "Content-Type: text/html; hp-legacy-display=\"1\"\r\n\r\n"
	cases := []struct{ name, entity string }{
		{"no mark", "Content-Type: text/plain\r\n\r\nSubject: x\r\n\r\nHello"},
		{"another mark", "Content-Type: text/plain; hp-legacy-display=2\r\n\r\nSubject: x\r\n\r\nHello"},
		{"a text instead of fields", marked + "Dear Bob,\r\n\r\nHello"},
		{"a text after the fields", marked + "Subject: x\r\nDear Bob,\r\n\r\nHello"},
		{"a field that nobody sees", marked + "Subject: x\r\nX-Secret: 1\r\n\r\nHello"},
		{"an empty line first", marked + "\r\nHello\r\n\r\nBye"},
		{"a continuation first", marked + " Hello\r\n\r\nBye"},
		{"no end", marked + "Subject: x\r\n"},
		{"a line that is only almost empty", marked + "Subject: x\r\n.\r\n\r\nHello"},
		{"an end that is too far away", marked + "Subject: x\r\n " + strings.Repeat("y", 140<<10) + "\r\n\r\nHello"},
		{"another class", page + "<div class=\"x\"><pre>Subject: x</pre></div>Hello"},
		{"markup inside", page + "<div class=\"header-protection-legacy-display\"><pre>a<b>b</b></pre></div>Hello"},
		{"a paragraph instead", page + "<div class=\"header-protection-legacy-display\"><p>a</p></div>Hello"},
		{"not at the beginning", page + "<body>Hello<div class=\"header-protection-legacy-display\"><pre>a</pre></div>"},
		{"nothing", page},
		{"a file", "Content-Type: text/plain; hp-legacy-display=1\r\nContent-Disposition: attachment\r\n\r\nSubject: x\r\n\r\nHello"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := strip(t, c.entity); got != c.entity {
				t.Errorf("%.200q became %.200q", c.entity, got)
			}
		})
	}
}

func TestAForeignElementInBase64GoesToo(t *testing.T) {
	t.Parallel()
	for i, text := range []string{"Subject: x\r\n\r\nHello", "Subject: xy\r\n\r\nHello", "Subject: xyz\r\n\r\nHello"} {
		got := leaves(t, strip(t, "Content-Type: text/plain; hp-legacy-display=1\r\nContent-Transfer-Encoding: base64\r\n\r\n"+b64(text)))[0]
		if strings.TrimSpace(got.text) != "Hello" || got.marked {
			t.Errorf("%d: %+v", i, got)
		}
	}
}

func TestWhatIsNoMIMEPassesAsItIs(t *testing.T) {
	t.Parallel()
	cases := []string{
		"", "\n", "no header", "Content-Type: text/plain", "Content-Type: text/plain\r\n", "Content-Type: ;;;\r\n\r\nx",
		"Content-Type: multipart/mixed\r\n\r\nx", "Content-Type: multipart/mixed; boundary=B\r\n\r\nx\r\n--B",
		"Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: text/plain\r\n--B--\r\n",
		"X: " + strings.Repeat("y", 70<<10) + "\r\n\r\nx",
		strings.Repeat("Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n", 100),
	}
	for _, c := range cases {
		if got := add(t, c, dinner()); got != c && c != "\n" {
			t.Errorf("%.100q became %.100q", c, got)
		}
	}
}

func TestAWriterThatFailsIsReported(t *testing.T) {
	t.Parallel()
	w := display.NewWriter(broken{}, dinner())
	_, err := io.WriteString(w, "Content-Type: image/png\r\n\r\n"+strings.Repeat("x", 100))
	if err == nil {
		err = w.Close()
	}
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestAParameterIsTakenOutAndNothingElse(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, given, want string }{
		{"at the end", ` text/plain; charset="a;b"; hp="cipher"`, ` text/plain; charset="a;b"`},
		{"in the middle", "text/plain;HP=clear;\r\n x=y", "text/plain;\r\n x=y"},
		{"twice", "text/plain; hp=a; hp=b", "text/plain"},
		{"without a value", "text/plain; hp; x=y", "text/plain; x=y"},
		{"in segments", "text/plain; hp*0=a; hp*1*=b; hp*=c", "text/plain"},
		{"behind a comment", "text/plain; (a;\\)b) hp (c) =a", "text/plain"},
		{"in quotes", `text/plain; x="\"; hp=a"`, `text/plain; x="\"; hp=a"`},
		{"in a comment", "text/plain (; hp=a)", "text/plain (; hp=a)"},
		{"another one's name", "text/plain; hpx=a; xhp=b", "text/plain; hpx=a; xhp=b"},
		{"nothing", "", ""},
	}
	for _, c := range cases {
		if got := display.WithoutParameter(c.given, "hp"); got != c.want {
			t.Errorf("%s: %q became %q, want %q", c.name, c.given, got, c.want)
		}
	}
	if got := display.WithParameter(" text/plain; ", "hp", "clear", "\r\n"); got != " text/plain;\r\n hp=\"clear\"" {
		t.Errorf("with: %q", got)
	}
}
