package fetch

import (
	"errors"
	"net/netip"
	"testing"
)

func TestOnlyPublicAddressesAreConnectedTo(t *testing.T) {
	t.Parallel()
	cases := map[string]bool{
		"185.15.72.1": true, "8.8.8.8": true, "2a00:1450:400f::1": true, "2606:4700::1111": true, "172.32.0.1": true,
		"::ffff:8.8.8.8": true, "64:ff9b::808:808": true,

		"0.0.0.0": false, "0.1.2.3": false, "127.0.0.1": false, "127.255.255.254": false, "10.0.0.1": false, "172.16.0.1": false,
		"172.31.255.255": false, "192.168.0.1": false, "100.64.0.1": false, "100.127.255.255": false, "169.254.169.254": false,
		"168.63.129.16": false, "192.0.0.192": false, "192.0.2.1": false, "198.18.0.1": false, "198.19.255.255": false,
		"198.51.100.1": false, "203.0.113.1": false, "224.0.0.1": false, "239.255.255.255": false, "240.0.0.1": false,
		"255.255.255.255": false, "192.88.99.1": false,
		"::": false, "::1": false, "fe80::1": false, "fe80::1%eth0": false, "fec0::1": false, "fc00::1": false, "fd00:ec2::254": false,
		"ff02::1": false, "2001:db8::1": false, "2001:0:1::1": false, "2002:a00:1::1": false, "::ffff:10.0.0.1": false,
		"::ffff:169.254.169.254": false, "::10.0.0.1": false, "64:ff9b::a00:1": false, "64:ff9b::a9fe:a9fe": false,
		"64:ff9b:1::808:808": false, "100::1": false, "3fff::1": false,
	}
	for text, want := range cases {
		if got := public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: public is %v, want %v", text, got, want)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestOnlyTheWebsPortsAreKnockedOn(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]error{
		"8.8.8.8:80": nil, "8.8.8.8:443": nil, "[2606:4700::1111]:443": nil,
		"8.8.8.8:22": ErrPort, "8.8.8.8:8080": ErrPort, "8.8.8.8:0": ErrPort, "10.0.0.1:80": ErrInside, "127.0.0.1:80": ErrInside,
	} {
		if got := guard(address, false); !errors.Is(got, want) {
			t.Errorf("%s: %v, want %v", address, got, want)
		}
	}
}

func TestLeaveForLoopbackIsForLoopbackAlone(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"127.0.0.1:80": true, "[::1]:80": true, "[::ffff:127.0.0.1]:80": true, "8.8.8.8:80": true,
		"10.0.0.1:80": false, "169.254.169.254:80": false, "[fe80::1%lo]:80": false, "0.0.0.0:80": false, "localhost:80": false, "": false,
	} {
		if got := guard(address, true) == nil; got != want {
			t.Errorf("%q: let through is %v, want %v", address, got, want)
		}
	}
}
