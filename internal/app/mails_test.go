package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding/charmap"

	"aau.dk/sendsikker/api/contract"
	"aau.dk/sendsikker/internal/cms"
	"aau.dk/sendsikker/internal/sandbox/peer"
)

const itsMailbox = "sikkermail@its.aau.example"

// realMail is a mail as some program writes it, with LF.
type realMail struct {
	name     string
	text     []byte
	leaves   int      // parts that hold something: texts, pictures, files
	files    []string // names of the pictures and files, in order; "" where the mail gives none
	contents [][]byte // of the files, where they were made here
}

// realMails are the mails of every test below. The numbers and names are written by hand, so that a reader of MIME that
// misses a part on both sides of a comparison is found out.
var realMails = sync.OnceValue(func() []realMail {
	read := func(name string) []byte {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			panic(err)
		}
		return text
	}
	plain := read("plain.eml")
	latin, err := charmap.ISO8859_1.NewEncoder().Bytes(bytes.Replace(plain, []byte("charset=UTF-8"), []byte("charset=iso-8859-1"), 1))
	if err != nil {
		panic(err)
	}
	list := []realMail{
		{name: "plain text in UTF-8", text: plain, leaves: 1},
		{name: "plain text in ISO 8859-1", text: latin, leaves: 1},
		{name: "HTML with two pictures, no line end at its end", text: bytes.TrimSpace(read("html.eml")), leaves: 4, files: []string{"image001.png", "Sølvmåge på pæl.png"}},
		{name: "ten Danish file names", text: read("names.eml"), leaves: 11, files: []string{
			"Blåbærgrød på Læsø.pdf", "Årsopgørelse for Æblehøsten på Åland og Sjælland 2026 (endelig).docx", "Ansøgning fra Åse.pdf",
			`Rød "endelig" udgave.pages`, `Liste "A", 100 %; og & mere.csv`, "Æske med rå bytes i navnet.zip", "Kun navn på typen, som før 1997.msg",
			"readme.txt", "\U0001FAD0 i skål.pdf", "tom fil.dat",
		}},
		{name: "two forwarded mails", text: read("forwarded.eml"), leaves: 3, files: []string{"Høring på Ærø.eml", ""}},
	}
	return append(list, largeMail("two files of 2 MB in all", 1_300_000, 2<<20-1_300_000), largeMail("one file of 2 MB", 2<<20))
})

// largeMail has files of these sizes, of bytes that no compression makes smaller.
func largeMail(name string, sizes ...int) realMail {
	m := realMail{name: name, leaves: 1 + len(sizes)}
	var text bytes.Buffer
	text.WriteString("From: anna@aau.example\nTo: bo@partner.example\nSubject: =?utf-8?Q?Store_bilag_p=C3=A5_=C3=86r=C3=B8?=\nMIME-Version: 1.0\n" +
		"Content-Type: multipart/mixed; boundary=\"----=_NextPart_000_0001_01DC5C6A\"\n\nThis is a multi-part message in MIME format.\n\n" +
		"------=_NextPart_000_0001_01DC5C6A\nContent-Type: text/plain; charset=\"utf-8\"\nContent-Transfer-Encoding: 8bit\n\nStørre bilag, små ord.\n\n")
	for i, size := range sizes {
		content := make([]byte, size)
		_, _ = rand.NewChaCha8([32]byte{byte(i)}).Read(content) // never fails
		file := fmt.Sprintf("Måling %d.bin", i+1)
		m.files, m.contents = append(m.files, file), append(m.contents, content)
		fmt.Fprintf(&text, "------=_NextPart_000_0001_01DC5C6A\nContent-Type: application/octet-stream;\n\tname=\"=?utf-8?Q?M=C3=A5ling_%[1]d=2Ebin?=\"\n"+
			"Content-Transfer-Encoding: base64\nContent-Disposition: attachment;\n\tfilename=\"=?utf-8?Q?M=C3=A5ling_%[1]d=2Ebin?=\"\n\n", i+1)
		for line := range chunks(base64.StdEncoding.EncodeToString(content), 76) {
			text.WriteString(line + "\n")
		}
		text.WriteString("\n")
	}
	text.WriteString("------=_NextPart_000_0001_01DC5C6A--\n")
	m.text = text.Bytes()
	return m
}

