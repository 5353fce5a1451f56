package gateway

import (
	"context"
	"errors"
	"strconv"
	"time"

	"ferry/relay/internal/gateway/consent"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/wire"
)

// denial is what an ack says about why something does not cross; nil if it does.
type denial []wire.Attr

func deny(code string, more ...wire.Attr) denial {
	return append(denial{wire.A("error", code)}, more...)
}

// tooMuch is a denial that ends after a while, if that is known.
func tooMuch(reason string, after time.Duration) denial {
	no := deny(wire.AckRateLimited, wire.A(wire.AttrReason, reason))
	if after > 0 {
		no = append(no, wire.A(wire.AttrRetryAfter, strconv.FormatInt(int64((after+time.Second-1)/time.Second), 10)))
	}
	return no
}

// answer is what becomes of an act, and what its sender is told if it is refused.
type answer struct {
	verdict consent.Verdict
	denial  denial
}

func (a answer) delivered() bool { return a.verdict == consent.Deliver }

// sides are the two of a conversation between the products.
func sides(a, b *directory.Account) (wa, tp *directory.Account) {
	if a.Kind == directory.WhatsApp {
		return a, b
	}
	return b, a
}

// target resolves whom a stanza is for, and what becomes of such an act there.
func (c *conn) target(ctx context.Context, me *directory.Account, to wire.JID, act consent.Act) (target directory.Account, a answer, err error) {
	target, err = c.gw.dir.Resolve(ctx, to)
	if errors.Is(err, directory.ErrNotFound) {
		return target, answer{consent.Refuse, deny(wire.AckUnknownUser)}, nil
	}
	if err != nil {
		return target, answer{}, err
	}
	a, err = c.gw.decide(ctx, me, &target, act)
	return target, a, err
}

// standing is how things stand between two accounts of different kind, requests
// aside.
func (g *Gateway) standing(from, to *directory.Account) consent.Standing {
	wa, tp := sides(from, to)
	provider, registered := g.cfg.Providers.ByID(tp.Integrator)
	return consent.Standing{
		ProviderDown:    !registered || provider.Suspended,
		NotEnlisted:     len(tp.Devices) == 0,
		OutOfRegion:     tp.Outside || !g.regions.HasPhone(wa.Phone),
		ChatsOff:        wa.Consent.Off,
		AppNotChosen:    !wa.Consent.Chosen(tp.Integrator),
		ProviderBlocked: wa.BlockedProviders[tp.Integrator],
		BlockedReceiver: from.Blocked.Has(to.ID),
		BlockedSender:   to.Blocked.Has(from.ID),
	}
}

// decide says what becomes of something that one account sends another.
func (g *Gateway) decide(ctx context.Context, from, to *directory.Account, act consent.Act) (answer, error) {
	switch {
	case from.ID == to.ID:
		return answer{verdict: consent.Deliver}, nil
	case from.Kind == directory.ThirdParty && to.Kind == directory.ThirdParty: // providers' users meet WhatsApp's, not each other
		return answer{consent.Refuse, deny(wire.AckUnknownUser)}, nil
	case from.Kind == to.Kind:
		return g.within(from, to, act), nil
	}
	s := g.standing(from, to)
	// A WhatsApp user's message answers a request, and what a third-party user may
	// send before it is counted by begin, which knows the message.
	if wa, tp := sides(from, to); wa.Requests && !act.Message() && (from != wa || act != consent.Call) {
		p, _, err := g.pairOf(ctx, wa.ID, tp.ID)
		if err != nil {
			return answer{}, err
		}
		s.Requested = !p.Accepted
	}
	out := consent.Decide(s, act)
	return answer{out.Verdict, g.words(out.Reason, from, to)}, nil
}

// within is decide between WhatsApp users: nothing stands between them but blocks.
func (g *Gateway) within(from, to *directory.Account, act consent.Act) answer {
	out := consent.Decide(consent.Standing{BlockedReceiver: from.Blocked.Has(to.ID), BlockedSender: to.Blocked.Has(from.ID)}, act)
	return answer{out.Verdict, g.words(out.Reason, from, to)}
}

// words are the ack's for each reason.
func (g *Gateway) words(why consent.Reason, from, to *directory.Account) denial {
	switch why {
	case consent.None:
		return nil
	case consent.Suspended:
		return deny(wire.AckNotEnlisted, wire.A(wire.AttrReason, wire.ReasonProvider))
	case consent.Gone:
		return deny(wire.AckUnknownUser)
	case consent.Region:
		side := wire.SideTheirs
		if g.outside(from) {
			side = wire.SideYours
		}
		return deny(wire.AckOutOfRegion, wire.A(wire.AttrSide, side))
	case consent.OwnBlock:
		return deny(wire.AckOwnBlock)
	case consent.Unanswered:
		return tooMuch(wire.ReasonUnanswered, 0)
	case consent.Unsupported:
		return deny(wire.AckNotSupported, wire.A(wire.AttrReason, wire.ReasonNotSupported))
	}
	return deny(wire.AckNoConsent)
}

// Eligible says whether a phone number is of the region of third-party chats.
func (g *Gateway) Eligible(phone string) bool { return g.regions.HasPhone(phone) }

func (g *Gateway) outside(a *directory.Account) bool {
	if a.Kind == directory.ThirdParty {
		return a.Outside
	}
	return !g.regions.HasPhone(a.Phone)
}

// visible says whether viewer may look up the devices and keys of a.
func (g *Gateway) visible(viewer, a *directory.Account) bool {
	if viewer.ID == a.ID || viewer.Kind == directory.WhatsApp && a.Kind == directory.WhatsApp {
		return true
	}
	return viewer.Kind != a.Kind && consent.Visible(g.standing(viewer, a))
}

// reachable is visible for an account that may have no device any more, which is
// what its contacts are told.
func (g *Gateway) reachable(viewer, a *directory.Account) bool {
	s := g.standing(viewer, a)
	s.NotEnlisted = false
	return consent.Visible(s)
}

// actOf is what sort of message this is. Only the sender says so, and the gateway
// treats all of them alike.
func actOf(n wire.Node) consent.Act {
	switch {
	case n.Attr("type") == "media":
		return consent.Media
	case n.Attr("type") == "reaction", n.Attr("edit") != "":
		return consent.Reaction
	}
	return consent.Text
}
