package outside

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// Resolver finds the addresses of a name; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// ErrAddress: a name leads somewhere that must not be dialled.
var ErrAddress = errors.New("the name has an address that is not of the internet")

// Dialer connects to checked addresses only. It resolves a name once and dials
// what it has checked, so that a name which means something else a moment later
// (DNS rebinding) gains nothing.
type Dialer struct {
	Resolver Resolver      // nil: the system's
	Sandbox  bool          // hosts that are written as this machine are this machine
	Timeout  time.Duration // for name and connection; 0: none but the context's

	connect func(ctx context.Context, network, address string) (net.Conn, error) // for tests; nil: net.Dialer's
}

// allowed returns what an address must be for a host: on this machine for a host
// that was registered as this machine, else public.
func (d *Dialer) allowed(host string) func(netip.Addr) bool {
	if d.Sandbox && thisMachine(host) {
		return func(a netip.Addr) bool { return a.Unmap().IsLoopback() }
	}
	return public
}

// DialContext is http.Transport's.
func (d *Dialer) DialContext(ctx context.Context, _, address string) (net.Conn, error) {
	if d.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.Timeout)
		defer cancel()
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	allowed := d.allowed(host)
	addrs, err := d.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	for _, a := range addrs {
		if !allowed(a) {
			return nil, ErrAddress // all of them: a name with one bad address is up to something
		}
	}
	var errs []error
	connect := d.connect
	if connect == nil {
		connect = (&net.Dialer{ControlContext: recheck(allowed)}).DialContext
	}
	for _, a := range addrs[:min(len(addrs), maxAddresses)] {
		conn, err := connect(ctx, "tcp", net.JoinHostPort(a.Unmap().String(), port))
		if err == nil {
			return conn, nil
		}
		errs = append(errs, err)
	}
	return nil, fmt.Errorf("dial: %w", errors.Join(errs...))
}

// maxAddresses is how many of a name's addresses are tried.
const maxAddresses = 4

func (d *Dialer) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	var resolver Resolver = net.DefaultResolver
	if d.Resolver != nil {
		resolver = d.Resolver
	}
	addrs, err := resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("resolve: %w", err)
	}
	if len(addrs) == 0 {
		return nil, errors.New("resolve: no address")
	}
	return addrs, nil
}

// recheck looks at the address once more in the moment of the connection: the
// last word, whatever came before.
func recheck(allowed func(netip.Addr) bool) func(context.Context, string, string, syscall.RawConn) error {
	return func(_ context.Context, _, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil || !allowed(ap.Addr()) {
			return ErrAddress
		}
		return nil
	}
}
