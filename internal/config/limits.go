package config

import (
	"net/netip"
	"strings"
)

// Limits is how much callers and addresses may ask of one machine, and whose word about who asks is believed. A limit of 0 is none.
type Limits struct {
	ReadPerMinute   int `default:"600" help:"Calls and pages a minute of one caller, other than sending; 0 is no limit." placeholder:"N"`
	ReadBurst       int `default:"200" help:"How many of them at once." placeholder:"N"`
	SendPerMinute   int `default:"300" help:"Mails a minute from one caller (sending-per-minute holds for a mailbox); 0 is no limit." placeholder:"N"`
	SendBurst       int `default:"100" help:"How many of them at once." placeholder:"N"`
	PublicPerMinute int `default:"1200" help:"Calls a minute from one address that prove nothing; 0 is no limit." placeholder:"N"`
	FilesPerMinute  int `default:"12000" help:"Files of the add-in a minute for one address; 0 is no limit." placeholder:"N"`
	SignInPerMinute int `default:"120" help:"Steps a minute of signing in to the administrators' page from one address; 0 is no limit." placeholder:"N"`
	BadSignIns      int `default:"30" help:"Bad sign-ins in five minutes before their address is locked out of signing in, for 1 to 15 minutes; 0 is never." placeholder:"N"`
}

func (l Limits) check(bad func(is bool, setting, what string)) {
	const most = 1_000_000 // a minute: more than a machine answers
	for _, one := range []struct {
		setting string
		n       int
	}{
		{"limits-read-per-minute", l.ReadPerMinute}, {"limits-read-burst", l.ReadBurst}, {"limits-send-per-minute", l.SendPerMinute}, {"limits-send-burst", l.SendBurst},
		{"limits-public-per-minute", l.PublicPerMinute}, {"limits-files-per-minute", l.FilesPerMinute}, {"limits-sign-in-per-minute", l.SignInPerMinute},
		{"limits-bad-sign-ins", l.BadSignIns},
	} {
		bad(one.n < 0 || one.n > most, one.setting, "must be from 0 to 1000000")
	}
	bad(l.ReadPerMinute > 0 && l.ReadBurst == 0, "limits-read-burst", "must be at least 1 where there is a limit, or nothing is let through")
	bad(l.SendPerMinute > 0 && l.SendBurst == 0, "limits-send-burst", "must be at least 1 where there is a limit, or nothing is let through")
}

// widest is the widest network that a proxy's may be: a wider one is no place where proxies stand, and everybody in it would be believed.
const widest, widest6 = 8, 16

// Networks are those of the proxies.
func (c *Config) Networks() (list []netip.Prefix, wrong bool) {
	for _, text := range c.TLS.Proxies {
		text = strings.TrimSpace(text)
		if addr, err := netip.ParseAddr(text); err == nil {
			text = netip.PrefixFrom(addr.WithZone(""), addr.BitLen()).String() // one address
		}
		n, err := netip.ParsePrefix(text)
		if err != nil || n.Addr().Is4In6() || n.Addr().Is4() && n.Bits() < widest || n.Addr().Is6() && n.Bits() < widest6 {
			return nil, true
		}
		list = append(list, n.Masked())
	}
	return list, false
}
