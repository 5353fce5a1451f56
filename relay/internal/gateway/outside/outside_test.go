package outside

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestOnlyAddressesOfTheInternetArePublic(t *testing.T) {
	for _, text := range []string{
		"8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.167.1.1", "223.255.255.255",
		"2606:4700:4700::1111", "2a00:1450:4001:80b::200e", "2001:200::1", "::ffff:8.8.8.8",
	} {
		if !public(netip.MustParseAddr(text)) {
			t.Errorf("%s is said not to be", text)
		}
	}
	for what, list := range map[string]string{
		"loopback":             "127.0.0.1 127.1.2.3 127.255.255.255 ::1",
		"unspecified":          "0.0.0.0 0.1.2.3 ::",
		"private":              "10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 fc00::1 fd12:3456::1 fec0::1",
		"link-local":           "169.254.0.1 fe80::1 fe80::1%eth0",
		"carrier NAT":          "100.64.0.1 100.127.255.255",
		"metadata":             "169.254.169.254 fd00:ec2::254 100.100.100.200 192.0.0.192 168.63.129.16",
		"multicast":            "224.0.0.1 239.255.255.255 ff02::1 ff0e::1",
		"broadcast, reserved":  "255.255.255.255 240.0.0.1",
		"benchmarks":           "198.18.0.1 198.19.255.255 2001:2::1",
		"documentation":        "192.0.2.1 198.51.100.1 203.0.113.1 2001:db8::1 3fff::1",
		"IPv4 in IPv6":         "::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:7f00:1 ::127.0.0.1 ::7f00:1",
		"6to4":                 "2002:7f00:1:: 2002:a00:1::1 2002:808:808::1",
		"Teredo":               "2001:0:7f00:1::1 2001::1",
		"NAT64":                "64:ff9b::127.0.0.1 64:ff9b::8.8.8.8 64:ff9b:1::a00:1",
		"translated":           "::ffff:0:127.0.0.1",
		"discard, assignments": "100::1 192.88.99.1 192.175.48.1 192.31.196.1 192.52.193.1 2620:4f:8000::1 5f00::1",
	} {
		for _, text := range strings.Fields(list) {
			if public(netip.MustParseAddr(text)) {
				t.Errorf("%s is said to be (%s)", text, what)
			}
		}
	}
	if public(netip.Addr{}) {
		t.Error("no address is said to be")
	}
}

func TestAnOriginIsASchemeAndAHostOfTheInternet(t *testing.T) {
	for _, good := range []string{
		"https://media.example.com", "https://media.example.com:8443", "https://xn--bcher-kva.example", "https://8.8.8.8",
		"https://[2606:4700:4700::1111]:443", "https://a1.b2.c3d",
	} {
		if err := CheckOrigin(good, false); err != nil {
			t.Errorf("refused: %v", err)
		}
	}
	here := []string{
		"http://127.0.0.1:8080", "http://localhost:8080", "https://localhost", "http://[::1]:8080", "http://127.8.9.1", "http://x.localhost:1",
	}
	for _, origin := range here {
		if err := CheckOrigin(origin, true); err != nil {
			t.Errorf("refused on a sandbox: %v", err)
		}
		if err := CheckOrigin(origin, false); !errors.Is(err, ErrOrigin) {
			t.Errorf("%s: %v without a sandbox", origin, err)
		}
	}
	for _, bad := range []string{
		"", "media.example.com", "//media.example.com", "ftp://media.example.com", "file:///etc/passwd", "https://", "https:media.example.com",
		"http://media.example.com", "http://8.8.8.8", // not encrypted
		"https://media.example.com/", "https://media.example.com/x", "https://media.example.com?x", "https://media.example.com#x",
		"https://me@media.example.com", "https://me:pw@media.example.com", "https://media.example.com:", "https://media.example.com:0",
		"https://media.example.com:65536", "https://media.example.com:x", "https://media.example.com\\@10.0.0.1", "https://a b.example",
		"https://media.example.com%00.x", "https://münchen.example", "https://a..example", "https://-a.example", "https://a.example.",
		"https://intranet", "https://127.1", "https://0x7f000001", "https://0x7f.0.0.1", "https://2130706433", "https://0177.0.0.1",
		"https://017700000001", "https://127.0.1", "https://0", "https://a.0x1", "https://a.1",
		"https://10.0.0.1", "https://192.168.1.1", "https://169.254.169.254", "https://100.64.0.1", "https://0.0.0.0", "https://224.0.0.1",
		"https://[fe80::1]", "https://[fe80::1%25eth0]", "https://[::]", "https://[fd00:ec2::254]", "https://[64:ff9b::7f00:1]",
		"https://[2002:7f00:1::]", "https://[::ffff:10.0.0.1]", "https://[::127.0.0.1]", "https://[::1%25lo]", "https://[::1", "https://::1",
		"https://" + strings.Repeat("a", 64) + ".example", "https://" + strings.Repeat("a.", 130) + "example",
	} {
		for _, sandbox := range []bool{false, true} {
			if err := CheckOrigin(bad, sandbox); !errors.Is(err, ErrOrigin) {
				t.Errorf("%q on a sandbox (%v): %v", bad, sandbox, err)
			}
		}
	}
	if err := CheckOrigin("https://[::ffff:127.0.0.1]", false); !errors.Is(err, ErrOrigin) {
		t.Errorf("loopback as IPv6: %v", err)
	}
}

