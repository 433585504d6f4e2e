package keyfile

import (
	"errors"

	"aau.dk/sendsikker/internal/fault"
)

// The codes of what is wrong with a file.
const (
	CodePassword    = "key_file_password"    // it is encrypted, and the password does not open it
	CodeBroken      = "key_file_broken"      // it is no such file, or damaged
	CodeTooLarge    = "key_file_too_large"   // more bytes or certificates than MaxBytes and MaxCertificates
	CodeCostly      = "key_file_costly"      // opening it is more work than any program makes it
	CodeUnsupported = "key_file_unsupported" // encrypted in a way, or a key of a kind, that is not read
)

var errPassword = errors.New("key file: it does not open")

func wrongPassword() error {
	return fault.New(fault.Invalid, CodePassword, fault.Sentence{
		DA: "Adgangskoden åbner ikke filen. Skriv den adgangskode, som filen blev lavet med; store og små bogstaver er forskellige.",
		EN: "The password does not open the file. Type the password that the file was made with; upper and lower case differ.",
	}, errPassword)
}

func broken(cause string) error {
	return fault.New(fault.Invalid, CodeBroken, fault.Sentence{
		DA: "Filen er hverken PKCS #12 (.p12, .pfx) eller PEM med en privat nøgle eller et certifikat, eller også er den beskadiget. Hent den igen hos udstederen.",
		EN: "The file is neither PKCS #12 (.p12, .pfx) nor PEM with a private key or a certificate, or it is damaged. Fetch it again from the issuer.",
	}, errors.New("key file: "+cause))
}

func tooLarge() error {
	return fault.New(fault.TooLarge, CodeTooLarge, fault.Sentence{
		DA: "Filen er større, end en nøglefil er: højst 1 MB og 100 certifikater. Vælg filen med postkassens egen nøgle.",
		EN: "The file is larger than a key file is: at most 1 MB and 100 certificates. Choose the file with the mailbox's own key.",
	}, nil)
}

func costly() error {
	return fault.New(fault.Invalid, CodeCostly, fault.Sentence{
		DA: "Filen er lavet, så det tager urimeligt lang tid at åbne den. Gem nøglen i en ny fil med almindelige indstillinger: openssl pkcs12.",
		EN: "The file is made so that opening it takes unreasonably long. Save the key in a new file with ordinary settings: openssl pkcs12.",
	}, nil)
}

func unsupported(what string) error {
	return fault.New(fault.Unsupported, CodeUnsupported, fault.Sentence{
		DA: "Filen er krypteret på en måde, som ikke kan læses her. Gem nøglen i en ny fil med almindelige indstillinger: openssl pkcs12.",
		EN: "The file is encrypted in a way that cannot be read here. Save the key in a new file with ordinary settings: openssl pkcs12.",
	}, errors.New("key file: not supported: "+what))
}
