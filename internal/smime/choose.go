package smime

import (
	"crypto/rsa"
	"crypto/x509"

	"aau.dk/sendsikker/internal/cms"
	"aau.dk/sendsikker/internal/fault"
)

// Rule is the administrator's word on algorithms, for everybody or for one domain.
type Rule string

const (
	RuleAuto   Rule = "auto"   // the best that every recipient says they can open; else Compat. The zero Rule is the same
	RuleCompat Rule = "compat" // always Compat
	RuleModern Rule = "modern" // always Modern: the administrator knows that the recipients can open it
)

// Recipient is who a copy is sealed for, and what their signed mail said that they can open; nil where none was seen.
type Recipient struct {
	Certificate  *x509.Certificate
	Capabilities cms.Capabilities
}

// ReadCapabilities reads what was remembered of somebody (SMIMECapabilities, DER). What cannot be read says nothing, and the
// mail is then sealed as everybody can open it.
func ReadCapabilities(der []byte) cms.Capabilities {
	list, err := cms.ParseCapabilities(der)
	if err != nil {
		return nil
	}
	return list
}

// Choose picks the profile for one copy, and says why. One recipient who has not said that they can open something better
// decides for all of them: a copy has one content cipher. The same facts give the same answer.
func Choose(rule Rule, recipients []Recipient) (Profile, fault.Sentence) {
	switch rule {
	case RuleCompat:
		return Compat(), fault.Sentence{
			DA: "AES-256-CBC, fordi administratoren har valgt det, som alle mailprogrammer kan åbne.",
			EN: "AES-256-CBC, because the administrator has chosen what every mail program can open.",
		}
	case RuleModern:
		return Modern(), fault.Sentence{
			DA: "AES-256-GCM, fordi administratoren har valgt det.",
			EN: "AES-256-GCM, because the administrator has chosen it.",
		}
	case RuleAuto:
	}
	p, all := Compat(), len(recipients) > 0
	cipher := cms.AES256GCM
	for _, r := range recipients {
		switch {
		case r.Capabilities.Has(cms.AES256GCM):
		case r.Capabilities.Has(cms.AES128GCM):
			cipher = cms.AES128GCM
		default:
			all = false
		}
	}
	why := fault.Sentence{
		DA: "AES-256-CBC, som alle mailprogrammer kan åbne. Mindst én modtager har ikke oplyst, at nyere kryptering kan åbnes.",
		EN: "AES-256-CBC, which every mail program can open. At least one recipient has not said that newer encryption can be opened.",
	}
	if all {
		p = Modern()
		p.Content = cipher
		why = fault.Sentence{
			DA: cipher.String() + ", som alle modtagerne selv har oplyst, at de kan åbne.",
			EN: cipher.String() + ", which all recipients have said themselves that they can open.",
		}
	}
	p.OAEP = allOAEP(recipients)
	if p.OAEP {
		why.DA += " Nøglen er krypteret med RSA-OAEP af samme grund."
		why.EN += " The key is encrypted with RSA-OAEP for the same reason."
	}
	return p, why
}

// allOAEP reports whether every recipient with an RSA key, of whom there is at least one, has said that they read RSA-OAEP.
func allOAEP(recipients []Recipient) bool {
	some := false
	for _, r := range recipients {
		if _, isRSA := r.Certificate.PublicKey.(*rsa.PublicKey); isRSA {
			if some = true; !r.Capabilities.OAEP() {
				return false
			}
		}
	}
	return some
}
