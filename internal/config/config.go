package config

import (
	"path/filepath"
	"strings"
	"time"
)

// Config is every setting. The tags are read by kong: `name` (or the field's name) is the flag, `env` the variable; in the YAML
// file the dashes of a flag may be levels: graph-url is graph: {url: …}.
type Config struct {
	Listen string `default:":8443" help:"Address to listen on." placeholder:"ADDR"`

	Front
	Finding

	TLS struct {
		Certificate string `help:"PEM certificate chain for HTTPS." type:"path" placeholder:"FILE"`
		Key         string `help:"PEM private key for HTTPS." type:"path" placeholder:"FILE"`
		Proxy       bool   `help:"Speak plain HTTP: a proxy in front of us does HTTPS."`

		Proxies   []string `help:"Addresses or networks of the proxies in front of us, such as 10.0.4.0/28, and nobody else's: what they say of who asks is believed. Needed with tls-proxy." placeholder:"NETWORK"`
		Forwarded string   `default:"X-Forwarded-For" help:"The header field in which they say it: X-Forwarded-For, or Forwarded (RFC 7239). The other one is believed from nobody." placeholder:"FIELD"`
	} `embed:"" prefix:"tls-" group:"HTTPS"`

	Entra struct {
		Tenant      string   `help:"Entra tenant id (GUID)." placeholder:"GUID"`
		Audience    string   `help:"Client id of this API's app registration (GUID)." placeholder:"GUID"`
		Clients     []string `help:"Client ids of the add-in and other programs that people use (GUIDs)." placeholder:"GUID"`
		Scope       string   `default:"Mail.SendSecure" help:"Delegated scope that a person's token must hold."`
		Role        string   `default:"Mail.SendSecure.All" help:"App role that a program's token must hold."`
		AdminRole   string   `default:"SendSikker.Administrator" help:"App role of those who administer certificates and authorities."`
		AuditorRole string   `default:"SendSikker.Auditor" help:"App role of those who may see everything on the administrators' page and change nothing."`
		Authority   string   `default:"https://login.microsoftonline.com" help:"Where Entra is." placeholder:"URL"`

		WebClientID        string `name:"web-client-id" help:"Client id of the app registration that people sign in to the administrators' page with (GUID). Without it, there is no such page." placeholder:"GUID"`
		WebCertificateFile string `name:"web-certificate-file" help:"PEM certificate and key that prove us to Entra when somebody signs in." type:"path" placeholder:"FILE"`
		WebSecret          Secret `kong:"-" yaml:"-"`
		WebSecretFile      string `name:"web-secret-file" help:"File with the client secret instead. Or the variable SENDSIKKER_ENTRA_WEB_SECRET." type:"path" placeholder:"FILE"`
	} `embed:"" prefix:"entra-" group:"Who may call (Entra ID)"`

	Graph struct {
		URL             string `default:"https://graph.microsoft.com/v1.0" help:"Where Microsoft Graph is." placeholder:"URL"`
		Credential      string `default:"workload-identity" help:"How we prove who we are: workload-identity, managed-identity, certificate or secret." placeholder:"METHOD"`
		ClientID        string `name:"client-id" help:"Client id of the app registration that may send (GUID)." placeholder:"GUID"`
		CertificateFile string `help:"PEM certificate and key, for credential certificate." type:"path" placeholder:"FILE"`
		Secret          Secret `kong:"-" yaml:"-"`
		SecretFile      string `help:"File with the client secret, for credential secret. Or the variable SENDSIKKER_GRAPH_SECRET." type:"path" placeholder:"FILE"`
		Large           string `default:"refuse" help:"A sealed mail above 2.9 MB: refuse, upload (Graph) or smtp (SMTP AUTH). Prove it with 'sendsikker doctor large' before you turn it on." placeholder:"WAY"`
		MaxMegabytes    int    `default:"35" help:"Largest sealed mail by that way, in MB: the mailboxes' MaxSendSize, at most 150." placeholder:"N"`
		SMTP            string `name:"smtp" default:"smtp.office365.com:587" help:"Where SMTP AUTH is." placeholder:"HOST:PORT"`
	} `embed:"" prefix:"graph-" group:"Sending (Microsoft Graph)"`

	Mail struct {
		Domains      []string `help:"The organisation's own mail domains. Mail to them stays ordinary mail." placeholder:"DOMAIN"`
		Encryption   string   `default:"auto" help:"How mail is encrypted: auto takes the newest that every recipient says they can open, compat what every mail program can open (AES-CBC), modern AES-GCM, which many programs cannot open yet." placeholder:"RULE"`
		Headers      string   `default:"sign" help:"What is done for the subject, sender and recipients of encrypted mail: sign puts them inside too, so that a change on the way shows; hide also replaces the subject outside; off does neither." placeholder:"RULE"`
		OuterSubject string   `default:"[...]" help:"What stands outside instead of the subject, with headers hide." placeholder:"TEXT"`
	} `embed:"" prefix:"mail-" group:"Mail"`

	Sending struct {
		PerMinute        int           `default:"30" help:"Mails a minute from one mailbox (Exchange Online's limit)." placeholder:"N"`
		RecipientsPerDay int           `default:"10000" help:"Recipients a day from one mailbox (Exchange Online's limit)." placeholder:"N"`
		Backlog          time.Duration `default:"2h" help:"How much a mailbox may have waiting, by the time it takes, before more is refused with a time to come again." placeholder:"TIME"`
		KeepDays         int           `default:"400" help:"Days that what is known of a mail is kept, its subject with it; 0 is for ever. The audit log stays for audit-keep-days, without the recipients." placeholder:"N"`
	} `embed:"" prefix:"sending-" group:"Sending (Microsoft Graph)"`

	Limits Limits `embed:"" prefix:"limits-" group:"Limits of callers"`

	Audit struct {
		KeepDays int `default:"1826" help:"Days that the audit log is kept (1826 is five years); 0 is for ever. What it says of a mail's recipients goes with the mail, after sending-keep-days." placeholder:"N"`
	} `embed:"" prefix:"audit-" group:"Audit log"`

	Drain   time.Duration `default:"5s" help:"How long requests are still taken after the program was told to stop and says so on /readyz: as long as your load balancer needs to see it." placeholder:"TIME"`
	Workers int           `default:"8" help:"Copies sent at the same time."`
	Log     string        `default:"info" help:"Least level that is logged: debug, info, warn or error." placeholder:"LEVEL"`
}

