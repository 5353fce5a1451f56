package outside

import "net/netip"

// forbidden are networks inside the address space of the internet that no server
// of it can be in: IANA's registries of special-purpose addresses, and what
// can be a way around them.
var forbidden = prefixes(
	"0.0.0.0/8",         // "this" network, RFC 791
	"10.0.0.0/8",        // private, RFC 1918
	"100.64.0.0/10",     // behind carriers' NAT, RFC 6598; metadata of Alibaba's cloud
	"127.0.0.0/8",       // loopback
	"168.63.129.16/32",  // metadata of Azure
	"169.254.0.0/16",    // link-local, RFC 3927; metadata of most clouds
	"172.16.0.0/12",     // private
	"192.0.0.0/24",      // protocol assignments, RFC 6890; metadata of Oracle's cloud
	"192.0.2.0/24",      // documentation, RFC 5737
	"192.31.196.0/24",   // AS112
	"192.52.193.0/24",   // AMT
	"192.88.99.0/24",    // 6to4 relays, RFC 7526
	"192.168.0.0/16",    // private
	"192.175.48.0/24",   // AS112
	"198.18.0.0/15",     // benchmarks, RFC 2544
	"198.51.100.0/24",   // documentation
	"203.0.113.0/24",    // documentation
	"224.0.0.0/4",       // multicast
	"240.0.0.0/4",       // reserved, and broadcast
	"2001::/23",         // protocol assignments: Teredo carries IPv4 addresses
	"2001:db8::/32",     // documentation, RFC 3849
	"2002::/16",         // 6to4 carries IPv4 addresses, RFC 3056
	"2620:4f:8000::/48", // AS112
	"3fff::/20",         // documentation, RFC 9637
)

// global is the only part of IPv6 that is the internet. Outside of it are
// loopback, link-local, unique local (with Amazon's metadata), multicast, NAT64
// (RFC 6052, RFC 8215), IPv4-compatible and discard-only addresses.
var global = netip.MustParsePrefix("2000::/3")

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		out[i] = netip.MustParsePrefix(t)
	}
	return out
}

// public says whether an address is one of the internet that a server can have.
// An IPv4 address inside of an IPv6 one counts as what it is.
func public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsValid() || a.Zone() != "" || a.Is6() && !global.Contains(a) {
		return false
	}
	for _, p := range forbidden {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