func chunks(s string, size int) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for s != "" && yield(s[:min(size, len(s))]) {
			s = s[min(size, len(s)):]
		}
	}
}

// bothWays are the mails as Unix and as Windows programs save them.
func bothWays() (list []realMail) {
	for _, m := range realMails() {
		other := m
		other.text = crlf(m.text)
		m.name, other.name = m.name+", LF", m.name+", CRLF"
		list = append(list, m, other)
	}
	return list
}

func crlf(text []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
}

// entityOf is what must come out at the other end, to the byte: the fields that say what the content is, and the content.
func entityOf(text []byte) []byte {
	head, body := splitHead(crlf(text))
	var out bytes.Buffer
	content := false
	for line := range bytes.Lines(head) {
		if line[0] != ' ' && line[0] != '\t' {
			content = bytes.HasPrefix(bytes.ToLower(line), []byte("content-"))
		}
		if content {
			out.Write(line)
		}
	}
	return append(append(out.Bytes(), "\r\n"...), body...)
}

// leaf is a part that holds something, as another program's eyes see it.
type leaf struct {
	within, kind, disposition, name, id string
	body                                []byte
}

func (l leaf) String() string {
	return fmt.Sprintf("%s %s %s %q %s %d bytes %x", l.within, l.kind, l.disposition, l.name, l.id, len(l.body), sha256.Sum256(l.body))
}

func (l leaf) isText() bool {
	return l.name == "" && l.disposition == "" && strings.HasPrefix(l.kind, "text/")
}

func leaves(t *testing.T, entity []byte) []leaf {
	t.Helper()
	whole, err := message.Read(bytes.NewReader(entity))
	if err != nil {
		t.Fatalf("go-message cannot read it: %v", err)
	}
	words := mime.WordDecoder{CharsetReader: charset.Reader}
	var list []leaf
	err = whole.Walk(func(path []int, e *message.Entity, err error) error {
		if err != nil {
			return err
		}
		kind, parameters, err := e.Header.ContentType()
		if err != nil || strings.HasPrefix(kind, "multipart/") {
			return err
		}
		l := leaf{within: fmt.Sprint(path), kind: kind, id: e.Header.Get("Content-Id"), name: parameters["name"]}
		if e.Header.Has("Content-Disposition") {
			if l.disposition, parameters, err = e.Header.ContentDisposition(); err != nil {
				return err
			}
			if parameters["filename"] != "" {
				l.name = parameters["filename"]
			}
		}
		if l.name, err = words.DecodeHeader(l.name); err != nil {
			return err
		}
		l.body, err = io.ReadAll(e.Body)
		list = append(list, l)
		return err
	})
	if err != nil {
		t.Fatalf("go-message cannot read a part: %v", err)
	}
	return list
}

// compare says in which part two mails differ.
func compare(t *testing.T, got, want []leaf) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d parts came out, %d went in", len(got), len(want))
	}
	for i := range want {
		if got[i].String() != want[i].String() {
			t.Errorf("part %d\n is %s\nwas %s", i+1, got[i], want[i])
		}
	}
}

// sameMail holds what a recipient's program read against what was sent.
func (m realMail) sameMail(t *testing.T, entity []byte) {
	t.Helper()
	got := leaves(t, entity)
	compare(t, got, leaves(t, crlf(m.text)))
	m.sameFiles(t, got)
	// Inside stand the mail's own header fields as well, and the mark that says so; everything else is as it was.
	content, marks := entityOf(entity), 0
	for _, mark := range []string{"; hp=\"cipher\"", ";\r\n hp=\"cipher\""} {
		marks += bytes.Count(content, []byte(mark))
		content = bytes.Replace(content, []byte(mark), nil, 1)
	}
	if marks != 1 || !bytes.Equal(content, entityOf(m.text)) {
		t.Errorf("the parts are the same, but not every byte around them (%d marks)", marks)
	}
	m.sameSubject(t, entity)
}

// sameSubject looks at the protected header as a program sees it that knows nothing of header protection.
func (m realMail) sameSubject(t *testing.T, entity []byte) {
	t.Helper()
	inside, from := subjectAndFrom(t, entity)
	if was, _ := subjectAndFrom(t, m.text); inside != was || was == "" || !strings.Contains(from, itsMailbox) {
		t.Errorf("inside stand the subject %q and %s; the subject was %q", inside, from, was)
	}
}

