package cpr

type countedText struct {
	units
	reads *int
}

func (c countedText) at(i int) uint16 {
	*c.reads++
	return c.units.at(i)
}

// Reads is how many times Find looks at a unit of the text: a count instead of a clock.
func Reads(text string) int {
	reads := 0
	scan(countedText{newUnits(text), &reads}, func(found) bool { return true })
	return reads
}
