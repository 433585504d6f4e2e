package smime_test

import (
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/cms"
	"aau.dk/sendsikker/internal/smime"
)

func TestTheProfileIsWhatEveryRecipientCanOpen(t *testing.T) {
	t.Parallel()
	gcm256, gcm128, cbc := cms.AES256GCM.Capability(), cms.AES128GCM.Capability(), cms.AES256CBC.Capability()
	rsa := func(c ...cms.Capability) smime.Recipient {
		return smime.Recipient{Certificate: alice().cert, Capabilities: c}
	}
	ec := func(c ...cms.Capability) smime.Recipient {
		return smime.Recipient{Certificate: bo().cert, Capabilities: c}
	}
	oaep := cms.OAEPCapability()
	for name, c := range map[string]struct {
		rule smime.Rule
		to   []smime.Recipient
		want cms.ContentCipher
		oaep bool
		say  string
	}{
		"nobody known":                         {"", nil, cms.AES256CBC, false, "every mail program"},
		"one who said nothing":                 {smime.RuleAuto, []smime.Recipient{rsa()}, cms.AES256CBC, false, "every mail program"},
		"one who reads CBC only":               {smime.RuleAuto, []smime.Recipient{rsa(cbc)}, cms.AES256CBC, false, "every mail program"},
		"one who reads GCM":                    {smime.RuleAuto, []smime.Recipient{rsa(cbc, gcm256)}, cms.AES256GCM, false, "all recipients have said"},
		"one who reads GCM and OAEP":           {smime.RuleAuto, []smime.Recipient{rsa(gcm256, oaep)}, cms.AES256GCM, true, "RSA-OAEP"},
		"one who reads OAEP but no GCM":        {smime.RuleAuto, []smime.Recipient{rsa(cbc, oaep)}, cms.AES256CBC, true, "RSA-OAEP"},
		"two, of whom one reads GCM":           {smime.RuleAuto, []smime.Recipient{rsa(gcm256), ec()}, cms.AES256CBC, false, "every mail program"},
		"two, of whom one reads only 128 bits": {smime.RuleAuto, []smime.Recipient{rsa(gcm256), ec(gcm128)}, cms.AES128GCM, false, "AES-128-GCM"},
		"an EC key needs no OAEP":              {smime.RuleAuto, []smime.Recipient{rsa(gcm256, oaep), ec(gcm256)}, cms.AES256GCM, true, "RSA-OAEP"},
		"only EC keys":                         {smime.RuleAuto, []smime.Recipient{ec(gcm256, oaep)}, cms.AES256GCM, false, "all recipients have said"},
		"one RSA key without OAEP":             {smime.RuleAuto, []smime.Recipient{rsa(gcm256, oaep), rsa(gcm256)}, cms.AES256GCM, false, "all recipients have said"},
		"the rule says compat":                 {smime.RuleCompat, []smime.Recipient{rsa(gcm256, oaep)}, cms.AES256CBC, false, "administrator"},
		"the rule says modern":                 {smime.RuleModern, []smime.Recipient{rsa()}, cms.AES256GCM, true, "administrator"},
	} {
		p, why := smime.Choose(c.rule, c.to)
		if p.Content != c.want || p.OAEP != c.oaep || !strings.Contains(why.EN, c.say) || why.DA == "" {
			t.Errorf("%s: %v, OAEP %v, %q", name, p.Content, p.OAEP, why.EN)
		}
	}
}