func subjectAndFrom(t *testing.T, text []byte) (subject, from string) {
	t.Helper()
	read, err := mail.ReadMessage(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	words := mime.WordDecoder{CharsetReader: charset.Reader}
	if subject, err = words.DecodeHeader(read.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	return subject, read.Header.Get("From")
}

// sameFiles counts the parts and looks at the names and contents of the files alone.
func (m realMail) sameFiles(t *testing.T, got []leaf) {
	t.Helper()
	var files []leaf
	for _, l := range got {
		if !l.isText() {
			files = append(files, l)
		}
	}
	if len(got) != m.leaves || len(files) != len(m.files) {
		t.Fatalf("%d parts, %d of them files; want %d and %d", len(got), len(files), m.leaves, len(m.files))
	}
	for i, l := range files {
		if l.name != m.files[i] {
			t.Errorf("file %d is called %q, want %q", i+1, l.name, m.files[i])
		}
		if m.contents != nil && sha256.Sum256(l.body) != sha256.Sum256(m.contents[i]) {
			t.Errorf("file %d has other bytes", i+1)
		}
	}
}

// demoOnce is `demo --once` in the shared world: where it wrote, below dir, and how it ended.
func demoOnce(ctx context.Context, dir string, text []byte, to ...string) (out string, err error) {
	file, out := filepath.Join(dir, "mail.eml"), filepath.Join(dir, "somewhere", "new")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return out, err
	}
	c := &demoCommand{Once: true, Send: file, To: to, Mailbox: itsMailbox, Out: out}
	return out, c.sendOnce(ctx, shared.world)
}

// demoEach sends all mails at the same time, because a mail is mostly waiting, and gives the folders.
func demoEach(t *testing.T, mails []realMail, to ...string) []string {
	t.Helper()
	outs, faults := make([]string, len(mails)), make([]error, len(mails))
	var wait sync.WaitGroup
	for i, m := range mails {
		dir := t.TempDir()
		wait.Go(func() { outs[i], faults[i] = demoOnce(t.Context(), dir, m.text, to...) })
	}
	wait.Wait()
	for i, m := range mails {
		if faults[i] != nil {
			t.Fatalf("%s: %v", m.name, faults[i])
		}
	}
	return outs
}

func resultIn(t *testing.T, out string) (r result) {
	t.Helper()
	if err := json.Unmarshal(get(t, filepath.Join(out, "result.json")), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// allDelivered looks at all that the demo wrote of a mail that went well.
func allDelivered(t *testing.T, out string, to ...string) {
	t.Helper()
	r := resultIn(t, out)
	if r.State != "sent" || r.Notice != "receipt" || r.Problem != nil || len(r.Recipients) != len(to) {
		t.Errorf("result.json: %+v", r)
	}
	receipt := get(t, filepath.Join(out, "receipt.html"))
	for i, one := range r.Recipients {
		if one.Address != to[i] || one.State != "sent" || one.Route != "smime" || one.File != to[i]+".eml" || one.Code != "" {
			t.Errorf("result.json: %+v", one)
		}
		if !bytes.Contains(receipt, []byte(one.Address)) {
			t.Errorf("the receipt does not name %s", one.Address)
		}
		entryForEach(t, get(t, filepath.Join(out, one.File)))
	}
}

// sealOf gives the CMS of a sealed mail in DER.
func sealOf(t *testing.T, raw []byte) (*mail.Message, []byte) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	kind, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "application/pkcs7-mime" || parameters["smime-type"] != "enveloped-data" {
		t.Fatalf("not sealed: %s %v", kind, parameters)
	}
	der, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, m.Body))
	if err != nil {
		t.Fatal(err)
	}
	return m, der
}

// entryForEach: a sealed copy has a RecipientInfo for each of its recipients, and one for the mailbox itself.
func entryForEach(t *testing.T, raw []byte) (recipients int) {
	t.Helper()
	m, der := sealOf(t, raw)
	for _, field := range []string{"To", "Cc"} {
		list, _ := m.Header.AddressList(field)
		recipients += len(list)
	}
	d, err := cms.Inspect(bytes.NewReader(der))
	if err != nil {
		t.Fatal(err)
	}
	if recipients == 0 || len(d.Recipients) != recipients+1 {
		t.Errorf("%d entries for %d recipients and the mailbox", len(d.Recipients), recipients)
	}
	for i, one := range d.Recipients {
		if one.Keys != 1 {
			t.Errorf("entry %d is for %d keys", i+1, one.Keys)
		}
	}
	return recipients
}

