// Command sendsikker is the service behind the button "Send sikker". This file starts it and embeds what only the module's
// root can embed; the program is in internal/app.
package main

import (
	_ "embed"
	"os"

	"aau.dk/sendsikker/internal/app"
)

//go:embed openapi.yaml
var contract []byte

func main() {
	os.Exit(app.Main(os.Args[1:], app.Assets{Contract: contract}))
}
