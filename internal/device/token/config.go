package token

// Config is which library is loaded, and how one logs in.
type Config struct {
	Module string                 // path of the PKCS #11 library
	PIN    func() (string, error) // read anew for each login, and kept nowhere
}
