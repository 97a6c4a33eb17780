package fetch

import "net/netip"

// notPublic are the ranges within the unicast space that lead to this machine, its networks, or
// addresses that stand for others (IANA's special-purpose registries). IPv6 outside 2000::/3 is
// refused as a whole.
func notPublic() []string {
	return []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
		"192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
		"2001::/23",     // protocol assignments: Teredo, ORCHID and others
		"2001:db8::/32", // documentation
		"2002::/16",     // 6to4 carries any IPv4 address
		"2620:4f:8000::/48",
		"3fff::/20", // documentation
	}
}

// public reports whether an address belongs to the public internet.
func public(address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	if !address.IsValid() || address.Is6() && !netip.MustParsePrefix("2000::/3").Contains(address) {
		return false
	}
	for _, text := range notPublic() {
		if netip.MustParsePrefix(text).Contains(address) {
			return false
		}
	}
	return true
}
