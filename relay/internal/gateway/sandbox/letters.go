package sandbox

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"ferry/relay/internal/gateway/directory"
	"ferry/relay/wire"
)

// person finds somebody by what a tester writes: "7/kate", a phone number, or an address. The answer is an address
// under which WhatsApp clients write to them.
func (s *Sandbox) person(ctx context.Context, text string) (directory.Account, wire.JID, error) {
	a, err := s.find(ctx, text)
	if errors.Is(err, directory.ErrNotFound) || errors.Is(err, directory.ErrBadNumber) {
		return directory.Account{}, wire.JID{}, errNoSuchPerson
	}
	if err != nil {
		return directory.Account{}, wire.JID{}, err
	}
	if a.Kind == directory.ThirdParty {
		return a, directory.AliasOf(a.ID), nil
	}
	return a, a.PN(), nil
}

func (s *Sandbox) find(ctx context.Context, text string) (directory.Account, error) {
	if provider, username, ok := strings.Cut(text, "/"); ok {
		id, err := strconv.ParseUint(provider, 10, 16)
		if err != nil {
			return directory.Account{}, errNoSuchPerson
		}
		return s.cfg.Directory.ThirdPartyByName(ctx, uint16(id), username)
	}
	if j, err := wire.ParseJID(text); err == nil && strings.Contains(text, "@") {
		return s.cfg.Directory.Resolve(ctx, j)
	}
	number, err := Normalise(text)
	if err != nil {
		return directory.Account{}, errNoSuchPerson
	}
	return s.cfg.Directory.PhoneByNumber(ctx, number)
}

// called is how testers name the owner of an address; the address itself if nobody has it.
func (s *Sandbox) called(ctx context.Context, address string) string {
	j, err := wire.ParseJID(address)
	if err != nil {
		return address
	}
	a, err := s.cfg.Directory.Resolve(ctx, j)
	switch {
	case err != nil:
		return address
	case a.Kind == directory.ThirdParty:
		return strconv.Itoa(int(a.Integrator)) + "/" + a.Name
	}
	return "+" + a.Phone
}

func (l *Letter) wrong() bool {
	if l.Type == "" {
		l.Type = "text"
	}
	return !slices.Contains(kinds, l.Type) || l.Type == "text" && l.Text == "" || len(l.Text) > maxText ||
		l.Count < 0 || l.Count > maxFlood || l.Wait < 0 || l.Wait > int(maxWait.Seconds()) ||
		!slices.Contains([]string{"", "sent", "delivered", "read"}, l.Until)
}

func (s *Sandbox) postMessage(w http.ResponseWriter, r *http.Request) (int, any, error) {
	c, who, err := s.at(r)
	if err != nil {
		return 0, nil, err
	}
	var in Letter
	if err := body(r, &in); err != nil {
		return 0, nil, err
	}
	if in.wrong() {
		return 0, nil, errLetter
	}
	_, to, err := s.person(r.Context(), in.To)
	if err != nil {
		return 0, nil, err
	}
	patient(w)
	m, err := c.Send(r.Context(), who.Phone, to, in)
	if err == nil && in.Until != "" {
		wait := 30 * time.Second
		if in.Wait > 0 {
			wait = time.Duration(in.Wait) * time.Second
		}
		m, err = s.message(r.Context(), c, who.Phone, wait, func(x Message) bool {
			return x.ID == m.ID && rank(x.State) >= rank(in.Until)
		})
	}
	m.With = s.called(r.Context(), m.With)
	return http.StatusCreated, m, err
}

func rank(state string) int { return slices.Index([]string{"sent", "delivered", "read"}, state) }

// message waits for one that fits, and returns the newest of them.
func (s *Sandbox) message(ctx context.Context, c Contacts, phone string, wait time.Duration, fits func(Message) bool) (Message, error) {
	late := time.NewTimer(wait)
	defer late.Stop()
	for {
		all, more, err := c.Messages(phone)
		if err != nil {
			return Message{}, err
		}
		for _, m := range slices.Backward(all) {
			if fits(m) {
				return m, nil
			}
		}
		select {
		case <-more:
		case <-late.C:
			return Message{}, errNotInTime
		case <-ctx.Done():
			return Message{}, errNotInTime
		}
	}
}

// getMessages lists what a contact has received and sent. With wait it answers once there is a message that fits.
func (s *Sandbox) getMessages(w http.ResponseWriter, r *http.Request) (int, any, error) {
	c, who, err := s.at(r)
	if err != nil {
		return 0, nil, err
	}
	q := r.URL.Query()
	seconds, err := strconv.Atoi(or(q.Get("wait"), "0"))
	if err != nil || seconds < 0 || seconds > int(maxWait.Seconds()) {
		return 0, nil, errLetter
	}
	fits := func(m Message) bool {
		for asked, is := range map[string]string{q.Get("direction"): m.Direction, q.Get("type"): m.Type, q.Get("text"): m.Text} {
			if asked != "" && asked != is {
				return false
			}
		}
		return q.Get("state") == "" || rank(m.State) >= rank(q.Get("state"))
	}
	if seconds > 0 {
		patient(w)
		if _, err := s.message(r.Context(), c, who.Phone, time.Duration(seconds)*time.Second, fits); err != nil {
			return 0, nil, err
		}
	}
	all, _, err := c.Messages(who.Phone)
	if err != nil {
		return 0, nil, err
	}
	out := []Message{}
	for _, m := range all {
		if fits(m) {
			m.With = s.called(r.Context(), m.With)
			out = append(out, m)
		}
	}
	return http.StatusOK, map[string]any{"messages": out}, nil
}
