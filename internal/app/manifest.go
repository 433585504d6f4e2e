package app

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"aau.dk/sendsikker/internal/config"
	"aau.dk/sendsikker/internal/manifest"
)

type manifestCommand struct {
	BaseURL  string `name:"base-url" env:"-" help:"What Outlook calls the service, such as https://sikker.example.dk. Without it, public-url." placeholder:"URL"`
	ClientID string `name:"client-id" env:"-" help:"Client id of the add-in's app registration. Without it, addin-client-id, or the first of entra-clients." placeholder:"GUID"`
	Out      string `env:"-" help:"Write it to this file instead of standard output." type:"path" placeholder:"FILE"`

	config.Front
	Clients   []string `name:"entra-clients" hidden:""`
	Authority string   `name:"entra-authority" default:"https://login.microsoftonline.com" hidden:""`
}

// Help is shown by --help.
func (manifestCommand) Help() string {
	return "It is checked first, together with the pages, scripts and pictures that it names; with a fault nothing is written, every fault is named with " +
		"its line, and the exit status is 1. The running service has the same manifest at /manifest.xml.\n\n" +
		"Deploy it in the Microsoft 365 admin centre under Settings, Integrated apps, Upload custom apps. It may take a day until people see the button. " +
		"After a change raise addin-version and upload it again: people cannot use the add-in until an administrator has accepted the change.\n\n" +
		"Outlook knows the add-in by an id that is made from the client id. A test installation with a registration of its own is another add-in " +
		"beside the real one."
}

// Run fills the manifest in, checks it, and writes it.
func (c *manifestCommand) Run(console console, assets Assets) error {
	base, client := c.BaseURL, c.ClientID
	if base == "" {
		base = c.PublicURL
	}
	if client == "" {
		client = addInClient(c.AddIn, c.Clients)
	}
	switch {
	case base == "":
		return errors.New("--base-url is missing, and so is public-url in the settings")
	case client == "":
		return errors.New("--client-id is missing, and so is addin-client-id in the settings")
	case !strings.HasPrefix(base, "https://"):
		return errors.New("--base-url must begin with https://: Outlook takes nothing else")
	}
	w := wiring{Assets: assets, PublicURL: base, Organisation: c.Organisation, AddIn: addInSettings{
		ClientID: client, Authority: c.Authority, SupportURL: c.AddIn.SupportURL, Version: c.AddIn.Version,
	}}
	text, err := w.checkedManifest()
	if err != nil {
		return err
	}
	if c.Out == "" {
		_, err = console.out.Write(text)
		return err
	}
	if err := os.WriteFile(c.Out, text, 0o644); err != nil {
		return err
	}
	fmt.Fprintf(console.out, "Written to %s, without a fault. Version %s, for %s\n", c.Out, c.AddIn.Version, strings.TrimSuffix(base, "/"))
	return nil
}

// checkedManifest is the manifest, when nothing is wrong with it.
func (w wiring) checkedManifest() ([]byte, error) {
	text, err := w.manifest()
	if err == nil {
		err = manifest.Check(text, manifest.Site{Root: strings.TrimSuffix(w.PublicURL, "/") + "/addin/", Files: w.Assets.AddIn})
	}
	if err != nil {
		return nil, fmt.Errorf("the add-in's manifest needs mending:\n%w", err)
	}
	return text, nil
}

// addInClient is the app registration that the add-in signs people in with.
func addInClient(c config.AddIn, clients []string) string {
	if c.ClientID == "" && len(clients) > 0 {
		return clients[0]
	}
	return c.ClientID
}
