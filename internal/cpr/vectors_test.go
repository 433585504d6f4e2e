package cpr_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/cpr"
)

// vector is one text and the numbers that stand in it, as they are written. addin/test/guard reads the same files.
type vector struct {
	Text string   `json:"text"`
	Want []string `json:"want"`
}

// The least of each kind that the promise is measured on, and the promise: of every hundred texts without a number, one alarm.
const (
	leastVectors = 150
	alarmsPer100 = 1
)

func vectors(t testing.TB, name string) []vector {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(body, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) < leastVectors {
		t.Fatalf("%s has %d texts, and needs %d", name, len(all), leastVectors)
	}
	return all
}

func written(text string) []string {
	found := []string{}
	for _, m := range cpr.Find(text) {
		found = append(found, text[m.Start:m.End])
	}
	return found
}

func TestNoNumberIsMissedInAnyDress(t *testing.T) {
	t.Parallel()
	all := vectors(t, "with.json")
	missed := 0
	for _, v := range all {
		if len(v.Want) == 0 {
			t.Fatalf("%q belongs in the other file", v.Text)
		}
		if got := written(v.Text); !slices.Equal(got, v.Want) {
			missed++
			t.Errorf("%q: got %q, want %q", v.Text, got, v.Want)
		}
		if !cpr.Contains(v.Text) {
			t.Errorf("%q: not contained", v.Text)
		}
	}
	t.Logf("%d texts with numbers, %d wrong", len(all), missed)
}

func TestWhatIsNoNumberRaisesNoAlarm(t *testing.T) {
	t.Parallel()
	all := vectors(t, "without.json")
	var alarms []string
	for _, v := range all {
		if len(v.Want) != 0 {
			t.Fatalf("%q belongs in the other file", v.Text)
		}
		if got := written(v.Text); len(got) > 0 {
			alarms = append(alarms, v.Text)
		}
	}
	if len(alarms)*100 > alarmsPer100*len(all) {
		t.Errorf("%d false alarms in %d texts: %q", len(alarms), len(all), alarms)
	}
	t.Logf("%d texts without numbers, %d false alarms: %q", len(all), len(alarms), alarms)
}

func TestMaskingLeavesNeitherTheDateNorTheSerial(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, "with.json") {
		masked := cpr.Mask(v.Text)
		if cpr.Contains(masked) || cpr.Mask(masked) != masked {
			t.Errorf("%q has a number still: %q", v.Text, masked)
		}
		if len([]rune(masked)) != len([]rune(v.Text)) {
			t.Errorf("%q has another length than %q", masked, v.Text)
		}
		for _, w := range v.Want {
			if strings.Contains(masked, w) || strings.Contains(masked, w[len(w)-4:]) {
				t.Errorf("%q shows %q", masked, w)
			}
		}
	}
	if got := cpr.Mask("CPR-nr. 251248-9996, tlf. 99 40 99 40"); got != "CPR-nr. ••••••-••••, tlf. 99 40 99 40" {
		t.Errorf("got %q", got)
	}
}
