package mailbox_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

const (
	anna  = "0e750000-0000-4000-8000-000000000001"
	birk  = "0e750000-0000-4000-8000-000000000002"
	group = "960b0000-0000-4000-8000-000000000001"
	other = "960b0000-0000-4000-8000-000000000002"
	robot = "a9900000-0000-4000-8000-00000000a002"
	box   = "sikkermail@its.aau.example"
)

// directory is who is in which group; it counts how often it is asked.
type directory struct {
	groups map[string][]string
	asked  int
	err    error
}

func (d *directory) MemberOf(_ context.Context, person string, groups []string) ([]string, error) {
	d.asked++
	var in []string
	for _, g := range groups {
		for _, have := range d.groups[person] {
			if g == have {
				in = append(in, g)
			}
		}
	}
	return in, d.err
}

type bench struct {
	registry *mailbox.Registry
	keeper   *keeper.Keeper
	devices  mailbox.Devices
	admin    mailbox.Admin
	store    *store.Store
	dir      *directory
	now      time.Time
	key      crypto.Signer
	leaf     *x509.Certificate
}

func setUp(t *testing.T) *bench {
	t.Helper()
	b := &bench{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), dir: &directory{groups: map[string][]string{}}}
	k, err := keeper.OpenOrMakeFile(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return b.now }
	if b.store, err = store.Open(t.Context(), filepath.Join(t.TempDir(), "db"), clock); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.store.Close() })
	b.keeper = k
	b.registry = b.again()
	b.admin = mailbox.Admin{Store: b.store, Keeper: k, Now: clock, Actor: audit.Actor{Kind: "operator", ID: "test"}}
	b.key, b.leaf = identity(t, b.now, x509.KeyUsageDigitalSignature|x509.KeyUsageKeyAgreement)
	if err := b.admin.Put(t.Context(), mailbox.New{Address: "SikkerMail@ITS.aau.example", Name: "ITS", Certificate: b.leaf, Key: b.key, Accept: selfSigned()}); err != nil {
		t.Fatal(err)
	}
	return b
}

// again is the registry of a service that has just started.
func (b *bench) again() *mailbox.Registry {
	return mailbox.NewRegistry(mailbox.Deps{Store: b.store, Keeper: b.keeper, Devices: b.devices, Directory: b.dir, Now: func() time.Time { return b.now }})
}

// selfSigned is what an administrator decides about a certificate that the unit made itself.
func selfSigned() []string { return []string{string(trust.UnknownIssuer), string(trust.WrongAddress)} }

func identity(t *testing.T, now time.Time, usage x509.KeyUsage) (crypto.Signer, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "ITS"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour), KeyUsage: usage,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, leaf
}

func TestWhoMaySendAsAMailbox(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	for _, g := range []store.Grant{{Kind: "person", Subject: strings.ToUpper(anna)}, {Kind: "group", Subject: group}, {Kind: "application", Subject: robot}} {
		if err := b.admin.Grant(t.Context(), box, g); err != nil {
			t.Fatal(err)
		}
	}
	b.dir.groups[birk] = []string{group}
	user := func(id string, groups ...string) mailbox.Caller {
		return mailbox.Caller{Kind: mailbox.User, ID: id, Client: "c", Groups: groups}
	}
	cases := []struct {
		name   string
		caller mailbox.Caller
		may    bool
	}{
		{"a person by name", user(anna), true},
		{"a person by a group in the token", user(birk, other, group), true},
		{"a person whose groups must be asked for", mailbox.Caller{Kind: mailbox.User, ID: birk, Overage: true}, true},
		{"a person in another group", user(birk, other), false},
		{"a person in no group", user(birk), false},
		{"an application by its client id", mailbox.Caller{Kind: mailbox.Application, ID: "sp", Client: robot}, true},
		{"an application whose object id is a person's grant", mailbox.Caller{Kind: mailbox.Application, ID: anna, Client: "x"}, false},
		{"an application that claims a group", mailbox.Caller{Kind: mailbox.Application, ID: "sp", Client: "x", Groups: []string{group}}, false},
		{"a person who uses the application's client", mailbox.Caller{Kind: mailbox.User, ID: birk, Client: robot}, false},
		{"a person whose id is a group's", user(group), false},
		{"nobody at all", mailbox.Caller{Kind: mailbox.User}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := b.registry.Open(t.Context(), c.caller, " SIKKERMAIL@its.AAU.example ")
			if (err == nil) != c.may {
				t.Fatalf("may %v, want %v: %v", err == nil, c.may, err)
			}
			usable, listErr := b.registry.Usable(t.Context(), c.caller)
			if listErr != nil || (len(usable) == 1) != c.may {
				t.Errorf("lists %d mailboxes, may %v: %v", len(usable), c.may, listErr)
			}
			if c.may && (got.Address != box || got.Key == nil) {
				t.Errorf("got %+v", got.Mailbox)
			}
			if !c.may {
				_, unknown := b.registry.Open(t.Context(), c.caller, "no-such@its.aau.example")
				if fault.From(err).Code != fault.From(unknown).Code || fault.KindOf(err) != fault.Forbidden {
					t.Errorf("one can tell a mailbox that exists (%v) from one that does not (%v)", err, unknown)
				}
			}
		})
	}
}

