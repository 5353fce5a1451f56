package sandbox

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"ferry/relay/internal/gateway/directory"
	"ferry/relay/internal/gateway/enlist"
	"ferry/relay/wire"
)

// maxPhones is how many phones one list has.
const maxPhones = 1000

// Phone is a WhatsApp account of the sandbox.
type Phone struct {
	Phone            string          `json:"phone"` // E.164
	Name             string          `json:"name"`
	Address          wire.JID        `json:"address"` // by phone number
	LID              wire.JID        `json:"lid"`
	ThirdPartyChats  bool            `json:"thirdPartyChats"`
	Apps             map[string]bool `json:"apps"` // what is chosen, by provider number
	Inbox            string          `json:"inbox"`
	Requests         bool            `json:"requests"`         // whether a first message waits to be accepted
	Blocked          []string        `json:"blocked"`          // people, by address
	BlockedProviders []uint16        `json:"blockedProviders"` // by number
	Eligible         bool            `json:"eligible"`         // the number is of the region of third-party chats
	Devices          []uint16        `json:"devices"`          // 0 is the phone itself
}

func (s *Sandbox) view(a directory.Account) Phone {
	p := Phone{
		Phone: "+" + a.Phone, Name: a.Name, Address: a.PN(), LID: a.ID,
		ThirdPartyChats: a.Consent.On(), Apps: make(map[string]bool), Inbox: directory.InboxSeparate, Requests: a.Requests,
		Blocked: []string{}, BlockedProviders: []uint16{}, Eligible: s.cfg.Gateway.Eligible(a.Phone), Devices: []uint16{},
	}
	if a.Inbox != "" {
		p.Inbox = a.Inbox
	}
	for _, x := range s.cfg.Providers() {
		p.Apps[strconv.Itoa(int(x.ID))] = a.Consent.Chosen(x.ID)
	}
	p.Blocked = append(p.Blocked, slices.Sorted(maps.Values(a.Blocked))...)
	p.BlockedProviders = append(p.BlockedProviders, slices.Sorted(maps.Keys(a.BlockedProviders))...)
	for _, d := range a.Devices {
		p.Devices = append(p.Devices, d.Number)
	}
	return p
}

// Phones lists the WhatsApp accounts by number.
func (s *Sandbox) Phones(ctx context.Context) ([]Phone, error) {
	all, err := s.cfg.Directory.Phones(ctx, maxPhones)
	if err != nil {
		return nil, err
	}
	out := make([]Phone, 0, len(all))
	for _, a := range all {
		out = append(out, s.view(a))
	}
	slices.SortFunc(out, func(a, b Phone) int { return strings.Compare(a.Phone, b.Phone) })
	return out, nil
}

func (s *Sandbox) getPhones(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	p, err := s.Phones(r.Context())
	return http.StatusOK, map[string]any{"phones": p}, err
}

// Change is what PATCH changes; what is nil stays as it is.
type Change struct {
	// ThirdPartyChats true takes all providers, unless Apps or an earlier change has chosen some.
	ThirdPartyChats *bool           `json:"thirdPartyChats"`
	Apps            map[string]bool `json:"apps"`
	Inbox           *string         `json:"inbox"`
	Requests        *bool           `json:"requests"`
	// Both replace the list.
	Blocked          *[]string `json:"blocked"`
	BlockedProviders *[]uint16 `json:"blockedProviders"`
}

// Set changes what the user of a phone has said about third-party chats.
func (s *Sandbox) Set(ctx context.Context, phone string, c Change) (Phone, error) {
	a, err := s.account(ctx, phone)
	if err != nil {
		return Phone{}, err
	}
	apps, err := s.apps(c.Apps)
	if err != nil {
		return Phone{}, err
	}
	if c.Inbox != nil && *c.Inbox != directory.InboxSeparate && *c.Inbox != directory.InboxCombined {
		return Phone{}, errInbox
	}
	var blocked directory.Blocked
	if c.Blocked != nil {
		if blocked, err = s.people(ctx, *c.Blocked); err != nil {
			return Phone{}, err
		}
	}
	a, err = s.cfg.Gateway.ChangeChats(ctx, a.ID, func(is *directory.Chats) error {
		if on := c.ThirdPartyChats; on != nil {
			is.Consent.Off = !*on
			is.Consent.All = *on && len(apps) == 0 && (is.Consent.All || len(is.Consent.Providers) == 0)
		}
		maps.Copy(is.Consent.Providers, apps)
		if c.Inbox != nil {
			is.Inbox = *c.Inbox
		}
		if c.Requests != nil {
			is.Requests = *c.Requests
		}
		if c.Blocked != nil {
			is.Blocked = blocked
		}
		if c.BlockedProviders != nil {
			clear(is.BlockedProviders)
			for _, id := range *c.BlockedProviders {
				is.BlockedProviders[id] = true
			}
		}
		return nil
	})
	if err != nil {
		return Phone{}, err
	}
	return s.view(a), nil
}

func (s *Sandbox) apps(asked map[string]bool) (map[uint16]bool, error) {
	out := make(map[uint16]bool)
	for text, on := range asked {
		id, err := strconv.ParseUint(text, 10, 16)
		if err != nil || !slices.ContainsFunc(s.cfg.Providers(), func(p Provider) bool { return p.ID == uint16(id) }) {
			return nil, errProvider
		}
		out[uint16(id)] = on
	}
	return out, nil
}

// people are the accounts with these addresses, in any form.
func (s *Sandbox) people(ctx context.Context, asked []string) (directory.Blocked, error) {
	out := make(directory.Blocked)
	for _, text := range asked {
		j, err := wire.ParseJID(text)
		if err != nil {
			return nil, errNoUser
		}
		a, err := s.cfg.Directory.Resolve(ctx, j)
		if errors.Is(err, directory.ErrNotFound) {
			return nil, errNoUser
		}
		if err != nil {
			return nil, err
		}
		out[a.ID.String()] = j.Bare().String()
	}
	return out, nil
}

func (s *Sandbox) patchPhone(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	var in Change
	if err := body(r, &in); err != nil {
		return 0, nil, err
	}
	p, err := s.Set(r.Context(), r.PathValue("phone"), in)
	return http.StatusOK, p, err
}

func (s *Sandbox) getReports(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	all, err := s.cfg.Gateway.Reports(r.Context())
	return http.StatusOK, map[string]any{"reports": all}, err
}

func (s *Sandbox) postProvider(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	var in struct {
		Suspended bool `json:"suspended"`
		Removed   bool `json:"removed"`
	}
	if err := body(r, &in); err != nil {
		return 0, nil, err
	}
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 16)
	if err != nil {
		return 0, nil, errProvider
	}
	mark := enlist.MarkNone
	switch {
	case in.Removed:
		mark = enlist.MarkRemoved
	case in.Suspended:
		mark = enlist.MarkSuspended
	}
	err = s.cfg.Gateway.MarkProvider(r.Context(), uint16(id), mark)
	if errors.Is(err, directory.ErrNotFound) {
		err = errProvider
	}
	return http.StatusNoContent, nil, err
}

// Reset brings the sandbox into a known state: no phones but Echo's, no contacts, no faults, no mail, nothing said.
func (s *Sandbox) Reset(ctx context.Context) error {
	if s.contacts != nil {
		if err := s.contacts.Clear(ctx); err != nil {
			return err
		}
	}
	if echo := s.cfg.Echo(); echo != "" {
		return s.cfg.Gateway.Reset(ctx, echo)
	}
	return s.cfg.Gateway.Reset(ctx)
}

func (s *Sandbox) postReset(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	return http.StatusNoContent, nil, s.Reset(r.Context())
}
