package app

import (
	"fmt"

	"aau.dk/sendsikker/internal/setup"
)

type setupCommand struct {
	BaseURL      string   `name:"base-url" env:"-" required:"" help:"What people and Outlook will call the service." placeholder:"https://HOST"`
	Tenant       string   `env:"-" required:"" help:"The tenant's id." placeholder:"GUID"`
	Domain       []string `env:"-" required:"" help:"One of the organisation's own mail domains. Repeat for several." placeholder:"DOMAIN"`
	Organisation string   `env:"-" help:"The organisation's name." placeholder:"NAME"`
	Mailbox      []string `env:"-" help:"A function mailbox to begin with. Repeat for several." placeholder:"ADDRESS"`
	Outside      string   `env:"-" help:"A mailbox that must stay closed to the service, to prove it with." placeholder:"ADDRESS"`
	Out          string   `env:"-" required:"" help:"Folder for the files. What is there is not written over." type:"path" placeholder:"DIR"`
}

// Help is shown by --help.
func (setupCommand) Help() string {
	return "Nothing is run and nobody is asked: it writes scripts for Microsoft Graph PowerShell and Exchange Online PowerShell that an administrator reads first."
}

// Run writes.
func (c *setupCommand) Run(console console) error {
	err := setup.Write(setup.Plan{
		BaseURL: c.BaseURL, Tenant: c.Tenant, Domains: c.Domain, Organisation: c.Organisation, Mailboxes: c.Mailbox, Outside: c.Outside,
	}, c.Out)
	if err == nil {
		fmt.Fprintf(console.out, "Written to %s. Begin with READ-ME-FIRST.txt; nothing has been run.\n", c.Out)
	}
	return err
}
