package app

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"aau.dk/sendsikker/api/addin"
	"aau.dk/sendsikker/internal/certs/directory"
	"aau.dk/sendsikker/internal/entra"
	"aau.dk/sendsikker/internal/graph"
	"aau.dk/sendsikker/internal/manifest"
	"aau.dk/sendsikker/internal/sandbox"
	"aau.dk/sendsikker/internal/sandbox/entraid"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/smime"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

// replicaVariable makes a replica of this test binary: a process of its own is what can be killed.
const replicaVariable = "SENDSIKKER_TEST_REPLICA"

// replicaPlan is what a replica is told. It holds no secret but the database's address, which here has none.
type replicaPlan struct {
	Database   string
	Spool      string
	MasterKey  string
	Lists      string // a folder of its own
	Log        string // a file of its own
	University string // where it is
	Directory  string
	Anchors    []anchorPEM
	Timing     sending.Timing
	Limits     store.Limits
	Workers    int
	Rescue     time.Duration
}

// anchorPEM is a trust.Profile on its way to another process.
type anchorPEM struct{ Name, Roots, Intermediates string }

func writeCertificates(list []*x509.Certificate) string {
	var text strings.Builder
	for _, c := range list {
		_ = pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	}
	return text.String()
}

func readCertificates(text string) (list []*x509.Certificate, err error) {
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return list, nil
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
}

// runReplica is the life of a replica: it serves until it is killed, is told to stop, or its parent is gone.
func runReplica(text string) error {
	var p replicaPlan
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1) // the parent's end of the pipe is closed: nobody is left who could stop this one
	}()
	log, err := os.OpenFile(p.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	w, err := p.wiring(slog.New(slog.NewJSONHandler(log, nil)))
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	s, err := wire(ctx, w)
	if err != nil {
		return err
	}
	var settings net.ListenConfig
	listener, err := settings.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, s.close())
	}
	fmt.Println(listener.Addr()) // to the parent
	return s.serve(ctx, listener)
}

func (p replicaPlan) wiring(log *slog.Logger) (wiring, error) {
	assets, err := readAssets()
	if err != nil {
		return wiring{}, err
	}
	tenant := entraid.University()
	tenant.Base, tenant.Now = p.University, time.Now
	w := wiring{
		Assets: assets, Database: p.Database, Spool: p.Spool, MasterKey: p.MasterKey,
		Entra: entra.Config{
			Tenant: tenant.Tenant, Audience: tenant.API, Clients: []string{tenant.AddIn}, Scope: tenant.Scope, Role: tenant.Role,
			Authority: p.University, Now: time.Now,
		},
		Credential: entraid.NewCredential(tenant, tenant.Applications[0]),
		GraphURL:   p.University + "/v1.0", GraphLarge: graph.LargeUpload, UploadHosts: []string{"127.0.0.1"},
		Domains: sandbox.Domains(), Encryption: smime.RuleAuto, Headers: sending.SignHeaders,
		Finding: finding{
			Loopback: true, FetchIssuers: true, Lists: p.Lists, Deadline: 10 * time.Second,
			Directories: []directory.Config{{Name: "region", Host: p.Directory, TLS: directory.Off, Base: "c=dk", Timeout: 2 * time.Second}},
		},
		AdminRole: "SendSikker.Administrator", Organisation: "Universitetet Eksempel", PublicURL: "http://127.0.0.1",
		AddIn: addInSettings{
			ClientID: tenant.AddIn, Authority: p.University + "/" + tenant.Tenant, Version: manifest.FirstVersion, Office: "/outlook/office.js",
			Rules: addin.Rules{CPR: "block", Marked: "block", Channel: "ask"},
		},
		Timing: p.Timing, Limits: p.Limits, Workers: p.Workers, Rescue: p.Rescue, Now: time.Now, Log: log,
	}
	for _, a := range p.Anchors {
		roots, err1 := readCertificates(a.Roots)
		issuers, err2 := readCertificates(a.Intermediates)
		if err := errors.Join(err1, err2); err != nil {
			return wiring{}, err
		}
		w.Finding.Profiles = append(w.Finding.Profiles, trust.Profile{Name: a.Name, Roots: roots, Intermediates: issuers})
	}
	return w, nil
}
