package directory

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"

	"aau.dk/sendsikker/internal/sandbox/peer"
)

func peerNeeded(t testing.TB) {
	t.Helper()
	peer.Need(t, "slapd", "slapd")
}

func write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// listen serves on loopback until the test ends.
func listen(t testing.TB, serve func(net.Conn)) (address string) {
	t.Helper()
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	return listener.Addr().String()
}

// answering is a server that reads each request and gives its number to answer.
func answering(answer func(conn net.Conn, id int64)) func(net.Conn) {
	return func(conn net.Conn) {
		for {
			frame, err := readFrame(conn, maxMessage)
			if err != nil {
				return
			}
			answer(conn, ber.DecodePacket(frame).Children[0].Value.(int64))
		}
	}
}

func message(id int64, parts ...*ber.Packet) []byte {
	packet := ber.NewSequence("")
	packet.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
	for _, part := range parts {
		packet.AppendChild(part)
	}
	return packet.Bytes()
}

func octets(text string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, text, "")
}

func entryFor(id int64, address string, values ...[]byte) []byte {
	attribute := func(name string, values ...[]byte) *ber.Packet {
		packet, set := ber.NewSequence(""), ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
		for _, value := range values {
			set.AppendChild(octets(string(value)))
		}
		packet.AppendChild(octets(name))
		packet.AppendChild(set)
		return packet
	}
	entry, attributes := ber.Encode(ber.ClassApplication, ber.TypeConstructed, 4, nil, ""), ber.NewSequence("")
	entry.AppendChild(octets("cn=x"))
	attributes.AppendChild(attribute("mail", []byte(address)))
	attributes.AppendChild(attribute("userCertificate;binary", values...))
	entry.AppendChild(attributes)
	return message(id, entry)
}

func done(id int64, code int64, parts ...*ber.Packet) []byte {
	end := ber.Encode(ber.ClassApplication, ber.TypeConstructed, 5, nil, "")
	end.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, code, ""))
	end.AppendChild(octets(""))
	end.AppendChild(octets("words of a server about hemmelig@partner.example"))
	return message(id, append([]*ber.Packet{end}, parts...)...)
}

const wanted = "hemmelig@partner.example"

