package app

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"aau.dk/sendsikker/internal/config"
)

// configFile is read when it exists; --config names another.
const configFile = "/etc/sendsikker/sendsikker.yaml"

// Assets are the files that only the module's root can embed.
type Assets struct {
	Contract []byte // openapi.yaml
	Manifest []byte // the template manifest.xml
	AddIn    fs.FS  // addin/dist, the built add-in
}

type commandLine struct {
	Config kong.ConfigFlag `help:"YAML file with settings, beside ${default_config}." placeholder:"FILE"`

	Serve      serveCommand      `cmd:"" help:"Run the service."`
	Demo       demoCommand       `cmd:"" help:"Run the service with a pretend university, on this machine alone."`
	Manifest   manifestCommand   `cmd:"" help:"Write and check what Outlook reads of the add-in, for Microsoft 365's administrators to deploy."`
	Mailbox    mailboxCommand    `cmd:"" help:"Add and list function mailboxes."`
	Grant      grantCommand      `cmd:"" help:"Say who may send as a function mailbox."`
	Cert       certCommand       `cmd:"" aliases:"certificate" help:"Recipients' certificates: judge, pin, list, learn, approve."`
	Authority  authorityCommand  `cmd:"" help:"Authorities that may vouch for recipients' certificates, beside those in the settings."`
	Recipients recipientsCommand `cmd:"" help:"What is known of recipients, and why."`
	Smime      smimeCommand      `cmd:"" name:"smime" help:"Seal, open and inspect single mails, without the service."`
	Doctor     doctorCommand     `cmd:"" help:"See whether the installation is well, and prove on your tenant what no document promises."`
	Audit      auditCommand      `cmd:"" help:"The audit log: export it, verify it, see how it is kept."`
	Key        keyCommand        `cmd:"" help:"The master key that everything at rest is wrapped by."`
	Migrate    migrateCommand    `cmd:"" help:"Bring the database's schema up to date, as every start does."`
	DB         dbCommand         `cmd:"" name:"db" help:"Look after the database."`
	Setup      setupCommand      `cmd:"" help:"Write the PowerShell and the settings for a new tenant, to read and to run."`
	Backup     backupCommand     `cmd:"" help:"Write the data folder into one file, while the service runs."`
	Restore    restoreCommand    `cmd:"" help:"Put a backup into an empty data folder."`
	Version    versionCommand    `cmd:"" help:"Print the version."`
}

// Main runs the program and gives its exit status.
func Main(args []string, assets Assets) int {
	return start(args, assets, console{os.Stdin, os.Stdout, os.Stderr})
}

func start(args []string, assets Assets, console console, more ...kong.Option) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var line commandLine
	parser, err := kong.New(&line, append([]kong.Option{
		kong.Name("sendsikker"),
		kong.Description("Send mail with confidential personal data: signed and encrypted, as a unit's secure function mailbox, with a receipt.\n\n" +
			"Try it on this machine alone with: sendsikker demo"),
		kong.Configuration(config.File, configFile),
		kong.DefaultEnvars("SENDSIKKER"),
		kong.Vars{"default_config": configFile},
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(assets, console),
		kong.Writers(console.out, console.err),
	}, more...)...)
	if err != nil {
		fmt.Fprintln(console.err, "sendsikker:", err)
		return 2
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(console.err, "sendsikker:", err)
		return 2
	}
	if err := command.Run(); err != nil {
		fmt.Fprintln(console.err, "sendsikker:", err)
		return 1
	}
	return 0
}

type versionCommand struct{}

// Run prints the version that the module was built as.
func (versionCommand) Run() error {
	fmt.Println("sendsikker", version())
	return nil
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			v += " (" + s.Value[:12] + ")"
		}
	}
	return v + ", " + info.GoVersion
}
