//go:build cgo

package token

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/pkcs11"

	"aau.dk/sendsikker/internal/device"
)

// stale marks an error after which another session, or the library started anew, may do better.
type stale struct{ error }

func (s stale) Unwrap() error { return s.error }

func isStale(err error) bool {
	_, is := errors.AsType[stale](err)
	return is
}

// gone are the codes that say of the session, the token or the library that it is not there any more. None has to do with what was to
// be signed or decrypted.
func gone(err error) bool {
	code, is := errors.AsType[pkcs11.Error](err)
	return is && slices.Contains([]uint{
		pkcs11.CKR_SESSION_HANDLE_INVALID, pkcs11.CKR_SESSION_CLOSED, pkcs11.CKR_USER_NOT_LOGGED_IN, pkcs11.CKR_CRYPTOKI_NOT_INITIALIZED,
		pkcs11.CKR_DEVICE_REMOVED, pkcs11.CKR_TOKEN_NOT_PRESENT, pkcs11.CKR_TOKEN_NOT_RECOGNIZED, pkcs11.CKR_SLOT_ID_INVALID,
		pkcs11.CKR_KEY_HANDLE_INVALID, pkcs11.CKR_OBJECT_HANDLE_INVALID,
	}, uint(code))
}

// broken adds the codes by which libraries say that a network or a card failed. Where a decryption gives one of them it may have been
// the padding: it is not for there.
func broken(err error) error {
	code, is := errors.AsType[pkcs11.Error](err)
	if gone(err) || is && slices.Contains([]uint{
		pkcs11.CKR_DEVICE_ERROR, pkcs11.CKR_DEVICE_MEMORY, pkcs11.CKR_GENERAL_ERROR, pkcs11.CKR_FUNCTION_FAILED, pkcs11.CKR_HOST_MEMORY,
		pkcs11.CKR_OPERATION_ACTIVE, pkcs11.CKR_SESSION_COUNT,
	}, uint(code)) {
		return stale{err}
	}
	return err
}

// take gives an idle session with the token, or a new one.
func (l *Library) take(r device.Reference) (*session, error) {
	name := r.Token + "\x00" + r.Serial
	l.mu.Lock()
	for i, s := range slices.Backward(l.idle) {
		if s.token == name && s.from == l.from {
			l.idle = slices.Delete(l.idle, i, i+1)
			l.mu.Unlock()
			return s, nil
		}
	}
	from := l.from
	l.mu.Unlock()
	slot, err := l.slot(r)
	if err != nil {
		return nil, err
	}
	handle, err := l.lib.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION)
	if err != nil {
		return nil, stale{fmt.Errorf("opening a session: %w", err)}
	}
	if err := l.login(handle); err != nil {
		_ = l.lib.CloseSession(handle)
		return nil, err
	}
	return &session{handle: handle, from: from, token: name, keys: map[device.Reference]pkcs11.ObjectHandle{}}, nil
}

func (l *Library) slot(r device.Reference) (uint, error) {
	slots, err := l.lib.GetSlotList(true)
	if err != nil {
		return 0, stale{fmt.Errorf("listing the tokens: %w", err)}
	}
	var found []uint
	for _, slot := range slots {
		info, err := l.lib.GetTokenInfo(slot)
		if err == nil && strings.TrimRight(info.Label, " \x00") == r.Token && (r.Serial == "" || strings.TrimRight(info.SerialNumber, " \x00") == r.Serial) {
			found = append(found, slot)
		}
	}
	switch len(found) {
	case 0:
		return 0, stale{errors.New("no such token is there")}
	case 1:
		return found[0], nil
	}
	return 0, device.Refused("several tokens have that label: add serial= to the reference")
}

// login logs in, once for all sessions with a token (PKCS #11 §5.6.8). A PIN that was refused is not tried again before it is another.
func (l *Library) login(handle pkcs11.SessionHandle) error {
	pin, err := l.config.PIN()
	if err != nil {
		return device.Refused("the PIN of the token: %w", err)
	}
	sum := sha256.Sum256([]byte(pin))
	l.mu.Lock()
	known := l.refused == sum
	l.mu.Unlock()
	if known {
		return device.Refused("the token refused the PIN before, and it is not tried again: set the right one (pkcs11-pin-file)")
	}
	err = l.lib.Login(handle, pkcs11.CKU_USER, pin)
	code, is := errors.AsType[pkcs11.Error](err)
	switch {
	case err == nil || is && code == pkcs11.CKR_USER_ALREADY_LOGGED_IN:
		return nil
	case is && slices.Contains([]uint{
		pkcs11.CKR_PIN_INCORRECT, pkcs11.CKR_PIN_INVALID, pkcs11.CKR_PIN_LEN_RANGE, pkcs11.CKR_PIN_EXPIRED, pkcs11.CKR_PIN_LOCKED, pkcs11.CKR_USER_PIN_NOT_INITIALIZED,
	}, uint(code)):
		l.mu.Lock()
		l.refused = sum
		l.mu.Unlock()
		return device.Refused("the token refused the PIN: %w", err)
	}
	return stale{fmt.Errorf("logging in: %w", err)}
}

// find gives the one private key that is meant.
func (s *session) find(lib *pkcs11.Ctx, r device.Reference) (pkcs11.ObjectHandle, error) {
	if key, known := s.keys[r]; known {
		return key, nil
	}
	found, err := search(lib, s.handle, pkcs11.CKO_PRIVATE_KEY, r.Object, r.ID)
	switch {
	case err != nil:
		return 0, err
	case len(found) == 0:
		return 0, device.Refused("the token has no such private key")
	case len(found) > 1:
		return 0, device.Refused("the token has several such private keys: add id= to the reference")
	}
	s.keys[r] = found[0]
	return found[0], nil
}

func search(lib *pkcs11.Ctx, handle pkcs11.SessionHandle, class uint, label, id string) ([]pkcs11.ObjectHandle, error) {
	template := []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_CLASS, class)}
	if label != "" {
		template = append(template, pkcs11.NewAttribute(pkcs11.CKA_LABEL, label))
	}
	if id != "" {
		template = append(template, pkcs11.NewAttribute(pkcs11.CKA_ID, []byte(id)))
	}
	if err := lib.FindObjectsInit(handle, template); err != nil {
		return nil, broken(fmt.Errorf("looking for the key: %w", err))
	}
	found, _, err := lib.FindObjects(handle, 2)
	if ended := lib.FindObjectsFinal(handle); err == nil {
		err = ended
	}
	if err != nil {
		return nil, broken(fmt.Errorf("looking for the key: %w", err))
	}
	return found, nil
}
