// Package fault makes the network of a sandbox misbehave as a tester says: stanzas are lost, late, doubled, out of
// order or damaged, and logins refused. It decides; the gateway acts. What it decides depends only on the seed and on
// how many stanzas of that account the rule has seen, so that a test that runs again sees the same.
package fault

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"sync"
	"time"
)

// Kinds of fault.
const (
	Drop      = "drop"      // lost on the way: the other side never sees it, and nobody acknowledges it
	Delay     = "delay"     // late; what the rule does not mean overtakes it
	Duplicate = "duplicate" // arrives twice
	Reorder   = "reorder"   // arrives after the stanza behind it
	Corrupt   = "corrupt"   // one byte of each ciphertext is another; of messages only
	Refuse    = "refuse"    // the token of a third-party login is not accepted
)

// Directions, as the gateway sees them.
const (
	In  = "in"  // from a client
	Out = "out" // to a client
)

// Reasons of a refused token.
const (
	Expired = "expired"
	Invalid = "invalid"
)

// Bounds of a plan.
const (
	MaxRules    = 32
	MaxDelay    = 60 * time.Second
	MaxTimes    = 1_000_000
	maxAccounts = 10_000 // whose stanzas a rule counts; beyond, all are counted anew
)

// reorderWait is how long a stanza waits for the one that is to overtake it.
const reorderWait = time.Second

// Rule is one fault and what it is about. Empty fields mean everything.
type Rule struct {
	Fault     string  `json:"fault"`
	Direction string  `json:"direction"`
	Kind      string  `json:"kind"`    // tag of the stanza: message, receipt, ack, iq, notification, presence, chatstate, call
	Account   string  `json:"account"` // as the tester wrote it
	Chance    float64 `json:"chance"`  // from 0 to 1; 0 stands for 1
	Times     int     `json:"times"`   // after so many it is over; 0: never
	Delay     int     `json:"delay"`   // in milliseconds: of a delay, or how long at most a stanza is held for reordering
	Token     string  `json:"token"`   // of a refusal: expired or invalid
	Hits      int     `json:"hits"`    // how often it has happened; only ever told

	ID string `json:"-"` // Account in canonical form; "" for everybody
}

// Plan is what is to go wrong.
type Plan struct {
	Seed  uint64 `json:"seed"`
	Rules []Rule `json:"rules"`
}

// ErrPlan: a rule that cannot be. The text says which and why.
var ErrPlan = errors.New("fault: no such rule")

// Check says whether a plan is one that Run takes.
func (p Plan) Check() error {
	if len(p.Rules) > MaxRules {
		return fmt.Errorf("%w: more than %d rules", ErrPlan, MaxRules)
	}
	for i, r := range p.Rules {
		if why := r.wrong(); why != "" {
			return fmt.Errorf("%w: rule %d: %s", ErrPlan, i+1, why)
		}
	}
	return nil
}

func (r Rule) wrong() string {
	switch {
	case !slices.Contains([]string{Drop, Delay, Duplicate, Reorder, Corrupt, Refuse}, r.Fault):
		return "fault is drop, delay, duplicate, reorder, corrupt or refuse"
	case !slices.Contains([]string{"", In, Out}, r.Direction):
		return "direction is in, out, or left out"
	case len(r.Kind) > 32:
		return "kind is the tag of a stanza"
	case !(r.Chance >= 0 && r.Chance <= 1): // so that it also fits what is no number
		return "chance is from 0 to 1"
	case r.Times < 0 || r.Times > MaxTimes:
		return fmt.Sprintf("times is from 0 to %d", MaxTimes)
	case r.Delay < 0 || time.Duration(r.Delay)*time.Millisecond > MaxDelay:
		return fmt.Sprintf("delay is from 0 to %d milliseconds", MaxDelay.Milliseconds())
	case r.Fault == Delay && r.Delay == 0:
		return "a delay needs its milliseconds"
	case !slices.Contains([]string{"", Expired, Invalid}, r.Token):
		return "token is expired or invalid"
	}
	return ""
}

