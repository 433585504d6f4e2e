package partners

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// luminance is WCAG 2.2's relative luminance of #rrggbb.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// WCAG 2.2, 1.4.3 (text, 4.5:1) and 1.4.11 (edges of what can be pressed, 3:1), in light and in dark.
func TestEveryColourCanBeReadOnItsGround(t *testing.T) {
	t.Parallel()
	colours := map[string][2]string{}
	for _, m := range regexp.MustCompile(`--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`).FindAllStringSubmatch(string(styleSheet), -1) {
		colours[m[1]] = [2]string{m[2], m[3]}
	}
	if len(colours) < 8 || len(colours) != strings.Count(string(styleSheet), ": light-dark(") {
		t.Fatalf("%d colours were read", len(colours))
	}
	for _, pair := range []struct {
		on, ground string
		least      float64
	}{
		{"ink", "paper", 7},
		{"ink", "card", 7},
		{"soft", "paper", 4.5},
		{"soft", "card", 4.5},
		{"blue", "paper", 4.5},
		{"blue", "card", 4.5},
		{"green", "card", 4.5},
		{"amber", "card", 4.5},
		{"amber", "paper", 4.5},
		{"red", "card", 4.5},
		{"on-press", "press", 4.5},
		{"edge", "paper", 3},
		{"edge", "card", 3},
	} {
		for i, scheme := range []string{"light", "dark"} {
			on, ground := colours[pair.on][i], colours[pair.ground][i]
			if on == "" || ground == "" {
				t.Fatalf("%s or %s is no colour", pair.on, pair.ground)
			}
			if got := contrast(t, on, ground); got < pair.least {
				t.Errorf("%s on %s, %s: %.2f, want %.1f", pair.on, pair.ground, scheme, got, pair.least)
			}
		}
	}
}

func TestTheStyleFetchesNothing(t *testing.T) {
	t.Parallel()
	if text := string(styleSheet); strings.Contains(text, "url(") || strings.Contains(text, "@import") {
		t.Error("the style asks for something else")
	}
}
