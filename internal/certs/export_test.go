package certs

// Usefulness is for the exhaustive test.
var Usefulness = usefulness

// MaxRemembered bounds what a Remembered holds.
const MaxRemembered = maxRemembered

// Held counts the addresses that are remembered.
func (r *Remembered) Held() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.held)
}