func TestAServerThatMeansHarmIsSilentAndNoMore(t *testing.T) {
	good := papers().many[0].Raw
	unending := []string{"no answer", "an answer to another question", "one octet a while"}
	level := octets("")
	for range 1000 {
		outer := ber.NewSequence("")
		outer.AppendChild(level)
		level = outer
	}
	deep := message(1, level)
	send := func(frames func(id int64) []byte) func(net.Conn) {
		return answering(func(conn net.Conn, id int64) { _, _ = conn.Write(frames(id)) })
	}
	cases := []struct {
		name  string
		serve func(net.Conn)
		want  string
		found int
	}{
		{"garbage", func(conn net.Conn) { _, _ = conn.Write(bytes.Repeat([]byte("HTTP/1.1 400 "), 1000)) }, CodeGarbled, 0},
		{"a length of two gigabytes", send(func(int64) []byte { return []byte{0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 2, 1} }), CodeGarbled, 0},
		{"a length of eight octets", send(func(int64) []byte { return []byte{0x30, 0x88, 0, 0, 0, 0, 0, 0, 0, 3, 2, 1, 1} }), CodeGarbled, 0},
		{"an indefinite length", send(func(id int64) []byte { return []byte{0x30, 0x80, 2, 1, byte(id), 0, 0} }), CodeGarbled, 0},
		{"a length beyond its parent", send(func(id int64) []byte { return []byte{0x30, 7, 2, 1, byte(id), 0x64, 0x10, 4, 0} }), CodeGarbled, 0},
		{"a thousand levels", send(func(int64) []byte { return deep }), CodeGarbled, 0},
		{"an entry of a million empty elements", send(func(id int64) []byte {
			body := bytes.Repeat([]byte{4, 0}, 400_000)
			packet := ber.Encode(ber.ClassApplication, ber.TypeConstructed, 4, nil, "")
			packet.Data.Write(body)
			return message(id, packet)
		}), CodeGarbled, 0},
		{"a huge value", send(func(id int64) []byte { return entryFor(id, wanted, make([]byte, 2<<20)) }), CodeGarbled, 0},
		{"a large value beside a good one", send(func(id int64) []byte {
			return append(entryFor(id, wanted, make([]byte, maxValue+1), good), done(id, 0)...)
		}), "", 1},
		{"endless entries", answering(func(conn net.Conn, id int64) {
			frame := entryFor(id, wanted, good)
			for {
				if _, err := conn.Write(frame); err != nil {
					return
				}
			}
		}), CodePartial, 1},
		{"endless large entries of somebody else", answering(func(conn net.Conn, id int64) {
			frame := entryFor(id, "x@partner.example", make([]byte, 500<<10))
			for {
				if _, err := conn.Write(frame); err != nil {
					return
				}
			}
		}), CodeGarbled, 0},
		{"endless references", answering(func(conn net.Conn, id int64) {
			reference := ber.Encode(ber.ClassApplication, ber.TypeConstructed, 19, nil, "")
			reference.AppendChild(octets("ldap://127.0.0.1:1/"))
			frame := bytes.Repeat(message(id, reference), 1000)
			for {
				if _, err := conn.Write(frame); err != nil {
					return
				}
			}
		}), CodeGarbled, 0},
		{"endless pages", send(func(id int64) []byte { return done(id, 0, pageControl("more")) }), CodePartial, 0},
		{"a control that holds a thousand levels", send(func(id int64) []byte {
			return done(id, 0, pageControl(strings.Repeat("\x30\x80", 9000)))
		}), CodeGarbled, 0},
		{"no answer", func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }, CodeSilent, 0},
		{"an answer to another question", send(func(id int64) []byte { return done(id+5, 0) }), CodeSilent, 0},
		{"one octet a while", func(conn net.Conn) {
			for _, b := range entryFor(1, wanted, good) {
				if _, err := conn.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
		}, CodeSilent, 0},
		{"a referral and nothing else", send(func(id int64) []byte { return done(id, 10) }), CodeRefused, 0},
		{"a reference that is not followed", send(func(id int64) []byte {
			reference := ber.Encode(ber.ClassApplication, ber.TypeConstructed, 19, nil, "")
			reference.AppendChild(octets("ldap://127.0.0.1:1/"))
			return append(append(message(id, reference), entryFor(id, wanted, good)...), done(id, 0)...)
		}), "", 1},
		{"it hangs up at once", func(net.Conn) {}, CodeSilent, 0},
		{"it hangs up in the middle", func(conn net.Conn) {
			_, _ = readFrame(conn, maxMessage)
			_, _ = conn.Write(append(entryFor(1, wanted, good), 0x30, 0x20, 2))
		}, CodeSilent, 1},
		{"it is busy", send(func(id int64) []byte { return done(id, 51) }), CodeSilent, 0},
		{"it says no", send(func(id int64) []byte { return done(id, 50) }), CodeRefused, 0},
		{"an end that is no end", send(func(id int64) []byte {
			return message(id, ber.Encode(ber.ClassApplication, ber.TypeConstructed, 5, nil, ""))
		}), CodeSilent, 0},
		{"an entry without attributes", send(func(id int64) []byte {
			return message(id, ber.Encode(ber.ClassApplication, ber.TypeConstructed, 4, nil, ""))
		}), CodeGarbled, 0},
		{"everybody but the one asked for", send(func(id int64) []byte {
			return append(entryFor(id, "x@partner.example", good), done(id, 0)...)
		}), "", 0},
		{"an entry without an address", send(func(id int64) []byte {
			return append(entryFor(id, "", good), done(id, 0)...)
		}), "", 0},
		{"more values than are read", send(func(id int64) []byte {
			values := [][]byte{good}
			for range maxValues {
				values = append(values, []byte("no certificate"))
			}
			return append(entryFor(id, wanted, values...), done(id, 0)...)
		}), CodePartial, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			patience := 20 * time.Second // however slow the machine
			if slices.Contains(unending, c.name) {
				patience = 300 * time.Millisecond
			}
			d := open(t, Config{Name: "hostile", Host: listen(t, c.serve), TLS: Off, Base: "c=DK", PageSize: 100, Timeout: patience})
			begun := time.Now()
			found, err := d.Find(context.Background(), []string{wanted})
			if codeOf(err) != c.want || len(found[wanted]) != c.found {
				t.Errorf("%q (%v) with %d certificates, want %q with %d", codeOf(err), err, len(found[wanted]), c.want, c.found)
			}
			if took := time.Since(begun); took > 15*time.Second {
				t.Errorf("after %v", took)
			}
			if err != nil && (strings.Contains(err.Error(), "hemmelig") || strings.Contains(err.Error(), "127.0.0.1")) {
				t.Errorf("the error tells more than it may: %v", err)
			}
		})
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func pageControl(cookie string) *ber.Packet {
	value, inner := ber.NewSequence(""), ber.NewSequence("")
	value.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, int64(0), ""))
	value.AppendChild(octets(cookie))
	inner.AppendChild(octets("1.2.840.113556.1.4.319"))
	inner.AppendChild(octets(string(value.Bytes())))
	controls := ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, "")
	controls.AppendChild(inner)
	return controls
}

