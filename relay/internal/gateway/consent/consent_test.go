package consent

import "testing"

// The documented table, row by row; the test below adds every pair of states.
var rows = []struct {
	name                      string
	s                         Standing
	text, media, reaction     Outcome
	receipt, typing, presence Outcome
	call                      Outcome
	visible                   bool
}{
	{"on", Standing{}, ok, ok, ok, ok, ok, ok, no(Unsupported), true},
	{"off", Standing{ChatsOff: true}, no(NoConsent), no(NoConsent), no(NoConsent), drop, drop, drop, no(NoConsent), false},
	{"app not chosen", Standing{AppNotChosen: true}, no(NoConsent), no(NoConsent), no(NoConsent), drop, drop, drop, no(NoConsent), false},
	{"blocked provider", Standing{ProviderBlocked: true}, no(NoConsent), no(NoConsent), no(NoConsent), drop, drop, drop, no(NoConsent), false},
	{"blocked person", Standing{BlockedSender: true}, gone, gone, gone, drop, drop, drop, gone, true},
	{"the sender's own block", Standing{BlockedReceiver: true}, no(OwnBlock), no(OwnBlock), no(OwnBlock), drop, drop, drop, no(OwnBlock), true},
	{"suspended provider", Standing{ProviderDown: true}, no(Suspended), no(Suspended), no(Suspended), drop, drop, drop, no(Suspended), false},
	{"not enlisted", Standing{NotEnlisted: true}, no(Gone), no(Gone), no(Gone), drop, drop, drop, no(Gone), false},
	{"out of region", Standing{OutOfRegion: true}, no(Region), no(Region), no(Region), drop, drop, drop, no(Region), false},
	{"request not accepted", Standing{Requested: true, May: 3}, ok, ok, ok, drop, drop, drop, no(NoConsent), true},
	{"request not accepted, one left", Standing{Requested: true, Sent: 2, May: 3}, ok, ok, ok, drop, drop, drop, no(NoConsent), true},
	{"request not answered", Standing{Requested: true, Sent: 3, May: 3}, no(Unanswered), no(Unanswered), no(Unanswered), drop, drop, drop, no(NoConsent), true},
}

var (
	ok   = Outcome{Verdict: Deliver}
	gone = Outcome{Verdict: Swallow}
	drop = Outcome{Verdict: Drop}
)

func no(r Reason) Outcome { return Outcome{Refuse, r} }

func TestTheTable(t *testing.T) {
	for _, r := range rows {
		for act, want := range map[Act]Outcome{
			Text: r.text, Media: r.media, Reaction: r.reaction, Receipt: r.receipt, Typing: r.typing, Presence: r.presence, Call: r.call,
		} {
			if got := Decide(r.s, act); got != want {
				t.Errorf("%s × %s: %+v, want %+v", r.name, act, got, want)
			}
		}
		// Like any receipt, but for a request that is waiting.
		if got, want := Decide(r.s, Retry), r.receipt; got != want && (got != ok || !r.s.Requested) {
			t.Errorf("%s × retry: %+v, want %+v", r.name, got, want)
		}
		if got := Visible(r.s); got != r.visible {
			t.Errorf("%s: visible %v", r.name, got)
		}
	}
}

// Of all 512 combinations of states, only one delivers without a request, and
// whatever forbids alone forbids together with others.
func TestNoCombinationLetsMoreThroughThanItsParts(t *testing.T) {
	flags := []func(*Standing){
		func(s *Standing) { s.ProviderDown = true }, func(s *Standing) { s.NotEnlisted = true },
		func(s *Standing) { s.OutOfRegion = true }, func(s *Standing) { s.ChatsOff = true },
		func(s *Standing) { s.AppNotChosen = true }, func(s *Standing) { s.ProviderBlocked = true },
		func(s *Standing) { s.BlockedReceiver = true }, func(s *Standing) { s.BlockedSender = true },
		func(s *Standing) { s.Requested, s.Sent, s.May = true, 3, 3 },
	}
	for bits := range 1 << len(flags) {
		var s Standing
		for i, set := range flags {
			if bits&(1<<i) != 0 {
				set(&s)
			}
		}
		for _, act := range []Act{Text, Media, Reaction, Receipt, Typing, Presence, Call} {
			got := Decide(s, act)
			if got.Verdict == Deliver && (bits != 0 || act == Call) {
				t.Errorf("%+v: %s is delivered", s, act)
			}
			if (got.Verdict == Refuse) != (got.Reason != None) {
				t.Errorf("%+v: %s: %+v", s, act, got)
			}
			if !act.Message() && act != Call && bits != 0 && got.Verdict != Drop {
				t.Errorf("%+v: %s: %+v", s, act, got)
			}
		}
	}
}
