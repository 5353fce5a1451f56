package server

import (
	"crypto/tls"
	"net"
	"net/http"
	"sync"
)

type tlsConn = tls.Conn

// boundListener accepts no more than a number of connections at once; further ones
// wait in the kernel. It hands connections out as they are, so that a tunnel
// reaches the socket; their end is told by the HTTP server. A tunnel leaves the
// count when it takes its connection over: it has a count of its own.
type boundListener struct {
	net.Listener
	places chan struct{} // nil: any number
	once   sync.Once
	closed chan struct{}
}

func newBoundListener(ln net.Listener, bound int64) *boundListener {
	b := &boundListener{Listener: ln, closed: make(chan struct{})}
	if bound > 0 {
		b.places = make(chan struct{}, bound)
	}
	return b
}

func (b *boundListener) Accept() (net.Conn, error) {
	if b.places == nil {
		return b.Listener.Accept()
	}
	select {
	case b.places <- struct{}{}:
	case <-b.closed:
		return nil, net.ErrClosed
	}
	c, err := b.Listener.Accept()
	if err != nil {
		<-b.places
	}
	return c, err
}

func (b *boundListener) Close() error {
	b.once.Do(func() { close(b.closed) })
	return b.Listener.Close()
}

// state is the HTTP server's ConnState hook.
func (b *boundListener) state(_ net.Conn, state http.ConnState) {
	if b.places != nil && (state == http.StateClosed || state == http.StateHijacked) {
		<-b.places
	}
}
