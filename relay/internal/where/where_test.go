package where

import (
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"ferry/relay/internal/country"
)

func open(t *testing.T, policy string, offered country.Set) *Policy {
	t.Helper()
	p, err := Open(policy, offered)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func TestAPlaceIsWhatThePolicySees(t *testing.T) {
	file := database(t, map[string][]byte{
		"192.0.2.0/24":    object("country", object("iso_code", text("DE"))),
		"198.51.100.0/25": object("country", object("iso_code", text("US"))),
		"203.0.113.0/24":  object("country_code", text("NO")),
		"100.64.0.0/10":   object("continent", text("EU")),
	})
	with := func(values ...string) http.Header { return http.Header{"Cf-Ipcountry": values} }
	plus, err := country.Parse([]string{"CH", "-DE"})
	if err != nil {
		t.Fatal(err)
	}
	everywhere, err := country.Parse([]string{"*"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, policy string
		offered      country.Set
		address      string
		header       http.Header
		want         Place
	}{
		{"open looks at nothing", "open", country.EEA(), "198.51.100.1", with("US"), Place{}},
		{"a header in the EEA", "header:CF-IPCountry", country.EEA(), "", with("FR"), Place{"FR", false}},
		{"small letters", "header:cf-ipcountry", country.EEA(), "", with("fr"), Place{"FR", false}},
		{"a header outside", "header:CF-IPCountry", country.EEA(), "", with("US"), Place{"US", true}},
		{"a country added", "header:CF-IPCountry", plus, "", with("CH"), Place{"CH", false}},
		{"a country taken away", "header:CF-IPCountry", plus, "", with("DE"), Place{"DE", true}},
		{"nowhere, as CDNs say it", "header:CF-IPCountry", country.EEA(), "", with("XX"), Place{"", true}},
		{"an anonymity network", "header:CF-IPCountry", country.EEA(), "", with("T1"), Place{"", true}},
		{"two headers", "header:CF-IPCountry", country.EEA(), "", with("FR", "DE"), Place{"", true}},
		{"not from a proxy", "header:CF-IPCountry", country.EEA(), "192.0.2.1", nil, Place{"", true}},
		{"rubbish", "header:CF-IPCountry", country.EEA(), "", with("France, surely"), Place{"", true}},
		{"nowhere, but offered everywhere", "header:CF-IPCountry", everywhere, "", nil, Place{"", false}},
		{"an address in the EEA", "geoip:" + file, country.EEA(), "192.0.2.200", nil, Place{"DE", false}},
		{"the same, mapped", "geoip:" + file, country.EEA(), "::ffff:192.0.2.200", nil, Place{"DE", false}},
		{"an address outside", "geoip:" + file, country.EEA(), "198.51.100.1", nil, Place{"US", true}},
		{"beside it", "geoip:" + file, country.EEA(), "198.51.100.129", nil, Place{"", true}},
		{"another form of database", "geoip:" + file, country.EEA(), "203.0.113.9", nil, Place{"NO", false}},
		{"a record without a country", "geoip:" + file, country.EEA(), "100.64.0.1", nil, Place{"", true}},
		{"loopback", "geoip:" + file, country.EEA(), "127.0.0.1", nil, Place{"", true}},
		{"an IPv6 address in a database without any", "geoip:" + file, country.EEA(), "2001:db8::1", nil, Place{"", true}},
		{"no address", "geoip:" + file, country.EEA(), "", nil, Place{"", true}},
		{"headers do not count", "geoip:" + file, country.EEA(), "198.51.100.1", with("FR"), Place{"US", true}},
	} {
		address, _ := netip.ParseAddr(c.address)
		if got := open(t, c.policy, c.offered).Of(address, c.header); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestAPolicyThatCannotBeIsRefused(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.mmdb")
	if err := os.WriteFile(bad, []byte("this is no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, policy := range []string{"", "closed", "open:now", "header", "header:", "header:X Country", "header:a,b", "geoip", "geoip:", "geoip:/nowhere.mmdb", "geoip:" + bad} {
		if p, err := Open(policy, country.EEA()); err == nil {
			t.Errorf("%q is taken: %+v", policy, p)
		}
	}
}