// names is a resolver that answers each question for a name with the next answer.
type names map[string][]string

func (n names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	answers := n[host]
	if len(answers) == 0 {
		return nil, errors.New("no such name")
	}
	if len(answers) > 1 {
		n[host] = answers[1:]
	}
	var out []netip.Addr
	for _, a := range strings.Fields(answers[0]) {
		out = append(out, netip.MustParseAddr(a))
	}
	return out, nil
}

func TestTheDialerConnectsToCheckedAddressesOnly(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // a test's
	reached := make(chan struct{}, 100)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			reached <- struct{}{}
			_ = c.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	d := &Dialer{Sandbox: true, Timeout: 10 * time.Second, Resolver: names{
		"loop.example": {"127.0.0.1"}, "mapped.example": {"::ffff:127.0.0.1"}, "six.example": {"::1"}, "private.example": {"10.0.0.1"},
		"meta.example": {"169.254.169.254"}, "nat64.example": {"64:ff9b::7f00:1"}, "sixto4.example": {"2002:7f00:1::"},
		"both.example": {"8.8.8.8 127.0.0.1"}, "none.example": {""}, "zone.example": {"fe80::1%1"},
		"127.1": {"127.0.0.1"}, "0x7f000001": {"127.0.0.1"}, "2130706433": {"127.0.0.1"}, "0177.0.0.1": {"127.0.0.1"},
		"away.localhost": {"8.8.8.8"},
		"localhost":      {"127.0.0.1"},
	}}
	for _, host := range []string{
		"loop.example", "mapped.example", "six.example", "private.example", "meta.example", "nat64.example", "sixto4.example", "both.example",
		"zone.example", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "10.0.0.1", "0.0.0.0", "::ffff:10.0.0.1", "away.localhost",
	} {
		if _, err := d.DialContext(t.Context(), "tcp", net.JoinHostPort(host, port)); !errors.Is(err, ErrAddress) {
			t.Errorf("%s: %v", host, err)
		}
	}
	for _, host := range []string{"none.example", "unknown.example"} {
		if _, err := d.DialContext(t.Context(), "tcp", net.JoinHostPort(host, port)); err == nil {
			t.Errorf("%s was reached", host)
		}
	}
	strict := &Dialer{Timeout: 10 * time.Second, Resolver: names{"localhost": {"127.0.0.1"}}}
	for _, host := range []string{"localhost", "127.0.0.1", "::1"} {
		if _, err := strict.DialContext(t.Context(), "tcp", net.JoinHostPort(host, port)); !errors.Is(err, ErrAddress) {
			t.Errorf("%s without a sandbox: %v", host, err)
		}
	}
	if len(reached) > 0 {
		t.Fatal("a connection was made")
	}
	for _, host := range []string{"localhost", "127.0.0.1", "::ffff:127.0.0.1"} {
		c, err := d.DialContext(t.Context(), "tcp", net.JoinHostPort(host, port))
		if err != nil {
			t.Errorf("%s, registered as this machine: %v", host, err)
			continue
		}
		_ = c.Close()
	}
}

func TestTheAddressIsCheckedInTheMomentOfTheConnection(t *testing.T) {
	check := recheck(public)
	for address, ok := range map[string]bool{
		"8.8.8.8:443": true, "127.0.0.1:443": false, "[::ffff:127.0.0.1]:443": false, "nonsense": false, "[2606:4700::1]:443": true,
	} {
		if err := check(t.Context(), "tcp", address, nil); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestANameThatMeansSomethingElseAMomentLaterGainsNothing(t *testing.T) {
	resolver := names{"rebound.example": {"8.8.8.8 2606:4700::1", "127.0.0.1"}}
	var dialled []string
	d := &Dialer{Sandbox: true, Resolver: resolver, connect: func(_ context.Context, _, address string) (net.Conn, error) {
		dialled = append(dialled, address)
		return nil, errors.New("not now")
	}}
	if _, err := d.DialContext(t.Context(), "tcp", "rebound.example:443"); err == nil {
		t.Fatal("connected")
	}
	if got := strings.Join(dialled, " "); got != "8.8.8.8:443 [2606:4700::1]:443" {
		t.Errorf("dialled %s, want what was checked", got)
	}
	if len(resolver["rebound.example"]) != 1 {
		t.Error("the name was not asked for exactly once")
	}
	dialled = nil
	if _, err := d.DialContext(t.Context(), "tcp", "rebound.example:443"); !errors.Is(err, ErrAddress) || len(dialled) > 0 {
		t.Errorf("the next time: %v, dialled %v", err, dialled)
	}
}