func TestOpenSSLReadsWhatTheDemoDelivers(t *testing.T) {
	t.Parallel()
	peer.Need(t, "openssl", "openssl")
	mails := bothWays()
	outs := demoEach(t, mails, "bo@partner.example", "chen@uni.example")
	for i, m := range mails {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			allDelivered(t, outs[i], "bo@partner.example", "chen@uni.example")
			for _, reader := range []struct{ key, file string }{
				{"bo@partner.example", "bo@partner.example"}, {"chen@uni.example", "chen@uni.example"}, {itsMailbox, "chen@uni.example"},
			} {
				m.sameMail(t, openSealed(t, outs[i], reader.key, reader.file))
			}
		})
	}
	figures := string(call(t, http.MethodGet, "/metrics", "", "", nil).body)
	if !strings.Contains(figures, `sendsikker_graph_answers_total{operation="create_large_draft",status="201"}`) {
		t.Error("no copy went the large way")
	}
}

// formOf is the same mail as an add-in hands it in: the texts in the draft, the pictures and files beside it.
func formOf(sent []leaf, to ...string) (draftJSON, []part) {
	body := map[string]string{}
	var parts []part
	for _, l := range sent {
		switch {
		case l.isText():
			body[strings.TrimPrefix(l.kind, "text/")] = string(l.body)
			continue
		case l.disposition == "inline":
			parts = append(parts, part{"inline:" + strings.Trim(l.id, "<>"), extended(l.name), l.kind, l.body})
		default:
			parts = append(parts, part{"file", extended(l.name), l.kind, l.body})
		}
	}
	if text, both := body["plain"]; both {
		body["text"] = text
		delete(body, "plain")
	}
	return draftJSON{"mailbox": itsMailbox, "to": people(to...), "subject": "Samme mail som kladde", "body": body}, parts
}

// extended writes names with quotes by RFC 2231: in a form's plain file name they stand as %22, which is a name of its own.
func extended(name string) string {
	if !strings.Contains(name, `"`) {
		return name
	}
	return "*=utf-8''" + url.PathEscape(name)
}

func TestOpenSSLReadsTheSameMailsHandedInAsDrafts(t *testing.T) {
	t.Parallel()
	peer.Need(t, "openssl", "openssl")
	out := keysAndAuthorities(t)
	mails := bothWays()
	ids := make([]string, len(mails))
	for i, m := range mails {
		d, parts := formOf(leaves(t, m.text), "bo@partner.example", "chen@uni.example")
		ids[i] = send(t, d, parts...).message(t).Id.String()
	}
	for i, m := range mails {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			accepted := ended(t, ids[i])
			if accepted.State != contract.MessageStateSent {
				t.Fatalf("state %s", accepted.State)
			}
			raw := waitFor(t, "chen@uni.example", accepted.MessageId)
			entryForEach(t, raw)
			file := put(t, out, "form-"+ids[i]+".eml", raw)
			for _, key := range []string{"bo@partner.example", "chen@uni.example", itsMailbox} {
				m.sameDraft(t, leaves(t, openSealed(t, out, key, strings.TrimSuffix(filepath.Base(file), ".eml"))))
			}
		})
	}
}

// sameDraft is sameMail for a mail that the service composed itself: the same texts and files, in a structure of our own.
func (m realMail) sameDraft(t *testing.T, got []leaf) {
	t.Helper()
	want := leaves(t, m.text)
	if len(got) != len(want) {
		t.Fatalf("%d parts came out, %d went in", len(got), len(want))
	}
	names := slices.Clone(m.files)
	for i, l := range slices.Backward(want) {
		got[i].within, want[i].within = "", ""
		switch {
		case l.isText():
			want[i].body = crlf(l.body) // a text's line ends are the transport's
			continue
		case l.name == "":
			want[i].name = "fil-2.eml" // so that it can be opened, package draft gives nameless files a name
			names[slices.Index(names, "")] = "fil-2.eml"
		}
		if l.disposition == "" {
			want[i].disposition = "attachment"
		}
		if l.kind == "message/rfc822" && got[i].kind == "application/octet-stream" {
			want[i].kind = got[i].kind // a message that is not 7-bit with CRLF travels as bytes; draft/forwarded.go says why
		}
	}
	m.files = names
	m.sameFiles(t, got)
	compare(t, got, want)
}

