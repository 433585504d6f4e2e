package overview

import (
	"context"
	"time"

	"aau.dk/sendsikker/internal/store"
)

const (
	days = 30
	// The chart's own units. It grows with the page.
	chartWidth, chartHeight = 720, 200
	chartLeft, chartRight   = 56, 24 // for the figures, and for half of the last day's name
	chartTop, chartBottom   = 12, 30
)

// chart is thirty days of copies, as bars that stand on each other.
type chart struct {
	Width, Height int
	Bars          []bar
	Lines         []line
	Total         int
	Days          []store.Day // the same as a table, for whoever does not see bars
}

type bar struct {
	Class            string
	X, Y, Wide, High float64
	Day              time.Time
	Count            int
}

type line struct {
	Y     float64
	Count int
}

func (p page) chart(ctx context.Context, scope store.Scope, midnight time.Time) (chart, error) {
	bounds := make([]time.Time, days+1)
	for i := range bounds {
		bounds[i] = midnight.AddDate(0, 0, i-days+1) // a calendar's day: some have 23 hours, and some 25
	}
	list, err := p.days(ctx, scope, bounds)
	if err != nil {
		return chart{}, err
	}
	return drawn(list), nil
}

func drawn(list []store.Day) chart {
	c := chart{Width: chartWidth, Height: chartHeight, Days: list}
	most := 0
	for _, d := range list {
		most = max(most, d.Sealed+d.Plain+d.Failed)
		c.Total += d.Sealed + d.Plain + d.Failed
	}
	top := rounded(most)
	const high = chartHeight - chartTop - chartBottom
	unit := float64(high) / float64(top)
	for _, part := range []int{0, top / 2, top} {
		c.Lines = append(c.Lines, line{Y: chartTop + high - float64(part)*unit, Count: part})
	}
	step := stepOf(list)
	for i, d := range list {
		y := float64(chartTop + high)
		for _, one := range []struct {
			class string
			count int
		}{{"smime", d.Sealed}, {"internal", d.Plain}, {"failed", d.Failed}} {
			if one.count == 0 {
				continue
			}
			tall := float64(one.count) * unit
			y -= tall
			c.Bars = append(c.Bars, bar{Class: one.class, X: chartLeft + float64(i)*step + step*.15, Y: y, Wide: step * .7, High: tall, Day: d.From, Count: one.count})
		}
	}
	return c
}

// rounded is the least of 2, 4, 10, 20, 40, 100 and so on that is enough: half of it is a whole number too.
func rounded(n int) int {
	for unit := 1; ; unit *= 10 {
		for _, step := range []int{2, 4, 10} {
			if step*unit >= n {
				return step * unit
			}
		}
	}
}

// stepOf is what one day has of the width.
func stepOf(list []store.Day) float64 {
	return float64(chartWidth-chartLeft-chartRight) / float64(max(len(list), 1))
}

// Marks are the days below the chart: the last, and each a week before it.
func (c chart) Marks() []bar {
	step := stepOf(c.Days)
	var list []bar
	for i, d := range c.Days {
		if (len(c.Days)-1-i)%7 == 0 {
			list = append(list, bar{X: chartLeft + (float64(i)+.5)*step, Y: chartHeight - 7, Day: d.From})
		}
	}
	return list
}
