// Command sendsikker is the service behind the button "Send sikker". This file starts it and embeds what only the module's
// root can embed; the program is in internal/app.
package main

import (
	"embed"
	"fmt"
	"io/fs"
	"os"

	"aau.dk/sendsikker/internal/app"
)

//go:embed openapi.yaml
var contract []byte

//go:embed manifest.xml
var manifest []byte

//go:embed all:addin/dist
var dist embed.FS

func main() {
	addIn, err := fs.Sub(dist, "addin/dist")
	if err != nil {
		fmt.Fprintln(os.Stderr, "sendsikker:", err)
		os.Exit(1)
	}
	os.Exit(app.Main(os.Args[1:], app.Assets{Contract: contract, Manifest: manifest, AddIn: addIn}))
}