func TestAFormsFileNameIsNotCutAtItsSlash(t *testing.T) {
	t.Parallel()
	m := ended(t, send(t, letter("anna@aau.example"), part{"file", "Møde 3/12", "message/rfc822", []byte("Subject: x\r\n\r\nhej\r\n")}).message(t).Id.String())
	got := leaves(t, waitFor(t, "anna@aau.example", m.MessageId))
	if len(got) != 2 || got[1].name != "Møde 3_12.eml" {
		t.Errorf("the parts are %v", got)
	}
}

func TestEverySealedCopyHasAnEntryForEachOfItsRecipientsAndTheMailbox(t *testing.T) {
	t.Parallel()
	reachable := []string{"bo@partner.example", "sikkerpost@region.example", "chen@uni.example", "eva@klinik.example", "frans@kommune.example", "snart@partner.example", "anna@aau.example"}
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("draft ", seed), func(t *testing.T) {
			t.Parallel()
			draw := rand.New(rand.NewPCG(seed, 1))
			d := draftJSON{"mailbox": itsMailbox, "subject": "Tæl modtagerne", "body": map[string]string{"text": "x"}}
			fields := map[string][]string{}
			for i, address := range reachable {
				field := []string{"to", "cc", "bcc", ""}[draw.IntN(4)]
				if i == 0 {
					field = "to"
				}
				if field != "" {
					fields[field] = append(fields[field], address)
					d[field] = people(fields[field]...)
				}
			}
			together := 0 // in the copy that To and Cc share
			for _, address := range append(fields["to"], fields["cc"]...) {
				if address != "anna@aau.example" {
					together++
				}
			}
			m := ended(t, send(t, d).message(t).Id.String())
			sealed := 0
			for _, one := range m.Recipients {
				raw := waitFor(t, one.Address, m.MessageId)
				if string(one.Route) != "smime" {
					continue
				}
				sealed++
				want := together
				if one.Field == contract.Bcc {
					want = 1
				}
				if n := entryForEach(t, raw); n != want {
					t.Errorf("the copy for %s has %d recipients, want %d", one.Field, n, want)
				}
			}
			if sealed == 0 || m.State != contract.MessageStateSent {
				t.Errorf("%d sealed copies, state %s", sealed, m.State)
			}
		})
	}
}

func TestTheDemoSaysWhatWasNotDelivered(t *testing.T) {
	t.Parallel()
	text := realMails()[0].text
	cases := []struct {
		name       string
		text       []byte
		to         []string
		state      string
		recipients map[string]string // address to state
		problem    string
		delivered  []string
	}{
		{
			name: "an unknown recipient refuses all", text: text, to: []string{"bo@partner.example", "nobody@elsewhere.example"},
			state: "refused", recipients: map[string]string{"nobody@elsewhere.example": "refused"}, problem: "recipients_refused",
		},
		{
			name: "Exchange rejects the only one", text: text, to: []string{"rejected@vejr.example"},
			state: "failed", recipients: map[string]string{"rejected@vejr.example": "rejected"},
		},
		{
			name: "Exchange rejects one of two copies", text: bytes.Replace(text, []byte("\nCc: "), []byte("\nBcc: rejected@vejr.example\nCc: "), 1),
			state: "failed", recipients: map[string]string{"bo@partner.example": "sent", "chen@uni.example": "sent", "rejected@vejr.example": "rejected"},
			delivered: []string{"bo@partner.example", "chen@uni.example"},
		},
		{
			name: "what is no mail", text: []byte("hej med dig\n"), to: []string{"bo@partner.example"},
			state: "refused", problem: "mime_malformed",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out, err := demoOnce(t.Context(), t.TempDir(), c.text, c.to...)
			if err == nil {
				t.Error("it ended well")
			}
			r := resultIn(t, out)
			if r.State != c.state || len(r.Recipients) != len(c.recipients) || (r.Problem != nil) != (c.problem != "") || (r.Problem != nil && r.Problem.Code != c.problem) {
				t.Errorf("result.json: %+v", r)
			}
			for _, one := range r.Recipients {
				if one.State != c.recipients[one.Address] || (one.State != "sent" && (one.Code == "" || one.Say == "")) {
					t.Errorf("result.json: %+v", one)
				}
			}
			copies, _ := filepath.Glob(filepath.Join(out, "*.eml"))
			if len(copies) != len(c.delivered) {
				t.Errorf("%d copies were written, want %d", len(copies), len(c.delivered))
			}
			for _, address := range c.delivered {
				entryForEach(t, get(t, filepath.Join(out, address+".eml")))
			}
			report, err := os.ReadFile(filepath.Join(out, "receipt.html"))
			if c.state == "refused" {
				if !errors.Is(err, os.ErrNotExist) {
					t.Error("there is a receipt of what was not sent")
				}
				return
			}
			if r.Notice != "report" || !bytes.Contains(report, []byte("rejected@vejr.example")) || !bytes.Contains(report, []byte("Intet er nået frem")) {
				t.Errorf("no report: %s %d bytes", r.Notice, len(report))
			}
		})
	}
}

