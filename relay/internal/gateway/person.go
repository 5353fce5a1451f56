package gateway

import (
	"context"
	"errors"
	"strconv"

	"ferry/relay/internal/gateway/consent"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/wire"
)

// maxUsername bounds what is looked for, in bytes.
const maxUsername = 256

// findPerson tells a WhatsApp user the address of a provider's user, if the two
// may write to each other. Who does not take the provider's messages learns
// nothing of its users.
func (c *conn) findPerson(ctx context.Context, x wire.Node) ([]wire.Node, error) {
	id, err := strconv.ParseUint(x.Attr("provider"), 10, 16)
	username := x.Attr("username")
	if err != nil || username == "" || len(username) > maxUsername {
		return nil, errBadRequest
	}
	if err := c.lookup(1); err != nil {
		return nil, err
	}
	p, ok := c.gw.cfg.Providers.ByID(uint16(id))
	if !ok {
		return nil, errNoItem
	}
	me, err := c.own(ctx)
	if err != nil {
		return nil, err
	}
	out := wire.N("user", []wire.Attr{wire.A("provider", number(p.ID)), wire.A("username", username), wire.A("name", p.Name)})
	if !takes(&me, p.ID) {
		return []wire.Node{out.With(wire.A("state", "off"))}, nil
	}
	a, err := c.gw.dir.ThirdPartyByName(ctx, p.ID, username)
	if errors.Is(err, directory.ErrNotFound) || err == nil && !consent.Visible(c.gw.standing(&me, &a)) {
		return []wire.Node{out}, nil
	}
	if err != nil {
		return nil, err
	}
	return []wire.Node{out.With(wire.J("jid", a.ID))}, nil
}
