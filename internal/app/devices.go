package app

import (
	"fmt"

	"aau.dk/sendsikker/internal/config"
	"aau.dk/sendsikker/internal/device"
	"aau.dk/sendsikker/internal/device/keyvault"
	pkcs11 "aau.dk/sendsikker/internal/device/token"
)

// deviceSettings is how keys are reached that stay in a device.
type deviceSettings struct {
	Module string // of PKCS #11; "" is none
	PIN    func() (string, error)
	Vault  keyvault.Config
}

func devicesFrom(c config.Storage) deviceSettings {
	return deviceSettings{Module: c.PKCS11.Module, PIN: c.PIN}
}

// devices are open. Nothing is asked or loaded before the first key is.
type devices struct {
	device.Opener
	library *pkcs11.Library
}

func (s deviceSettings) open() (*devices, error) {
	d := &devices{Opener: device.Opener{Vault: keyvault.New(s.Vault)}}
	if s.Module == "" {
		return d, nil
	}
	var err error
	if d.library, err = pkcs11.New(pkcs11.Config{Module: s.Module, PIN: s.PIN}); err != nil {
		return nil, fmt.Errorf("pkcs11-module: %w", err)
	}
	d.Token = d.library
	return d, nil
}

func (d *devices) close() error {
	if d.library == nil {
		return nil
	}
	return d.library.Close()
}
