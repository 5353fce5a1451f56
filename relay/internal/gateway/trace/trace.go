// Package trace keeps the last stanzas that crossed a sandbox's gateway, and shows them to whoever looks: what they
// were, for whom, and how large. It never sees content: of a stanza's attributes only those with a meaning for the
// protocol are taken, and of its data only the length.
package trace

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"ferry/relay/wire"
)

// Bounds of a log.
const (
	Kept    = 1000 // stanzas that are remembered; older ones are forgotten
	readers = 16   // at one time
	backlog = 512  // stanzas that a reader may be behind; then it is let go
	maxText = 64   // bytes of an attribute that are shown
	maxTags = 48   // of one stanza's shape; the rest is "…"
	maxDeep = 5
)

// Entry is one stanza.
type Entry struct {
	Seq       uint64            `json:"seq"`
	Time      time.Time         `json:"time"`
	Direction string            `json:"direction"` // in: from the client, out: to it
	Account   string            `json:"account"`   // address of the client's device
	Who       string            `json:"who"`       // "+49…", or "7/kate"
	Tag       string            `json:"tag"`
	Attrs     map[string]string `json:"attrs"`
	Shape     string            `json:"shape"` // what is inside, data as lengths
	Bytes     int               `json:"bytes"` // of all data inside
	Fault     string            `json:"fault"` // what a fault has done to it; "" nothing
}

// Log is safe for concurrent use.
type Log struct {
	mu      sync.Mutex
	next    uint64
	cleared uint64 // up to here nothing is shown any more
	ring    []Entry
	readers map[chan Entry]bool
}

// New returns an empty log.
func New() *Log { return &Log{next: 1, readers: make(map[chan Entry]bool)} }

// Add takes a stanza down. Seq, Tag, Attrs, Shape and Bytes are filled in.
func (l *Log) Add(e Entry, n wire.Node) {
	e.Tag, e.Attrs, e.Bytes = name(n.Tag), attrs(n), size(n, maxDeep*2)
	var b strings.Builder
	tags := 0
	shape(&b, n, maxDeep, &tags)
	e.Shape = b.String()
	l.mu.Lock()
	defer l.mu.Unlock()
	e.Seq = l.next
	l.next++
	if len(l.ring) < Kept {
		l.ring = append(l.ring, e)
	} else {
		l.ring[(e.Seq-1)%Kept] = e
	}
	for r := range l.readers {
		select {
		case r <- e:
		default: // it will see that its channel ends, and can begin again where it was
			delete(l.readers, r)
			close(r)
		}
	}
}

// After are the remembered stanzas behind the one with that number, oldest first.
func (l *Log) After(seq uint64) []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.after(seq)
}

func (l *Log) after(seq uint64) []Entry {
	first := uint64(1)
	if l.next > Kept {
		first = l.next - Kept
	}
	out := []Entry{}
	for s := max(first, seq+1, l.cleared+1); s < l.next; s++ {
		out = append(out, l.ring[(s-1)%Kept])
	}
	return out
}

// Clear forgets what is remembered. Numbers go on.
func (l *Log) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cleared = l.next - 1
}

// Follow returns what is remembered behind a number, and a channel of what comes. The channel is closed when the
// reader falls behind. false: there are too many readers.
func (l *Log) Follow(seq uint64) (was []Entry, coming <-chan Entry, stop func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.readers) >= readers {
		return nil, nil, nil, false
	}
	r := make(chan Entry, backlog)
	l.readers[r] = true
	return l.after(seq), r, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.readers[r] {
			delete(l.readers, r)
			close(r)
		}
	}, true
}

// shown are the attributes that are taken: none of them is written by a person.
var shown = map[string]bool{
	"action": true, "category": true, "class": true, "code": true, "count": true, "decrypt-fail": true, "device_hash": true,
	"edit": true, "error": true, "from": true, "id": true, "inbox": true, "jid": true, "key-index": true, "last": true, "lid": true,
	"media": true, "mediatype": true, "message": true, "notification": true, "offline": true, "participant": true,
	"peer_recipient_lid": true, "peer_recipient_pn": true, "phash": true, "provider": true, "reason": true, "receipt": true,
	"recipient": true, "retry-after": true, "sender_lid": true, "sender_pn": true, "side": true, "state": true, "status": true,
	"t": true, "to": true, "type": true, "v": true, "value": true, "version": true, "xmlns": true,
}

func attrs(n wire.Node) map[string]string {
	out := make(map[string]string, len(n.Attrs))
	for _, a := range n.Attrs {
		if v := n.Attr(a.Key); shown[a.Key] && v != "" {
			out[a.Key] = cut(v)
		}
	}
	return out
}

// cut shortens, and leaves out what is not printable.
func cut(s string) string {
	more := len(s) > maxText
	if more {
		s = s[:maxText]
	}
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
	if more {
		s += "…"
	}
	return s
}

// name is a tag that can be no text of a person.
func name(tag string) string {
	ok := len(tag) > 0 && len(tag) <= 40
	for _, r := range tag {
		ok = ok && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_:.", r))
	}
	if !ok {
		return "?"
	}
	return tag
}

func shape(b *strings.Builder, n wire.Node, deep int, tags *int) {
	if *tags++; *tags > maxTags || deep == 0 {
		if *tags == maxTags+1 || deep == 0 {
			b.WriteString("…")
		}
		return
	}
	fmt.Fprintf(b, "<%s", name(n.Tag))
	for _, a := range n.Attrs {
		switch v := n.Attr(a.Key); {
		case v == "":
		case shown[a.Key]:
			fmt.Fprintf(b, " %s=%q", a.Key, cut(v))
		default:
			fmt.Fprintf(b, " %s=(%d)", name(a.Key), len(v))
		}
	}
	switch {
	case len(n.Children) > 0:
		b.WriteString(">")
		for _, c := range n.Children {
			shape(b, c, deep-1, tags)
		}
		fmt.Fprintf(b, "</%s>", name(n.Tag))
	case len(n.Data) > 0:
		fmt.Fprintf(b, ">%d B</%s>", len(n.Data), name(n.Tag))
	default:
		b.WriteString("/>")
	}
}

func size(n wire.Node, deep int) int {
	total := len(n.Data)
	for _, c := range n.Children {
		if deep > 0 {
			total += size(c, deep-1)
		}
	}
	return total
}