func TestTheDemoGivesTheMailItsRecipientsWhateverItsLineEnds(t *testing.T) {
	t.Parallel()
	attached := crlf([]byte("From: eve@evil.example\nTo: nobody@elsewhere.example\n\nhej\n"))
	text := append([]byte("From: anna@aau.example\nTo: nobody@elsewhere.example\nBcc: nobody@elsewhere.example,\n nobody2@elsewhere.example\n"+
		"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n"), attached...)
	out := demoEach(t, []realMail{{text: append(text, "\n--b--\n"...)}}, "frans@kommune.example")[0]
	allDelivered(t, out, "frans@kommune.example")
	if raw := get(t, filepath.Join(out, "frans@kommune.example.eml")); bytes.Contains(raw, []byte("elsewhere")) {
		t.Error("the mail's own recipients are still there")
	}
}

func TestTheProgramEndsWithAnErrorWhereItCannotBegin(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, out := put(t, dir, "mail.eml", realMails()[0].text), filepath.Join(dir, "out")
	for name, args := range map[string][]string{
		"a file that is not there": {"--once", "--send", filepath.Join(dir, "none.eml"), "--out", out},
		"no folder to write to":    {"--once", "--send", file},
		"nothing to send":          {"--once", "--out", out},
		"--send without --once":    {"--send", file, "--out", out},
		"--to without --once":      {"--to", "bo@partner.example"},
	} {
		if status := Main(append([]string{"demo"}, args...), Assets{}); status != 2 {
			t.Errorf("%s: exit status %d, want 2", name, status)
		}
	}
	c := &demoCommand{Once: true, Send: file, Mailbox: itsMailbox, Out: filepath.Join(file, "in-a-file")}
	if err := c.sendOnce(t.Context(), shared.world); err == nil {
		t.Error("it wrote into a folder that cannot be")
	}
	c.Out, c.Mailbox = out, "nobody@aau.example"
	if err := c.sendOnce(t.Context(), shared.world); err == nil {
		t.Error("it sent as a mailbox that does not exist")
	}
}

// The one test with keys of full size, and with all that happens between the command line and the exit status.
func TestTheProgramSendsAMailToItsOwnRecipients(t *testing.T) {
	t.Parallel()
	peer.Need(t, "openssl", "openssl")
	assets, err := readAssets()
	if err != nil {
		t.Fatal(err)
	}
	m, dir := realMails()[0], t.TempDir()
	if status := Main([]string{"demo", "--once", "--send", put(t, dir, "mail.eml", m.text), "--out", dir}, assets); status != 0 {
		t.Fatalf("exit status %d", status)
	}
	for _, key := range []string{"bo@partner.example", itsMailbox} {
		m.sameMail(t, openSealed(t, dir, key, "bo@partner.example"))
	}
	m.sameMail(t, openSealed(t, dir, "chen@uni.example", "chen@uni.example"))
	if said := run(t, nil, "openssl", "pkey", "-in", filepath.Join(dir, "keys", "bo@partner.example.pem"), "-noout", "-text"); !strings.Contains(said, "3072 bit") {
		t.Error("the demo's Danish recipient has no RSA-3072 key")
	}
}
