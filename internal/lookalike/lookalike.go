package lookalike

// Known are addresses to hold others against. It is safe for concurrent use.
type Known struct {
	whole map[whole]bool
	list  []known // one after another is fast enough for hundreds: most differ in both halves at the first look
}

type known struct {
	address
	given string
}

// Of takes the addresses in the order in which the first of several that look alike is to be named.
func Of(addresses []string) *Known {
	k := &Known{whole: make(map[whole]bool, len(addresses)), list: make([]known, 0, len(addresses))}
	for _, given := range addresses {
		if a, ok := read(given); ok && !k.whole[a.whole()] {
			k.whole[a.whole()] = true
			k.list = append(k.list, known{a, given})
		}
	}
	return k
}

// Like gives the known address that this one looks like and is not. An address that is known itself looks like none: its owner
// has a neighbour, and that is all.
func (k *Known) Like(given string) (similar string, is bool) {
	a, ok := read(given)
	if !ok || k.whole[a.whole()] {
		return "", false
	}
	for _, one := range k.list {
		if alike(a, one.address) {
			return one.given, true
		}
	}
	return "", false
}

// Alike is whether two addresses that are not the same are easily taken for each other.
func Alike(one, other string) bool {
	a, ok := read(one)
	b, ok2 := read(other)
	return ok && ok2 && a.whole() != b.whole() && alike(a, b)
}

// alike wants two that are not the same.
func alike(a, b address) bool {
	sameLocal, sameDomain := a.local.skeleton == b.local.skeleton, a.domain.skeleton == b.domain.skeleton
	return sameLocal && sameDomain || sameDomain && a.local.slipped(b.local) || sameLocal && a.domain.slipped(b.domain)
}

// shortest is how long a half must be for one slip to mean anything. Initials of two or three letters fill their whole space: of five
// hundred people with three letters, nearly everybody is one letter away from somebody; with four, one in ten.
const shortest = 4

// slipped is whether one slip makes one of the other: a letter more, less, or another, or two neighbours that have changed places.
// Numbers that differ are meant to: enhed01 and enhed02 are two units, and not one that was mistyped.
func (h half) slipped(other half) bool {
	if h.length < other.length {
		h, other = other, h
	}
	if other.length < shortest || h.length-other.length > 1 || h.letters.apart(other.letters) > 2 {
		return false
	}
	long, short := []rune(h.plain), []rune(other.plain)
	from := 0
	for from < len(short) && long[from] == short[from] {
		from++
	}
	end := 0
	for end < len(short)-from && long[len(long)-1-end] == short[len(short)-1-end] {
		end++
	}
	// What is between is all that differs.
	more, less := long[from:len(long)-end], short[from:len(short)-end]
	switch {
	case len(more) == 1 && len(less) == 0:
		return true
	case len(more) == 1 && len(less) == 1:
		return !digit(more[0]) || !digit(less[0])
	case len(more) == 2 && len(less) == 2:
		return more[0] == less[1] && more[1] == less[0] && (!digit(more[0]) || !digit(more[1]))
	}
	return false
}

func digit(r rune) bool { return r >= '0' && r <= '9' }