func TestStartTLSNeverFallsBack(t *testing.T) {
	t.Parallel()
	_, issuer := serverCertificate("127.0.0.1")
	caFile := t.TempDir() + "/ca.pem"
	write(t, caFile, issuer)
	extended := func(id, code int64) []byte {
		frame := done(id, code)
		return bytes.Replace(frame, []byte{0x65}, []byte{0x78}, 1)
	}
	heard := make(chan []byte, 100)
	for name, serve := range map[string]func(net.Conn){
		"the server does not know it":           func(c net.Conn) { _, _ = readFrame(c, maxAside); _, _ = c.Write(extended(1, 2)) },
		"the server agrees and goes on plainly": func(c net.Conn) { _, _ = readFrame(c, maxAside); _, _ = c.Write(append(extended(1, 0), done(1, 0)...)) },
		"the answer is to another question":     func(c net.Conn) { _, _ = readFrame(c, maxAside); _, _ = c.Write(extended(2, 0)) },
		"the answer is another kind of answer":  func(c net.Conn) { _, _ = readFrame(c, maxAside); _, _ = c.Write(done(1, 0)) },
		"the server says nothing":               func(c net.Conn) { _, _ = readFrame(c, maxAside) },
		"the server says nothing and holds on":  func(net.Conn) {},
	} {
		t.Run(name, func(t *testing.T) {
			address := listen(t, func(conn net.Conn) {
				serve(conn)
				_ = conn.SetReadDeadline(time.Now().Add(time.Second))
				rest, _ := io.ReadAll(conn)
				heard <- rest
			})
			d := open(t, Config{
				Name: "plain", Host: address, TLS: StartTLS, CAFile: caFile, Base: "c=DK", Timeout: 300 * time.Millisecond,
				BindDN: loginDN, Password: func() string { return password },
			})
			_, err := d.Find(context.Background(), []string{wanted})
			if code := codeOf(err); code != CodeTLS && code != CodeSilent {
				t.Errorf("%q", code)
			}
			if rest := <-heard; bytes.Contains(rest, []byte(password)) || bytes.Contains(rest, []byte("hemmelig")) {
				t.Error("something was said in clear")
			}
		})
	}
}

func TestAWaitEndsByItsDeadline(t *testing.T) {
	t.Parallel()
	quiet := listen(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
	for name, c := range map[string]Config{
		"while it searches":    {TLS: Off},
		"while TLS is made":    {TLS: LDAPS},
		"while TLS is started": {TLS: StartTLS},
	} {
		t.Run(name, func(t *testing.T) {
			c.Name, c.Host, c.Base, c.Timeout = "quiet", quiet, "c=DK", 20*time.Second
			d := open(t, c)
			ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
			defer cancel()
			begun := time.Now()
			_, err := d.Find(ctx, []string{wanted})
			if took := time.Since(begun); codeOf(err) != CodeSilent || took > 5*time.Second {
				t.Errorf("%q after %v", codeOf(err), took)
			}
			begun = time.Now()
			if _, err := d.Find(ctx, []string{wanted}); codeOf(err) != CodeSilent || time.Since(begun) > time.Second {
				t.Errorf("with a deadline that has passed: %q", codeOf(err))
			}
		})
	}
}

func TestNothingIsLeftRunning(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 5 {
		address := listen(t, answering(func(conn net.Conn, id int64) { _, _ = conn.Write(done(id, 0)) }))
		d := must(New(Config{Name: "brief", Host: address, TLS: Off, Base: "c=DK"}, Deps{Now: time.Now}))
		if _, err := d.Find(context.Background(), []string{wanted}); err != nil {
			t.Fatal(err)
		}
		_ = d.Close()
		if _, err := d.Find(context.Background(), []string{wanted}); codeOf(err) != CodeSilent {
			t.Errorf("a closed directory says %q", codeOf(err))
		}
	}
	for range 100 {
		if runtime.NumGoroutine() <= before+5 { // the listeners of this test
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("%d goroutines, before %d", runtime.NumGoroutine(), before)
}