// Storage is where what we know is kept.
type Storage struct {
	Data string `default:"/var/lib/sendsikker" help:"Folder for the database, the spool and the master key." type:"path" placeholder:"DIR"`

	DatabaseURL Secret   `name:"database-url" help:"PostgreSQL, such as postgres://sendsikker@db.example.dk/sendsikker: for several machines. Without it, SQLite in the data folder. The variable SENDSIKKER_DATABASE_URL keeps its password off the command line." placeholder:"URL"`
	SpoolURL    string   `name:"spool-url" help:"Where copies wait: s3://bucket?region=…, azblob://container, or a folder that all machines share. Without it, the data folder." placeholder:"URL"`
	KeyVault    string   `name:"key-vault" help:"Master key in Azure Key Vault, its version in the address: azurekeyvault://NAME.vault.azure.net/keys/KEY/VERSION. Without it, the file master.key in the data folder." placeholder:"URL"`
	KeyOlder    []string `name:"key-older" help:"Earlier versions of that key, until everything is wrapped anew." placeholder:"URL"`

	PKCS11 struct {
		Module  string `help:"PKCS #11 library of the device that mailboxes' private keys stay in, such as /usr/lib/softhsm/libsofthsm2.so. It is C code that runs inside the program. Without it, there is no such device." type:"path" placeholder:"FILE"`
		PINFile string `name:"pin-file" help:"File with the PIN of its tokens. Or the variable SENDSIKKER_PKCS11_PIN." type:"path" placeholder:"FILE"`
	} `embed:"" prefix:"pkcs11-" group:"Mailboxes' keys in a device"`
}

// Finding is the settings that looking for certificates and judging them needs.
type Finding struct {
	Storage

	Trust struct {
		Environment   string        `default:"production" help:"production, or test: the test authorities of OCES3 instead of the real ones. Never both." placeholder:"ENV"`
		OCES3         bool          `name:"oces3" default:"true" negatable:"" help:"Trust the Danish state's OCES3 authorities, whose certificates come with the program."`
		OCES3Test     []string      `name:"oces3-test" help:"PEM files with root and issuer of the OCES3 test environment; only with trust-environment test." type:"path" placeholder:"FILE"`
		PublicRoots   []string      `name:"public-roots" help:"PEM files with roots that issue S/MIME certificates to the public, such as Mozilla's list for e-mail." type:"path" placeholder:"FILE"`
		Roots         []string      `help:"PEM files with further roots that recipients' certificates may go back to." type:"path" placeholder:"FILE"`
		Intermediates []string      `help:"PEM files with issuers below these roots." type:"path" placeholder:"FILE"`
		Unpublished   string        `default:"stop" help:"A certificate below one of trust-roots whose authority publishes no revocation list: stop, or warn." placeholder:"RULE"`
		Grace         time.Duration `default:"0s" help:"How long a certificate is still used when its authority's revocation list is out of date and no new one can be had. Each use is logged." placeholder:"TIME"`
		FetchIssuers  bool          `name:"fetch-issuers" default:"true" negatable:"" help:"Fetch an issuer that is missing from where the certificate says it lies (public addresses only)."`
		Deadline      time.Duration `default:"2s" help:"Longest wait for a recipient's certificate."`
	} `embed:"" prefix:"trust-" group:"Recipients' certificates"`

	DNS struct {
		Resolver    string `help:"A validating DNS resolver on this machine, such as 127.0.0.1:53, to find certificates that recipients' domains publish (SMIMEA). Without it, none are looked for." placeholder:"ADDR"`
		TrustDomain bool   `name:"trust-domain" default:"true" negatable:"" help:"Use a certificate whose issuer is unknown when the recipient's domain vouches for it in signed DNS (usage 3)."`
	} `embed:"" prefix:"dns-" group:"Recipients' certificates"`

	Directories []Directory `name:"directories" sep:"none" help:"LDAP directories with recipients' certificates; in the YAML file, a list. See the README." group:"Recipients' certificates" placeholder:"JSON"`
}

// Database is the address of PostgreSQL, or where the SQLite file lies.
func (c Storage) Database() string {
	if c.DatabaseURL.Set() {
		return c.DatabaseURL.Reveal()
	}
	return filepath.Join(c.Data, "sendsikker.db")
}

// Spool is where copies wait.
func (c Storage) Spool() string {
	if c.SpoolURL != "" {
		return c.SpoolURL
	}
	return filepath.Join(c.Data, "spool")
}

// Lists is the folder where revocation lists are kept, so that a restart need not fetch them all. It may be deleted.
func (c Storage) Lists() string { return filepath.Join(c.Data, "lists") }

// MasterKey is the file that the key keeper opens.
func (c Storage) MasterKey() string {
	if c.KeyVault != "" {
		return strings.Join(append([]string{c.KeyVault}, c.KeyOlder...), " ")
	}
	return filepath.Join(c.Data, "master.key")
}
