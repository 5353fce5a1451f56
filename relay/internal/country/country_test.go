package country

import "testing"

func TestTheListIsTheEEAAndWhatTheOperatorChanges(t *testing.T) {
	if n := len(EEA().some); n != 30 {
		t.Errorf("%d countries in the EEA", n)
	}
	for _, c := range []struct {
		changes []string
		code    string
		want    bool
	}{
		{nil, "DE", true}, {nil, "no", true}, {nil, "GB", false}, {nil, "CH", false}, {nil, "", false},
		{[]string{" ch "}, "CH", true}, {[]string{"-DE"}, "DE", false}, {[]string{"-DE", "DE"}, "DE", true},
		{[]string{"*"}, "US", true}, {[]string{"*"}, "", true},
	} {
		s, err := Parse(c.changes)
		if err != nil || s.Has(c.code) != c.want {
			t.Errorf("%v: %s %v, %v", c.changes, c.code, s.Has(c.code), err)
		}
	}
	for _, bad := range []string{"Germany", "D", "D1", "-*", ""} {
		if _, err := Parse([]string{bad}); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
