package app

import (
	"bytes"
	"cmp"
	"context"
	"image"
	"image/color"
	"image/png"
	"os"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

const (
	// listHigh is how much of a list is in a picture, in pixels of it: it goes on as it begins.
	listHigh = 1100
	// mostColours: the pages have few, and what lies between them is the edges of letters.
	mostColours = 16
)

// savePicture is of the whole page, small enough to lie in the repository: in the colours that it has most of.
func savePicture(t *testing.T, ctx context.Context, path string, list bool) {
	t.Helper()
	seen[bool](t, ctx, "(scrollTo(0, 0), true)")
	all := true
	shot, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &all})
	fatal(t, err)
	whole, err := png.Decode(bytes.NewReader(shot.Data))
	fatal(t, err)
	var out bytes.Buffer
	fatal(t, (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, inFewColours(whole, list)))
	fatal(t, os.WriteFile(path, out.Bytes(), 0o644))
}

func inFewColours(whole image.Image, list bool) image.Image {
	size := whole.Bounds()
	if list {
		size.Max.Y = min(size.Max.Y, size.Min.Y+listHigh)
	}
	counts := map[color.RGBA]int{}
	at := func(x, y int) color.RGBA { return color.RGBAModel.Convert(whole.At(x, y)).(color.RGBA) }
	for y := size.Min.Y; y < size.Max.Y; y++ {
		for x := size.Min.X; x < size.Max.X; x++ {
			counts[at(x, y)]++
		}
	}
	weight := func(c color.RGBA) int { // links and signs are few, and are what one looks for
		return counts[c] * (8 + int(max(c.R, c.G, c.B)-min(c.R, c.G, c.B)))
	}
	colours := make([]color.RGBA, 0, len(counts))
	for c := range counts {
		colours = append(colours, c)
	}
	slices.SortFunc(colours, func(a, b color.RGBA) int {
		return cmp.Or(weight(b)-weight(a), int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B))
	})
	var few color.Palette
	for _, c := range colours {
		if len(few) < mostColours && (counts[c] > size.Dx()*size.Dy()/2000 || !slices.ContainsFunc(few, func(o color.Color) bool { return near(o.(color.RGBA), c) })) {
			few = append(few, c)
		}
	}
	index := map[color.RGBA]uint8{}
	for _, c := range colours {
		index[c] = uint8(few.Index(c))
	}
	small := image.NewPaletted(size, few)
	for y := size.Min.Y; y < size.Max.Y; y++ {
		for x := size.Min.X; x < size.Max.X; x++ {
			small.SetColorIndex(x, y, index[at(x, y)])
		}
	}
	return small
}

// near is whether two colours are one to look at: what is between the background and a panel on it is not.
func near(a, b color.RGBA) bool {
	apart := func(x, y uint8) int { return max(int(x)-int(y), int(y)-int(x)) }
	return apart(a.R, b.R)+apart(a.G, b.G)+apart(a.B, b.B) < 15
}
