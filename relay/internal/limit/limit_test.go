package limit

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestEveryLimitIsDocumentedAndHasAUniqueName(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Default().Rows() {
		if r.Name == "" || r.Unit == "" || r.Per == "" || r.Bound == "" || (r.Fail != "open" && r.Fail != "closed") {
			t.Errorf("incomplete line: %+v", r)
		}
		if seen[r.Name] || !strings.Contains(r.Name, ".") {
			t.Errorf("name %q is taken or has no area", r.Name)
		}
		seen[r.Name] = true
	}
}

func TestSetChangesOneLimitOrSaysWhyNot(t *testing.T) {
	for _, c := range []struct{ name, value, fails string }{
		{"tunnel.idle", "90s", ""},
		{"tunnel.total", "0", ""},
		{"tunnel.idle", "90", "duration"},
		{"tunnel.total", "many", "whole number"},
		{"tunnel.total", "-1", "negative"},
		{"tunnel.nothing", "1", "no such limit"},
	} {
		l := Default()
		err := l.Set(c.name, c.value)
		if (err == nil) != (c.fails == "") || err != nil && !strings.Contains(err.Error(), c.fails) {
			t.Errorf("Set(%s, %s) = %v, want %q", c.name, c.value, err, c.fails)
		}
	}
	l := Default()
	if err := l.Set("tunnel.idle", "90s"); err != nil || l.TunnelIdle != 90*time.Second {
		t.Errorf("idle = %v, %v", l.TunnelIdle, err)
	}
	if err := l.Set("x", "1"); !errors.Is(err, ErrUnknown) {
		t.Errorf("unknown name: %v", err)
	}
}

func TestARateAllowsABurstThenMakesTheKeyWaitAndLeavesOthersAlone(t *testing.T) {
	now := time.Unix(0, 0)
	r := NewRate(3, time.Minute, 10, func() time.Time { return now })
	for range 3 {
		if ok, _ := r.Allow("a"); !ok {
			t.Fatal("refused within the burst")
		}
	}
	ok, wait := r.Allow("a")
	if ok || wait <= 19*time.Second || wait > 20*time.Second {
		t.Fatalf("fourth: %v, wait %v, want about 20 s", ok, wait)
	}
	if ok, _ := r.Allow("b"); !ok {
		t.Fatal("another key is refused")
	}
	now = now.Add(wait + time.Millisecond)
	if ok, _ := r.Allow("a"); !ok {
		t.Fatal("refused after the announced wait")
	}
}

func TestARateForgetsTheKeyUnseenForLongest(t *testing.T) {
	now := time.Unix(0, 0)
	r := NewRate(1, time.Hour, 2, func() time.Time { return now })
	for _, k := range []string{"a", "b", "c"} {
		r.Allow(k)
	}
	if len(r.keys) != 2 || r.seen.Len() != 2 {
		t.Fatalf("remembers %d keys", len(r.keys))
	}
	if ok, _ := r.Allow("c"); ok {
		t.Error("a remembered key is let through")
	}
	if ok, _ := r.Allow("a"); !ok {
		t.Error("a forgotten key does not start afresh")
	}
}

func TestACountRefusesOneTooManyAndForgetsEmptyKeys(t *testing.T) {
	c := NewCount(2)
	for i, want := range []bool{true, true, false} {
		if c.Take("a") != want {
			t.Fatalf("place %d: %v, want %v", i, !want, want)
		}
	}
	if !c.Take("b") {
		t.Fatal("another key has places of its own")
	}
	c.Give("a")
	if !c.Take("a") {
		t.Fatal("a returned place is not free")
	}
	c.Give("a")
	c.Give("a")
	c.Give("b")
	if c.Len() != 0 {
		t.Fatalf("%d keys left", c.Len())
	}
}

func TestAnIPv6NeighbourhoodCountsAsOneAddress(t *testing.T) {
	for _, c := range []struct{ a, b string }{
		{"2001:db8:1:2::1", "2001:db8:1:2:ffff::9"},
		{"::ffff:192.0.2.1", "192.0.2.1"},
		{"fe80::1%eth0", "fe80::2%eth1"},
	} {
		if a, b := AddressKey(netip.MustParseAddr(c.a)), AddressKey(netip.MustParseAddr(c.b)); a != b {
			t.Errorf("%s and %s differ: %s, %s", c.a, c.b, a, b)
		}
	}
	if AddressKey(netip.MustParseAddr("192.0.2.1")) == AddressKey(netip.MustParseAddr("192.0.2.2")) {
		t.Error("two IPv4 addresses are one")
	}
}