func TestTheDirectoryIsAskedOncePerMinutesAndARightTakenAwayEnds(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	if err := b.admin.Grant(t.Context(), box, store.Grant{Kind: "group", Subject: group}); err != nil {
		t.Fatal(err)
	}
	b.dir.groups[birk] = []string{group}
	caller := mailbox.Caller{Kind: mailbox.User, ID: birk, Overage: true}
	for range 5 {
		if _, err := b.registry.Check(t.Context(), caller, box); err != nil {
			t.Fatal(err)
		}
	}
	if b.dir.asked != 1 {
		t.Errorf("the directory was asked %d times, want 1", b.dir.asked)
	}
	b.dir.groups[birk] = nil
	b.now = b.now.Add(6 * time.Minute)
	if _, err := b.registry.Check(t.Context(), caller, box); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a member who left may still send: %v", err)
	}
	b.now = b.now.Add(6 * time.Minute)
	b.dir.err = fault.New(fault.Unavailable, "graph_away", fault.Sentence{DA: "Væk", EN: "Away"}, nil)
	if _, err := b.registry.Check(t.Context(), caller, box); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a directory that is away must not decide: %v", err)
	}
}

func TestAKeyRestsEncryptedAndAnUnreadableOneHasAClearAnswer(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	if err := b.admin.Grant(t.Context(), box, store.Grant{Kind: "person", Subject: anna}); err != nil {
		t.Fatal(err)
	}
	row, err := b.store.MailboxByAddress(t.Context(), box)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x509.ParsePKCS8PrivateKey(row.Key); err == nil {
		t.Fatal("the private key lies in clear")
	}
	row.Key[len(row.Key)-1] ^= 1
	if err := b.store.PutMailbox(t.Context(), row, audit.Entry{At: b.now, Actor: audit.Actor{Kind: "system"}, Action: audit.MailboxPut}); err != nil {
		t.Fatal(err)
	}
	_, err = b.registry.Open(t.Context(), mailbox.Caller{Kind: mailbox.User, ID: anna}, box)
	f := fault.From(err)
	if f.Code != "mailbox_key_unreadable" || !strings.Contains(f.Say.DA, "nøgle") {
		t.Errorf("got %v", err)
	}
}

func TestWhatDoesNotBelongTogetherIsNotAdded(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	strange, _ := identity(t, b.now, 0)
	key, noSign := identity(t, b.now, x509.KeyUsageKeyAgreement)
	key2, noRead := identity(t, b.now, x509.KeyUsageDigitalSignature)
	key3, old := identity(t, b.now.Add(-48*time.Hour), 0)
	cases := []struct {
		name string
		new  mailbox.New
		want string
	}{
		{"another certificate's key", mailbox.New{Address: box, Certificate: b.leaf, Key: strange}, "does not belong"},
		{"a certificate that may not sign", mailbox.New{Address: box, Certificate: noSign, Key: key}, "used to sign"},
		{"a certificate that nobody can encrypt for", mailbox.New{Address: box, Certificate: noRead, Key: key2}, "encrypted for"},
		{"a certificate of the past", mailbox.New{Address: box, Certificate: old, Key: key3}, "expired on 22 November 2026"},
		{"an address that is none", mailbox.New{Address: "its", Certificate: b.leaf, Key: b.key}, "e-mail address"},
		{"minutes to take a mail back", mailbox.New{Address: box, Certificate: b.leaf, Key: b.key, Undo: time.Hour}, "take a mail back"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.new.Accept = selfSigned()
			if err := b.admin.Put(t.Context(), c.new); err == nil || !strings.Contains(fault.From(err).Say.EN, c.want) || fault.KindOf(err) != fault.Invalid {
				t.Errorf("got %v, want one about %q", err, c.want)
			}
		})
	}
	if err := b.admin.Put(t.Context(), mailbox.New{Address: box, Certificate: b.leaf, Key: b.key}); len(fault.From(err).Fields) != 2 {
		t.Errorf("an issuer and an address that nobody decided about: %v", err)
	}
	if err := b.admin.Grant(t.Context(), box, store.Grant{Kind: "person", Subject: "anna@aau.example"}); err == nil {
		t.Error("an address was taken for an object id")
	}
	if err := b.admin.Revoke(t.Context(), box, store.Grant{Kind: "person", Subject: anna}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("taking away what was never given: %v", err)
	}
}
