package directory

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/cms"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/sandbox/peer"
)

const (
	people   = 10_000
	distinct = 300
	suffix   = "o=Partner,c=DK"
	loginDN  = "cn=sendsikker,o=Partner,c=DK"
	password = "kun-til-test"
)

func person(i int) string { return fmt.Sprintf("p%05d@partner.example", i) }

// pki is the certificates of the tests, all with one key.
type pki struct {
	authority *ca.Authority
	key       crypto.Signer
	many      []*x509.Certificate
}

var papers = sync.OnceValue(func() pki {
	p := pki{authority: must(ca.NewForeign(ca.Options{BaseURL: "http://127.0.0.1:1"})), key: must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))}
	for i := range distinct {
		p.many = append(p.many, p.issue(person(i)))
	}
	return p
})

func (p pki) issue(address string) *x509.Certificate {
	return must(p.authority.Issue(ca.Request{CommonName: "X", Address: address, PrivateKey: p.key})).Certificate
}

// signedData is a value of userSMIMECertificate as RFC 2798 recommends it: no content.
func (p pki) signedData(c *x509.Certificate) []byte {
	s := must(cms.NewSignature(cms.SignConfig{
		Certificate: c, Chain: p.authority.Intermediates(), Key: p.key, Digest: crypto.SHA256, Time: time.Now(), Opens: opens(),
	}))
	return must(s.Finish())
}

func opens() cms.Capabilities {
	return cms.Capabilities{cms.AES256GCM.Capability(), cms.AES256CBC.Capability()}
}

// server is an OpenLDAP of our own.
type server struct {
	folder, caFile string
	plain, secure  string // host:port
	process        *exec.Cmd
}

var (
	running []*server
	mu      sync.Mutex
)

func TestMain(m *testing.M) {
	code := m.Run()
	for _, s := range running {
		s.stop()
		_ = os.RemoveAll(s.folder)
	}
	os.Exit(code)
}

// world is the directory of everybody, shared by the tests.
var world = sync.OnceValue(func() *server { return newServer(people) })

func theWorld(t testing.TB) *server {
	t.Helper()
	peer.Need(t, "slapd", "slapd")
	return world()
}

func newServer(many int) *server {
	s := &server{folder: must(os.MkdirTemp("", "slapd"))}
	mu.Lock()
	running = append(running, s)
	mu.Unlock()
	s.plain, s.secure = freePort(), freePort()
	s.caFile = s.authority()
	s.write("slapd.conf", s.settings())
	s.write("all.ldif", ldif(many))
	try(os.Mkdir(filepath.Join(s.folder, "db"), 0o700))
	if out, err := exec.Command(must(exec.LookPath("slapd")), "-Tadd", "-q", "-f", s.path("slapd.conf"), "-l", s.path("all.ldif")).CombinedOutput(); err != nil {
		panic(fmt.Sprintf("filling the directory: %v: %s", err, out))
	}
	s.start()
	return s
}

func (s *server) path(name string) string { return filepath.Join(s.folder, name) }

func (s *server) write(name, content string) {
	try(os.WriteFile(s.path(name), []byte(content), 0o600))
}

