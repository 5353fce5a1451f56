package main

import (
	"context"
	"errors"
	"sort"
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/host"
)

// core plays the engine.
type core struct {
	story story
	fn    func([]port.Event, bool)
}

// Subscribe takes the one listener.
func (c *core) Subscribe(fn func(events []port.Event, resync bool)) (cancel func()) {
	c.fn = fn
	if len(c.story.threads[mira]) == hugeSize {
		c.script()
	}
	return func() {}
}

// Do answers as the story has it.
func (c *core) Do(cmd port.Command, done func(port.Reply)) {
	if c.story.never {
		return
	}
	switch cmd := cmd.(type) {
	case port.Snapshot:
		done(reply(c.story.state))
		if len(c.story.events) > 0 {
			time.AfterFunc(time.Millisecond, func() { c.fn(c.story.events, false) })
		}
	case port.Messages:
		done(reply(c.page(cmd)))
	case port.SendText:
		m := model.Message{ID: cmd.ID, Chat: cmd.Chat, FromMe: true, Text: cmd.Text, At: now, State: model.Pending,
			Order: uint64(len(c.story.threads[cmd.Chat]) + 1)}
		c.story.threads[cmd.Chat] = append(c.story.threads[cmd.Chat], m)
		done(reply(m))
	case port.SendMedia:
		done(reply(c.sendMedia(cmd)))
	case port.Search:
		c.find(cmd, done)
	case port.FindDate:
		done(reply(c.findDate(cmd)))
	case port.SetConsent:
		done(reply(c.setConsent(cmd)))
	case port.FindPerson:
		done(reply(c.story.lookUp))
	case port.LookUp:
		done(reply(c.story.lookUp))
	case port.Connect:
		if c.story.connect.Code != "" {
			done(c.story.connect)
		}
	default:
		r, _ := c.trust(cmd)
		done(r)
	}
}

func (c *core) page(cmd port.Messages) port.MessagePage {
	all := c.story.threads[cmd.Chat]
	from := func(order uint64) int { // of the first entry that is not below
		return sort.Search(len(all), func(i int) bool { return all[i].Order >= order })
	}
	start, end := len(all)-cmd.Limit, len(all)
	switch {
	case cmd.Before != 0:
		end = from(cmd.Before)
		start = end - cmd.Limit
	case cmd.After != 0:
		start = from(cmd.After + 1)
		end = start + cmd.Limit
	case cmd.Around != 0:
		start = from(cmd.Around) - cmd.Limit/2
		end = start + cmd.Limit
	}
	start, end = max(start, 0), min(end, len(all))
	return port.MessagePage{Messages: all[start:end], More: start > 0, Newer: end < len(all)}
}

// relay plays the account API.
type relay struct{ story story }

var ada = host.Account{ID: "1000000001", Username: "ada"}

func (r relay) Me(context.Context) (host.Account, error) {
	if r.story.signedOut {
		return host.Account{}, &host.RelayError{Status: 401, Code: "signed_out"}
	}
	return ada, nil
}

func (r relay) SignUp(ctx context.Context, name, password string) (host.Account, error) {
	return r.SignIn(ctx, name, password)
}

func (r relay) SignIn(context.Context, string, string) (host.Account, error) {
	return ada, r.story.signError
}
func (relay) SignOut(context.Context) error        { return nil }
func (relay) Revoke(context.Context, string) error { return nil }

func (relay) Sessions(context.Context) ([]host.Session, error) {
	return []host.Session{
		{ID: "1", Device: "Chromium on Linux", Created: at(12, "09:00"), LastSeen: now, Current: true},
		{ID: "2", Device: "Google Chrome on Android", Created: at(40, "19:30"), LastSeen: at(0, "08:12")},
		{ID: "3", Device: "Microsoft Edge on Windows", Created: at(90, "11:00"), LastSeen: at(9, "17:45")},
	}, nil
}

func (relay) Site(context.Context) (host.Site, error) {
	var s host.Site
	if sandboxPart.down {
		return s, errors.New("offline")
	}
	s.Provider.ID, s.Provider.Name = 7, "Ferry"
	s.Gateway.Name, s.Gateway.Sandbox, s.Gateway.Echo = "Sandbox", !sandboxPart.none, "+49 151 00000001"
	if accountPart.elsewhere {
		s.SignIn.Kind, s.SignIn.Name = "oidc", "Example ID"
	}
	s.Build = "0123456789abcdef"
	return s, nil
}