// Verdict is what happens to one stanza. The zero value is nothing.
type Verdict struct {
	Drop, Twice, Behind, Corrupt bool
	Delay                        time.Duration // also the most that Behind waits
	Faults                       []string      // what applied, for the log
}

// Set is a plan at work. Safe for concurrent use.
type Set struct {
	mu   sync.Mutex
	plan Plan
	seen []map[string]uint64 // by rule: stanzas by account
}

// Run puts a checked plan to work. Nil for one without rules.
func Run(p Plan) *Set {
	if len(p.Rules) == 0 {
		return nil
	}
	s := &Set{plan: Plan{p.Seed, slices.Clone(p.Rules)}, seen: make([]map[string]uint64, len(p.Rules))}
	for i := range s.plan.Rules {
		s.plan.Rules[i].Hits = 0
		s.seen[i] = make(map[string]uint64)
	}
	return s
}

// Plan is what is at work, with how often each rule has applied.
func (s *Set) Plan() Plan {
	if s == nil {
		return Plan{Rules: []Rule{}}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return Plan{s.plan.Seed, slices.Clone(s.plan.Rules)}
}

// spared are stanzas that only a rule that names them is about: without them a connection does not even begin or end.
var spared = []string{"success", "failure", "stream:error"}

// Judge says what happens to a stanza of an account, whose canonical address it is given.
func (s *Set) Judge(direction, kind, account string) (v Verdict) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.plan.Rules {
		r := &s.plan.Rules[i]
		switch {
		case r.Fault == Refuse, r.Kind == "" && slices.Contains(spared, kind), r.Fault == Corrupt && kind != "message":
			continue
		case r.Direction != "" && r.Direction != direction, r.Kind != "" && r.Kind != kind, !s.applies(i, account):
			continue
		}
		v.Faults = append(v.Faults, r.Fault)
		wait := time.Duration(r.Delay) * time.Millisecond
		switch r.Fault {
		case Drop:
			v.Drop = true
			return v
		case Duplicate:
			v.Twice = true
		case Corrupt:
			v.Corrupt = true
		case Delay:
			v.Delay = max(v.Delay, wait)
		case Reorder:
			if v.Behind = true; wait == 0 {
				wait = reorderWait
			}
			v.Delay = max(v.Delay, wait)
		}
	}
	return v
}

// Refuses says whether a third-party account's login is to fail, and why: Expired or Invalid; "" if not.
func (s *Set) Refuses(account string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.plan.Rules {
		r := &s.plan.Rules[i]
		if r.Fault != Refuse || !s.applies(i, account) {
			continue
		}
		if r.Token == "" {
			return Expired
		}
		return r.Token
	}
	return ""
}

// applies counts a stanza that a rule is about, and says whether it happens to it.
func (s *Set) applies(rule int, account string) bool {
	r := &s.plan.Rules[rule]
	if r.ID != "" && r.ID != account || r.Times > 0 && r.Hits >= r.Times {
		return false
	}
	if len(s.seen[rule]) >= maxAccounts {
		clear(s.seen[rule])
	}
	n := s.seen[rule][account]
	s.seen[rule][account] = n + 1
	if r.Chance > 0 && r.Chance < 1 && s.dice(rule, account, n) >= r.Chance {
		return false
	}
	r.Hits++
	return true
}

// dice is from 0 to 1, always the same for the same seed, rule, account and number.
func (s *Set) dice(rule int, account string, n uint64) float64 {
	h := fnv.New64a()
	var b [24]byte
	binary.BigEndian.PutUint64(b[:], s.plan.Seed)
	binary.BigEndian.PutUint64(b[8:], uint64(rule)) //nolint:gosec // an index
	binary.BigEndian.PutUint64(b[16:], n)
	_, _ = h.Write(b[:])
	_, _ = h.Write([]byte(account))
	x := h.Sum64() // FNV's high bits say little about the last bytes: mixed as SplitMix64 ends
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	x ^= x >> 31
	return float64(x>>11) / (1 << 53)
}
