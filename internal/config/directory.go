package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// Directory is an LDAP directory with recipients' certificates. What is left out is the profile's. In the YAML file:
//
//	directories:
//	  - {name: oces, profile: oces3, host: ldap.example.dk, trust: [oces3]}
type Directory struct {
	Name                  string   `json:"name"`
	Profile               string   `json:"profile"`
	Host                  string   `json:"host"`
	TLS                   string   `json:"tls"`
	CAFile                string   `json:"ca-file"`
	Base                  string   `json:"base"`
	Scope                 string   `json:"scope"`
	Filter                string   `json:"filter"`
	AddressAttributes     []string `json:"address-attributes"`
	CertificateAttributes []string `json:"certificate-attributes"`
	BindDN                string   `json:"bind-dn"`
	PasswordFile          string   `json:"password-file"`
	PageSize              int      `json:"page-size"`
	SizeLimit             int      `json:"size-limit"`
	Timeout               Duration `json:"timeout"`
	Connections           int      `json:"connections"`
	Trust                 []string `json:"trust"` // the trust profiles whose authorities may vouch for what it gives; none is all
}

// Duration is written as in "2s".
type Duration time.Duration

// UnmarshalText reads it.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}

// UnmarshalJSON refuses settings that do not exist: a misspelt one would silently not hold.
func (d *Directory) UnmarshalJSON(text []byte) error {
	type plain Directory
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode((*plain)(d))
}

// UnmarshalText reads one directory as JSON, for the command line and the environment.
func (d *Directory) UnmarshalText(text []byte) error { return json.Unmarshal(text, d) }

// Password reads the file with the password to bind with; "" where there is none to read.
func (d Directory) Password() (string, error) {
	if d.PasswordFile == "" {
		return "", nil
	}
	text, err := os.ReadFile(d.PasswordFile)
	if err != nil {
		return "", errors.New("the password file cannot be read")
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}

// check looks at what needs no knowledge of LDAP; the rest is the directory's own to say.
func (d Directory) check(i int, bad func(is bool, setting, what string)) {
	setting := fmt.Sprintf("directories[%d]", i)
	bad(d.Name == "" || strings.Trim(d.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "", setting, "name must be lower-case letters, digits and hyphens")
	bad(d.CAFile != "" && !readable(d.CAFile), setting, "ca-file cannot be read")
	bad(d.PasswordFile != "" && !readable(d.PasswordFile), setting, "password-file cannot be read")
	bad((d.BindDN == "") != (d.PasswordFile == ""), setting, "bind-dn and password-file belong together")
}
