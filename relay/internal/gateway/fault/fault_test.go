package fault

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func run(t *testing.T, seed uint64, rules ...Rule) *Set {
	t.Helper()
	p := Plan{seed, rules}
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	return Run(p)
}

func TestARuleIsAboutWhatItSays(t *testing.T) {
	for _, c := range []struct {
		rule                  Rule
		direction, kind, whom string
		want                  bool
	}{
		{Rule{Fault: Drop}, In, "message", "a", true},
		{Rule{Fault: Drop}, Out, "success", "a", false},
		{Rule{Fault: Drop}, Out, "stream:error", "a", false},
		{Rule{Fault: Drop, Kind: "success"}, Out, "success", "a", true},
		{Rule{Fault: Drop, Direction: In}, Out, "message", "a", false},
		{Rule{Fault: Drop, Direction: Out}, Out, "message", "a", true},
		{Rule{Fault: Drop, Kind: "receipt"}, In, "message", "a", false},
		{Rule{Fault: Drop, ID: "b"}, In, "message", "a", false},
		{Rule{Fault: Drop, ID: "a"}, In, "message", "a", true},
		{Rule{Fault: Corrupt}, In, "receipt", "a", false},
		{Rule{Fault: Corrupt}, In, "message", "a", true},
		{Rule{Fault: Refuse}, In, "message", "a", false},
	} {
		if v := run(t, 1, c.rule).Judge(c.direction, c.kind, c.whom); len(v.Faults) > 0 != c.want {
			t.Errorf("%+v: %s %s of %s: %+v", c.rule, c.direction, c.kind, c.whom, v)
		}
	}
}

func TestSeveralRulesApplyTogetherAndALossEndsIt(t *testing.T) {
	s := run(t, 1, Rule{Fault: Duplicate, Times: 2}, Rule{Fault: Delay, Delay: 30}, Rule{Fault: Reorder, Times: 1}, Rule{Fault: Drop, Kind: "ack"}, Rule{Fault: Corrupt})
	first := s.Judge(In, "message", "a")
	if !first.Twice || !first.Behind || !first.Corrupt || first.Delay != time.Second || first.Drop {
		t.Errorf("%+v", first)
	}
	second := s.Judge(In, "ack", "a")
	if !second.Drop || !slices.Equal(second.Faults, []string{Duplicate, Delay, Drop}) {
		t.Errorf("%+v", second)
	}
	if third := s.Judge(In, "message", "a"); third.Twice || third.Behind || third.Delay != 30*time.Millisecond {
		t.Errorf("%+v", third)
	}
	var hits []int
	for _, r := range s.Plan().Rules {
		hits = append(hits, r.Hits)
	}
	if !slices.Equal(hits, []int{2, 3, 1, 1, 2}) {
		t.Errorf("hits %v", hits)
	}
}

// pattern is what happens to the first stanzas of an account, among those of another.
func pattern(s *Set, whom string, others int) string {
	var b strings.Builder
	for range 64 {
		for range others {
			s.Judge(In, "message", "other")
		}
		if s.Judge(In, "message", whom).Drop {
			b.WriteByte('x')
		} else {
			b.WriteByte('.')
		}
	}
	return b.String()
}

func TestChanceRepeatsWithItsSeedWhateverOthersDo(t *testing.T) {
	rule := Rule{Fault: Drop, Chance: 0.3}
	first := pattern(run(t, 7, rule), "a", 0)
	if again := pattern(run(t, 7, rule), "a", 3); again != first {
		t.Errorf("%s, then %s", first, again)
	}
	if other := pattern(run(t, 8, rule), "a", 0); other == first {
		t.Error("another seed makes no difference")
	}
	if other := pattern(run(t, 7, rule), "b", 0); other == first {
		t.Error("another account makes no difference")
	}
	if other := pattern(run(t, 7, Rule{Fault: Drop, Chance: 1e-9}, rule), "a", 0); other == first {
		t.Error("another place among the rules makes no difference")
	}
	lost := 0
	s := run(t, 7, rule)
	for range 10_000 {
		if s.Judge(In, "message", "a").Drop {
			lost++
		}
	}
	if lost < 2800 || lost > 3200 {
		t.Errorf("%d of 10,000 with a chance of 0.3", lost)
	}
}

func TestTokensAreRefused(t *testing.T) {
	s := run(t, 1, Rule{Fault: Refuse, ID: "a", Times: 1}, Rule{Fault: Refuse, ID: "b", Token: Invalid}, Rule{Fault: Drop})
	var got []string
	for _, whom := range []string{"a", "a", "b", "c"} {
		got = append(got, s.Refuses(whom))
	}
	if !slices.Equal(got, []string{Expired, "", Invalid, ""}) {
		t.Errorf("%q", got)
	}
}

func TestPlansThatCannotBeAreRefused(t *testing.T) {
	for name, r := range map[string]Rule{
		"fault": {Fault: "burn"}, "no fault": {}, "direction": {Fault: Drop, Direction: "up"}, "chance": {Fault: Drop, Chance: 1.1},
		"negative chance": {Fault: Drop, Chance: -0.1}, "no number": {Fault: Drop, Chance: math.NaN()}, "times": {Fault: Drop, Times: -1},
		"delay": {Fault: Delay, Delay: 60_001}, "no delay": {Fault: Delay}, "token": {Fault: Refuse, Token: "late"},
		"kind": {Fault: Drop, Kind: strings.Repeat("x", 33)},
	} {
		if err := (Plan{Rules: []Rule{r}}).Check(); !errors.Is(err, ErrPlan) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (Plan{Rules: slices.Repeat([]Rule{{Fault: Drop}}, MaxRules+1)}).Check(); !errors.Is(err, ErrPlan) {
		t.Errorf("%v", err)
	}
}

func TestNothingIsAtWorkWithoutRules(t *testing.T) {
	s := Run(Plan{Seed: 3})
	if s != nil || !reflect.DeepEqual(s.Plan(), Plan{Rules: []Rule{}}) {
		t.Errorf("%+v", s)
	}
}

func TestWhatARuleCountsIsBounded(t *testing.T) {
	s := run(t, 1, Rule{Fault: Drop, Chance: 0.5})
	for i := range 3 * maxAccounts {
		s.Judge(In, "message", string(rune('a'+i%26))+time.Duration(i).String())
	}
	if n := len(s.seen[0]); n > maxAccounts {
		t.Errorf("%d accounts", n)
	}
}
