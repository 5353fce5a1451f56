// Package main is a page with the real screens on an engine that only plays a
// part: each state of the app, on its own address, for screenshots and for the
// eyes of whoever changes a screen.
package main

import (
	"encoding/json"
	"errors"
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/host"
)

// story is the state in which the app is shown.
type story struct {
	signedOut bool
	signError error // what signing in answers
	state     port.State
	threads   map[model.ChatID][]model.Message
	lookUp    port.LookUpResult
	events    []port.Event // after the snapshot
	connect   port.Reply   // what Connect answers; its absence never answers
	search    seeking      // how looking for messages goes
	never     bool         // no command is ever answered: the first moments
}

// now is the moment at which all stories play.
var now = time.Date(2026, 11, 22, 15, 4, 0, 0, time.UTC)

func at(days int, clock string) time.Time {
	t, err := time.Parse("15:04", clock)
	if err != nil {
		panic(err) // a constant of this package
	}
	return time.Date(2026, 11, 22-days, t.Hour(), t.Minute(), 0, 0, time.UTC)
}

var online = model.Link{Phase: model.LinkOnline}

func connected() port.State {
	return port.State{Self: model.Self{Username: "ada", Provider: "Ferry", Connected: true, Address: "7-4242424242@interop"}, Link: online}
}

// stories by name. Where a story needs a hand, the screenshot tool lends it.
var stories = map[string]func() story{
	"signed-out": func() story { return story{signedOut: true} },
	"sign-wrong": func() story {
		return story{signedOut: true, signError: &host.RelayError{Status: 401, Code: "wrong_password", Message: "The name or the password is wrong."}}
	},
	"sign-taken": func() story {
		return story{signedOut: true, signError: &host.RelayError{Status: 409, Code: "username_taken", Message: "That name is taken.", Field: "username"}}
	},
	"sign-wait": func() story {
		return story{signedOut: true, signError: &host.RelayError{Status: 429, Code: "too_many", Message: "Too many tries.", RetryAfter: 42 * time.Second}}
	},
	"sign-offline": func() story { return story{signedOut: true, signError: errors.New("no network")} },
	"starting":     func() story { return story{never: true} },
	"off":          off,
	"connect-fails": func() story {
		s := off()
		s.connect = port.Reply{Code: "gateway_unreachable", Error: "The gateway does not answer"}
		return s
	},
	"empty": func() story { return story{state: connected()} },
	"chats": busy,
	"typing": func() story {
		s := busy()
		s.events = []port.Event{port.PeerTyping{Chat: echo, Composing: true}, port.PeerTyping{Chat: mira, Composing: true}}
		return s
	},
	"long": func() story {
		s := busy()
		s.threads[mira] = history(200)
		return s
	},
	"huge":           huge,
	"unknown-number": func() story { s := busy(); s.lookUp = port.LookUpResult{Status: "not_found"}; return s },
	"no-consent":     func() story { s := busy(); s.lookUp = port.LookUpResult{Status: "no_consent"}; return s },
	"no-number":      func() story { s := busy(); s.lookUp = port.LookUpResult{Status: "invalid"}; return s },
	"network-down":   func() story { return down(model.HopNetwork, "") },
	"relay-down":     func() story { return down(model.HopRelay, "") },
	"relay-restarts": func() story { return down(model.HopRelay, "draining") },
	"gateway-down":   func() story { return down(model.HopGateway, "gateway_unreachable") },
	"session-ended":  func() story { return down(model.HopSession, "unauthorized") },
	"connecting": func() story {
		s := busy()
		s.state.Link = model.Link{Phase: model.LinkConnecting}
		return s
	},
	"catching-up": func() story {
		s := busy()
		s.state.Link = model.Link{Phase: model.LinkCatchingUp, Done: 3120, Total: 10000}
		return s
	},
	"replaced":   func() story { return halted("replaced") },
	"store-lost": func() story { return halted("store_lost") },
	"store-full": func() story { return halted("store_full") },
	"internal":   func() story { return halted("internal") },
}

func off() story {
	return story{state: port.State{Self: model.Self{Username: "ada", Provider: "Ferry"}, Link: model.Link{Phase: model.LinkOff}}}
}

func down(hop model.Hop, reason string) story {
	s := busy()
	s.state.Link = model.Link{Phase: model.LinkWaiting, Down: hop, Reason: reason, RetryAt: now.Add(8 * time.Second)}
	return s
}

func halted(reason string) story {
	s := busy()
	s.events = []port.Event{port.Halted{Reason: reason, Detail: "for instance"}}
	return s
}

func reply(v any) port.Reply {
	raw, err := json.Marshal(v)
	if err != nil {
		return port.Reply{Code: "internal", Error: err.Error()}
	}
	return port.Reply{Value: raw}
}
