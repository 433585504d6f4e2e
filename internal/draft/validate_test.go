package draft_test

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/draft"
	"aau.dk/sendsikker/internal/fault"
)

func TestASoundDraftIsValid(t *testing.T) {
	t.Parallel()
	d := sound()
	d.Cc = []mail.Address{address("", "Bo.O'Neill+sag/7@sub.blåbær.example"), address("مرحبا\u200f", "a@b.example")}
	d.Importance, d.Language, d.InReplyTo, d.References = draft.High, "en", "<weird but one>"[:1]+"id>", []string{"<a@b>"}
	d.Subject = strings.Repeat("å", draft.MaxSubject)
	if err := d.Validate(); err != nil {
		t.Error(err)
	}
}

func TestEverythingWrongIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	d := &draft.Draft{
		To: []mail.Address{address("ok", "bo@partner.example"), address("x\r\ny", "bo"), address("", "a@localhost")}, Cc: []mail.Address{address("", "a b@c.dk")},
		Subject: strings.Repeat("x", 256) + "\x00", HTML: "\xff", Text: strings.Repeat("x", draft.MaxBodySize+1),
		Importance: "urgent", InReplyTo: "a@b", References: []string{"<a@b>", "<a b>"}, Language: "sv",
	}
	f, ok := errors.AsType[*fault.Fault](d.Validate())
	if !ok || f.Kind != fault.Invalid {
		t.Fatalf("got %v", f)
	}
	want := "mailbox to[1].address to[1].name to[2].address cc[0].address subject subject html text importance language inReplyTo references[1]"
	var got []string
	for _, field := range f.Fields {
		got = append(got, field.Name)
		if field.Say.DA == "" || field.Say.EN == "" {
			t.Errorf("%s says nothing", field.Name)
		}
	}
	if strings.Join(got, " ") != want {
		t.Errorf("got  %v\nwant %s", got, want)
	}
}

func TestOnlyTooMuchIsTooLarge(t *testing.T) {
	t.Parallel()
	d := sound()
	for i := range 10_000 {
		d.Bcc = append(d.Bcc, address("", fmt.Sprintf("x%d", i)))
	}
	f, ok := errors.AsType[*fault.Fault](d.Validate())
	if !ok || f.Kind != fault.TooLarge || f.Code != "draft_too_large" || len(f.Fields) != 1 {
		t.Fatalf("got %+v", f)
	}
	if !strings.Contains(f.Fields[0].Say.DA, "10001") {
		t.Errorf("it does not say how many: %s", f.Fields[0].Say.DA)
	}
	d.Bcc = d.Bcc[:400]
	if f, _ := errors.AsType[*fault.Fault](d.Validate()); f == nil || len(f.Fields) > 50 {
		t.Error("four hundred sentences help nobody")
	}
}

func TestAddressesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	for _, a := range []string{
		"", "bo", "@", "bo@", "@x.dk", "bo@x", "bo@x..dk", "bo@.dk", "bo@x.dk.", ".bo@x.dk", "bo.@x.dk", "b..o@x.dk", "b o@x.dk", `"b o"@x.dk`,
		"bo@[192.0.2.1]", "bo@192.0.2.1", "a@b@x.dk", "bo@x_y.dk", "bo@-x.dk", "<bo@x.dk>", "Bo <bo@x.dk>", "bo@x.dk,eve@y.dk", "bo@x.dk;eve@y.dk",
		"bo(x)@x.dk", "bo@x.dk\u200b", "bo@x\u00ad.dk", "b\u200bo@x.dk", "bo\u00a0@x.dk", "bo@xn--a.dk", "bo@x.dk ", "bo@\uff41 .dk",
		strings.Repeat("x", 65) + "@x.dk", "bo@" + strings.Repeat("x", 64) + ".dk", "bo@" + strings.Repeat("x.", 130) + "dk", "bo%x@x.dk\n",
	} {
		d := sound()
		d.To = []mail.Address{address("", a)}
		if d.Validate() == nil {
			t.Errorf("%q is taken for an address", a)
		}
	}
}

func TestARecipientIsThereOnce(t *testing.T) {
	t.Parallel()
	d := sound()
	d.Mailbox = " Sikkermail@ITS.aau.example "
	d.To = []mail.Address{address(" Bo\t", " bo@Partner.Example "), address("", "BO@partner.example"), address("", "bo+sag@partner.example")}
	d.Cc = []mail.Address{address("again", "bo@PARTNER.example"), address("", "ida@blåbær.example"), address("", "no address")}
	d.Bcc = []mail.Address{address("", "ida@xn--blbr-roah.example"), address("", "bo+sag@partner.example"), address("", "eva@x.example"), address("", "no address")}
	d.Subject, d.Language, d.Importance = "  a\u030a\tx \r\n", " DA ", " High"
	d.Normalize()
	var got []string
	for _, a := range d.Recipients() {
		got = append(got, a.Name+"|"+a.Address)
	}
	want := "Bo|bo@partner.example, |BO@partner.example, |bo+sag@partner.example, |ida@blåbær.example, |no address, |eva@x.example"
	if strings.Join(got, ", ") != want {
		t.Errorf("got  %v\nwant %s", got, want)
	}
	if d.Subject != "å x" || d.Language != "da" || d.Importance != draft.High || d.Mailbox != "Sikkermail@its.aau.example" {
		t.Errorf("got %q %q %q %q", d.Subject, d.Language, d.Importance, d.Mailbox)
	}
	once := fmt.Sprint(*d)
	if d.Normalize(); fmt.Sprint(*d) != once {
		t.Error("a second Normalize changes it")
	}
}

func TestALongThreadKeepsItsFirstAndItsNewestMessages(t *testing.T) {
	t.Parallel()
	d := sound()
	for i := range 300 {
		d.References = append(d.References, fmt.Sprintf("<%d@x>", i))
	}
	d.Normalize()
	if n := len(d.References); n != draft.MaxReferences || d.References[0] != "<0@x>" || d.References[1] != "<201@x>" || d.References[n-1] != "<299@x>" {
		t.Errorf("%d: %v", n, d.References[:3])
	}
	if err := d.Validate(); err != nil {
		t.Error(err)
	}
}
