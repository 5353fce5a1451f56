package seal

import (
	"crypto/sha512"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"go.mau.fi/libsignal/fingerprint"
)

func party(name string, keys ...string) Party {
	p := Party{Name: name}
	for _, k := range keys {
		b, err := hex.DecodeString(k)
		if err != nil {
			panic(err)
		}
		p.Keys = append(p.Keys, PublicIdentity(b))
	}
	return p
}

const (
	aliceKey = "06863bc66d02b40d27b8d49ca7c09e9239236f9d7d25d6fcca5ce13c7064d868"
	bobKey   = "f781b6fb32fed9ba1cf2de978d4d5da28dc34046ae814402b5c0dbd96fda907b"
)

// The vector is that of libsignal's own tests, NumericFingerprintGeneratorTest.
func TestTheNumberIsSignals(t *testing.T) {
	alice, bob := party("+14152222222", aliceKey), party("+14153333333", bobKey)
	const want = "300354477692869396892869876765458257569162576843440918079131"
	if got := SafetyNumber(alice, bob); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if SafetyNumber(bob, alice) != want {
		t.Error("the other side sees another number")
	}
}

func TestTheDigitsAreLibsignals(t *testing.T) {
	of := func(p Party) []byte {
		public := append([]byte{5}, p.Keys[0][:]...)
		hash := append(append([]byte{0, 0}, public...), p.Name...)
		for range 5200 {
			sum := sha512.Sum512(slices.Concat(hash, public))
			hash = sum[:]
		}
		return hash
	}
	a, b := party("7-4242@interop", aliceKey), party("1234@lid", bobKey)
	if want, got := fingerprint.NewDisplay(of(a), of(b)).DisplayText(), SafetyNumber(a, b); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEveryDeviceCounts(t *testing.T) {
	one := SafetyNumber(party("a", aliceKey), party("b", bobKey))
	two := SafetyNumber(party("a", aliceKey), party("b", bobKey, aliceKey))
	if one == two {
		t.Error("a device more, and the number is the same")
	}
	if again := SafetyNumber(party("a", aliceKey), party("b", aliceKey, bobKey)); again != two {
		t.Error("the order of the devices counts")
	}
	if SafetyNumber(party("a", aliceKey), party("c", bobKey)) == one {
		t.Error("the name does not count")
	}
}

func TestACodeIsOfThisNumberOrAnotherOrNone(t *testing.T) {
	n := SafetyNumber(party("a", aliceKey), party("b", bobKey))
	other := SafetyNumber(party("a", aliceKey), party("c", bobKey))
	for _, c := range []struct {
		code        string
		same, valid bool
	}{
		{SafetyCode(n), true, true},
		{SafetyCode(other), false, true},
		{" " + SafetyCode(n) + "\n", true, true},
		{"https://example.org", false, false},
		{"ferry-safety:0:123", false, false},
		{"ferry-safety:0:" + strings.Repeat("x", 60), false, false},
		{"", false, false},
	} {
		if same, valid := SameSafetyCode(c.code, n); same != c.same || valid != c.valid {
			t.Errorf("%.30q: %v %v", c.code, same, valid)
		}
	}
	if g := SafetyGroups(n); len(g) != 12 || len(g[11]) != 5 || strings.Join(g, "") != n {
		t.Errorf("groups %v", g)
	}
}
