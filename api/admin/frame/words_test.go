package frame_test

import (
	"testing"

	"aau.dk/sendsikker/api/admin/frame"
)

func TestACertificatesNameIsSaidAsPeopleSayIt(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"C=DK,organizationIdentifier=NTRDK-99469896,O=Partner Eksempel A/S,serialNumber=UI:DK-O:G:1,CN=Partner Eksempel": "Partner Eksempel, Partner Eksempel A/S",
		"O=Vejrtjenesten,CN=Vejrtjenesten":                  "Vejrtjenesten",
		`O=Eksempel\, Søn \+ Datter,CN=back\\slash`:         `back\slash, Eksempel, Søn + Datter`,
		`O=Eksempel\,CN\=Somebody Else,E=x@partner.example`: "Eksempel,CN=Somebody Else",
		"E=bo@partner.example+CN=Bo":                        "Bo",
		"E=bo@partner.example":                              "E=bo@partner.example",
		"(an unreadable name)":                              "(an unreadable name)",
		`CN=`:                                               `CN=`,
		`CN=x\`:                                             "x",
		"":                                                  "",
	}
	for long, want := range cases {
		if got := (frame.Shown{}).NameIn(long); got != want {
			t.Errorf("%q is said as %q, want %q", long, got, want)
		}
	}
}
