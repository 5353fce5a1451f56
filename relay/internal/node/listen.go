package node

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

// listeners are opened before anything else, so that a port in use is the first
// thing that one hears of.
type listeners struct{ relay, gateway, admin net.Listener }

func (n *Node) listen() (ls *listeners, err error) {
	ls = &listeners{relay: n.opt.Listener, gateway: n.opt.GatewayListener}
	open := func(at *net.Listener, wanted bool, name, address string) {
		if err != nil || !wanted || *at != nil {
			return
		}
		if *at, err = net.Listen("tcp", address); err != nil {
			*at = nil
			if errors.Is(err, syscall.EADDRINUSE) {
				err = fmt.Errorf("%s is in use by another program: stop that, or set -%s", address, name)
				return
			}
			err = fmt.Errorf("%s: %w", name, err)
		}
	}
	open(&ls.relay, !n.opt.Alone, "listen", n.cfg.Listen)
	open(&ls.gateway, n.opt.Alone || n.cfg.Embedded(), "gateway-listen", n.cfg.GatewayListen)
	open(&ls.admin, n.cfg.Admin != "", "admin", n.cfg.Admin)
	if err != nil {
		ls.close()
		return nil, err
	}
	return ls, nil
}

func (ls *listeners) close() {
	for _, l := range []net.Listener{ls.relay, ls.gateway, ls.admin} {
		if l != nil {
			_ = l.Close()
		}
	}
}