func (s *server) start() {
	s.process = exec.Command(must(exec.LookPath("slapd")), "-d", "0", "-f", s.path("slapd.conf"), "-h", "ldap://"+s.plain+"/ ldaps://"+s.secure+"/")
	try(s.process.Start())
	for range 500 {
		if conn, err := net.Dial("tcp", s.secure); err == nil {
			conn.Close()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	panic("slapd does not come up")
}

func (s *server) stop() {
	if s.process != nil {
		_ = s.process.Process.Kill()
		_ = s.process.Wait()
		s.process = nil
	}
}

func (s *server) settings() string {
	return strings.NewReplacer("{folder}", s.folder).Replace(`
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.pem
sizelimit 500
database mdb
suffix "` + suffix + `"
rootdn "cn=root,` + suffix + `"
directory {folder}/db
maxsize 268435456
dbnosync
index objectClass,mail eq
access to attrs=userPassword by anonymous auth
access to dn.subtree="ou=closed,` + suffix + `" by users read
access to dn.subtree="ou=hidden,` + suffix + `" attrs=mail by * search
access to * by * read
`)
}

// authority makes the server's certificate, and the file with who issued it.
func (s *server) authority() string {
	certificate, issuer := serverCertificate("127.0.0.1")
	s.write("server.pem", certificate)
	s.write("ca.pem", issuer)
	return s.path("ca.pem")
}

func serverCertificate(ip string) (withKey, issuer string) {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "directory test root"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "directory"}, IPAddresses: []net.IP{net.ParseIP(ip)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		NotBefore: root.NotBefore, NotAfter: root.NotAfter,
	}
	rootDER := must(x509.CreateCertificate(rand.Reader, root, root, key.Public(), key))
	leafDER := must(x509.CreateCertificate(rand.Reader, leaf, root, key.Public(), key))
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return block("CERTIFICATE", leafDER) + block("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(key))), block("CERTIFICATE", rootDER)
}

// ldif is everybody: the many, and those with something odd about them.
func ldif(many int) string {
	p := papers()
	var b strings.Builder
	fmt.Fprintf(&b, "dn: %s\nobjectClass: organization\no: Partner\n\n", suffix)
	for _, ou := range []string{"people", "crowd", "closed", "hidden"} {
		fmt.Fprintf(&b, "dn: ou=%s,%s\nobjectClass: organizationalUnit\nou: %s\n\n", ou, suffix, ou)
	}
	fmt.Fprintf(&b, "dn: %s\nobjectClass: person\ncn: sendsikker\nsn: sendsikker\nuserPassword: %s\n\n", loginDN, password)
	fmt.Fprintf(&b, "dn: ou=elsewhere,%s\nobjectClass: referral\nobjectClass: extensibleObject\nou: elsewhere\nref: ldap://127.0.0.1:1/%s\n\n", suffix, suffix)
	entry := func(name, ou string, mails []string, certificates [][]byte, signed ...[]byte) {
		fmt.Fprintf(&b, "dn: cn=%s,ou=%s,%s\nobjectClass: inetOrgPerson\ncn: %s\nsn: X\n", name, ou, suffix, name)
		for _, mail := range mails {
			fmt.Fprintf(&b, "mail: %s\n", mail)
		}
		for _, der := range certificates {
			fmt.Fprintf(&b, "userCertificate;binary:: %s\n", base64.StdEncoding.EncodeToString(der))
		}
		for _, der := range signed {
			fmt.Fprintf(&b, "userSMIMECertificate:: %s\n", base64.StdEncoding.EncodeToString(der))
		}
		b.WriteByte('\n')
	}
	raw := func(certificates ...*x509.Certificate) (list [][]byte) {
		for _, c := range certificates {
			list = append(list, c.Raw)
		}
		return list
	}
	for i := range many {
		entry(fmt.Sprintf("p%05d", i), "people", []string{person(i)}, raw(p.many[i%distinct]))
	}
	entry("flere", "people", []string{"flere@partner.example"}, raw(p.many[:3]...))
	entry("begge", "people", []string{"Begge.To@Partner.Example", "anden@partner.example"}, raw(p.many[0]))
	entry("uden", "people", []string{"uden@partner.example"}, nil)
	entry("smime", "people", []string{"smime@partner.example"}, raw(p.many[5]), p.signedData(p.many[5]))
	entry("oedelagt", "people", []string{"oedelagt@partner.example"}, [][]byte{offCurve(p.many[1]), p.many[2].Raw}, []byte("no certificate"))
	entry("lukket", "closed", []string{"lukket@partner.example"}, raw(p.many[7]))
	entry("skjult", "hidden", []string{"skjult@partner.example"}, raw(p.issue("skjult@partner.example"), p.many[8]))
	for i := range 30 {
		entry(fmt.Sprintf("k%02d", i), "crowd", []string{"kontor@partner.example"}, raw(p.many[i]))
	}
	return b.String()
}

// offCurve is a certificate that OpenLDAP takes for one, and crypto/x509 does not.
func offCurve(c *x509.Certificate) []byte {
	point := must(must(c.PublicKey.(*ecdsa.PublicKey).ECDH()).Bytes(), nil)
	der := bytes.Clone(c.Raw)
	at := bytes.Index(der, point)
	der[at+len(point)-1] ^= 1
	return der
}

// config is of the directory without TLS.
func (s *server) config() Config {
	return Config{Name: "partner", Host: s.plain, TLS: Off, Base: suffix, Timeout: 5 * time.Second, Trust: []string{"partner"}}
}

func (s *server) loggedIn() Config {
	c := s.config()
	c.Host, c.TLS, c.CAFile = s.secure, LDAPS, s.caFile
	c.BindDN, c.Password = loginDN, func() string { return password }
	return c
}

func open(t testing.TB, c Config) *Directory {
	t.Helper()
	d, err := New(c, Deps{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func find(t testing.TB, d *Directory, addresses ...string) map[string][]certs.Candidate {
	t.Helper()
	found, err := d.Find(context.Background(), addresses)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func codeOf(err error) string {
	if f, is := errors.AsType[*fault.Fault](err); is {
		return f.Code
	}
	if err != nil {
		return "no fault: " + err.Error()
	}
	return ""
}

func has(list []certs.Candidate, c *x509.Certificate) bool {
	return slices.ContainsFunc(list, func(one certs.Candidate) bool { return one.Certificate.Equal(c) })
}

func freePort() string {
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	defer listener.Close()
	return listener.Addr().String()
}

func must[T any](value T, err error) T {
	try(err)
	return value
}

func try(err error) {
	if err != nil {
		panic(err)
	}
}
