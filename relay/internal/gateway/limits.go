package gateway

import "time"

// Limits is the one table of what the gateway accepts. A zero field takes its
// value from DefaultLimits.
type Limits struct {
	// Before login.
	Handshakes   int           // unfinished handshakes at one time; further sockets get HTTP 503
	Handshake    time.Duration // from the upgrade to the login payload; then the socket is closed
	LoginMessage int64         // bytes of one WebSocket message; then the socket is closed

	// After login.
	Connections int           // at one time, pairing ones included; further sockets get HTTP 503
	Frame       int           // bytes of one frame; then the socket is closed
	Idle        time.Duration // without a byte from the client; then the socket is closed
	Write       time.Duration // for one frame to leave; then the socket is closed
	Bytes       int           // a second, from one connection; then reading is delayed
	BytesBurst  int           // let through at once
	Stanzas     int           // a second, from one connection; then reading is delayed
	StanzaBurst int           // let through at once
	Malformed   int           // undecodable stanzas of one connection; then it is closed
	Handle      time.Duration // for one stanza to be stored and answered; then the connection ends with 503
	Grace       time.Duration // between the stanza that ends a stream and the close
	InFlight    int           // queued stanzas handed out and not yet acknowledged; then delivery waits
	Ephemeral   int           // typing and presence waiting to be written; further ones are dropped
	Subscribed  int           // presences that one connection follows; further ones are ignored
	Lookups     int           // people looked up a second, by one connection; then the query gets error 429
	LookupBurst int           // let through at once; a single query for more is refused

	// Pairing.
	Pairing  time.Duration // life of a connection that shows QR codes
	PairSign time.Duration // for the companion to sign back

	// Of a third-party user towards WhatsApp users. What is beyond is refused with
	// error 429, which says of what there was too much.
	Unanswered  int           // messages in one conversation before it is accepted
	Requests    int           // conversations of one user that wait to be accepted
	NewChats    int           // conversations that one user begins in a day
	Reporters   int           // people whose reports stop new conversations
	ReportsLast time.Duration // how long a report counts
	PendingAge  time.Duration // how long a request waits; then it is forgotten

	// Reports.
	Reports    int // kept, the newest; older ones are forgotten
	ReportSize int // bytes of what one report shows; a longer one is refused

	// In one stanza; what is beyond is refused.
	Recipients int // devices of a message
	Users      int // in a device or prekey query
	IDs        int // in a receipt
}

// DefaultLimits are what a gateway is run with.
func DefaultLimits() Limits {
	return Limits{
		Handshakes: 512, Handshake: 15 * time.Second, LoginMessage: 64 << 10,
		Connections: 20_000, Frame: 1 << 20, Idle: 90 * time.Second, Write: 30 * time.Second,
		Bytes: 4 << 20, BytesBurst: 16 << 20, Stanzas: 1000, StanzaBurst: 5000, Malformed: 20,
		Handle: 30 * time.Second, Grace: 150 * time.Millisecond,
		InFlight: 5000, Ephemeral: 64, Subscribed: 300, Lookups: 50, LookupBurst: 1000,
		Pairing: 5 * time.Minute, PairSign: 20 * time.Second,
		Unanswered: 3, Requests: 50, NewChats: 200, Reporters: 3, ReportsLast: 30 * 24 * time.Hour,
		PendingAge: 30 * 24 * time.Hour, Reports: 1000, ReportSize: 64 << 10,
		Recipients: 256, Users: 512, IDs: 1024,
	}
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// withDefaults fills the fields that are zero.
func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	return Limits{
		Handshakes: or(l.Handshakes, d.Handshakes), Handshake: or(l.Handshake, d.Handshake),
		LoginMessage: or(l.LoginMessage, d.LoginMessage), Connections: or(l.Connections, d.Connections),
		Frame: or(l.Frame, d.Frame), Idle: or(l.Idle, d.Idle), Write: or(l.Write, d.Write),
		Bytes: or(l.Bytes, d.Bytes), BytesBurst: or(l.BytesBurst, d.BytesBurst),
		Stanzas: or(l.Stanzas, d.Stanzas), StanzaBurst: or(l.StanzaBurst, d.StanzaBurst),
		Malformed: or(l.Malformed, d.Malformed), Handle: or(l.Handle, d.Handle), Grace: or(l.Grace, d.Grace),
		InFlight: or(l.InFlight, d.InFlight), Ephemeral: or(l.Ephemeral, d.Ephemeral),
		Subscribed: or(l.Subscribed, d.Subscribed),
		Lookups:    or(l.Lookups, d.Lookups), LookupBurst: or(l.LookupBurst, d.LookupBurst), Pairing: or(l.Pairing, d.Pairing),
		Unanswered: or(l.Unanswered, d.Unanswered), Requests: or(l.Requests, d.Requests), NewChats: or(l.NewChats, d.NewChats),
		Reporters: or(l.Reporters, d.Reporters), ReportsLast: or(l.ReportsLast, d.ReportsLast),
		PendingAge: or(l.PendingAge, d.PendingAge), Reports: or(l.Reports, d.Reports), ReportSize: or(l.ReportSize, d.ReportSize),
		PairSign: or(l.PairSign, d.PairSign), Recipients: or(l.Recipients, d.Recipients),
		Users: or(l.Users, d.Users), IDs: or(l.IDs, d.IDs),
	}
}
