package config

import (
	"errors"
	"os"
)

// pinVariable is the environment's, where no file has the PIN.
const pinVariable = "SENDSIKKER_PKCS11_PIN"

// PIN gives the PIN of the PKCS #11 tokens. It is read anew each time: a PIN that was changed is used from the next login on, and none
// lies in memory meanwhile.
func (c Storage) PIN() (string, error) {
	var pin Secret
	if value := os.Getenv(pinVariable); value != "" {
		_ = pin.UnmarshalText([]byte(value))
	}
	if err := pin.orFile(c.PKCS11.PINFile); err != nil {
		return "", errors.New("pkcs11-pin-file: " + err.Error())
	}
	if !pin.Set() {
		return "", errors.New("there is none: set pkcs11-pin-file, or " + pinVariable)
	}
	return pin.Reveal(), nil
}
