package partners

import (
	"fmt"
	"reflect"
	"testing"
	"time"
)

// shape lists every text by its path, and fails those that are empty.
func shape(t *testing.T, at string, v reflect.Value) []string {
	t.Helper()
	var all []string
	switch v.Kind() {
	case reflect.String:
		if v.Len() == 0 {
			t.Errorf("%s says nothing", at)
		}
		all = append(all, at)
	case reflect.Struct:
		for i := range v.NumField() {
			all = append(all, shape(t, at+"."+v.Type().Field(i).Name, v.Field(i))...)
		}
	case reflect.Slice, reflect.Array:
		if v.Len() == 0 {
			t.Errorf("%s lists nothing", at)
		}
		for i := range v.Len() {
			all = append(all, shape(t, fmt.Sprintf("%s[%d]", at, i), v.Index(i))...)
		}
	default:
		t.Errorf("%s is a %s, which this test does not know", at, v.Kind())
	}
	return all
}

func TestEveryLanguageSaysEverything(t *testing.T) {
	t.Parallel()
	all := newSpeech().all
	if len(all) != 3 || all[0].Tag != "da" {
		t.Fatalf("%d languages, the first %s", len(all), all[0].Tag)
	}
	want := shape(t, "", reflect.ValueOf(all[0]))
	if len(want) < 80 {
		t.Fatalf("only %d texts were seen", len(want))
	}
	for _, w := range all[1:] {
		if got := shape(t, "", reflect.ValueOf(w)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s has %d texts and Danish %d", w.Language, len(got), len(want))
		}
	}
}

func TestADayIsWrittenAsPeopleDoAndInUTC(t *testing.T) {
	t.Parallel()
	late := time.Date(2026, 3, 1, 0, 30, 0, 0, time.FixedZone("CET", 3600))
	for tag, want := range map[string]string{"da": "28.\u00a0februar\u00a02026", "en": "28\u00a0February\u00a02026", "de": "28.\u00a0Februar\u00a02026"} {
		for _, w := range newSpeech().all {
			if got := w.date(late); w.Tag == tag && got != want {
				t.Errorf("%s: %q, want %q", tag, got, want)
			}
		}
	}
}
