package kill

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"ferry/app/e2e/thirdparty"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/relaytest/waclient"
)

// pace is the pause between two messages of a sender.
const pace = 25 * time.Millisecond

// window bounds Anna's messages that have not arrived yet, so that a slow machine is not left behind.
const window = 200

type letter struct{ id, text string }

// sent is a list of messages in the order in which they were sent.
type sent struct {
	mu   sync.Mutex
	list []letter
}

func (s *sent) add(m letter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, m)
}

func (s *sent) all() []letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list[:len(s.list):len(s.list)]
}

func (s *sent) len() int { return len(s.all()) }

func (s *sent) texts() (texts []string) {
	for _, m := range s.all() {
		texts = append(texts, m.text)
	}
	return texts
}

// traffic is a sender on each side.
type traffic struct {
	w        *world
	out, in  sent // by Anna; by Ben
	repeated atomic.Int64
	arrived  atomic.Int64 // of Anna's messages, at Ben's
	halt     chan struct{}
	senders  sync.WaitGroup
}

// talk begins to send both ways.
func (w *world) talk() *traffic {
	tr := &traffic{w: w, halt: make(chan struct{})}
	tr.senders.Go(tr.anna)
	tr.senders.Go(tr.ben)
	w.t.Cleanup(tr.end)
	ctx, cancel := context.WithCancel(w.ctx)
	w.t.Cleanup(cancel)
	go func() {
		_ = waclient.Follow(ctx, w.ben, func(*events.Message) bool { tr.arrived.Add(1); return true })
	}()
	return tr
}

func (tr *traffic) end() {
	select {
	case <-tr.halt:
	default:
		close(tr.halt)
	}
	tr.senders.Wait()
}

// stop ends the senders once what they are sending has been taken.
func (tr *traffic) stop() {
	tr.w.t.Helper()
	tr.end()
}

// next paces a sender; false when it is to stop.
func (tr *traffic) next() bool {
	select {
	case <-tr.halt:
		return false
	case <-time.After(pace):
		return true
	}
}

// anna sends, and repeats a command that was not replied to, as a user interface does.
func (tr *traffic) anna() {
	ctx := tr.w.ctx
	for n := 0; tr.next(); n++ {
		m := letter{string(thirdparty.NewID()), fmt.Sprintf("to WhatsApp %d", n)}
		reply, err := tr.w.anna.Insist(ctx, port.SendText{Chat: tr.w.chat, ID: model.MessageID(m.id), Text: m.text})
		if err != nil || reply.Code != "" {
			tr.w.t.Errorf("Anna cannot send: %+v %v", reply, err)
			return
		}
		tr.out.add(m)
		for tr.arrived.Load() < int64(n-window) && tr.next() {
		}
	}
}

// ben sends, and repeats what was not acknowledged with the same id.
func (tr *traffic) ben() {
	ctx := tr.w.ctx
	for n := 0; tr.next(); n++ {
		m := letter{string(thirdparty.NewID()), fmt.Sprintf("from WhatsApp %d", n)}
		for {
			_, err := tr.w.ben.Send(ctx, tr.w.alias, &waE2E.Message{Conversation: proto.String(m.text)}, whatsmeow.SendRequestExtra{ID: m.id})
			if err == nil {
				break
			}
			if ctx.Err() != nil {
				return
			}
			tr.repeated.Add(1)
			<-time.After(pace)
		}
		tr.in.add(m)
	}
}

// flows waits until a message that is sent from now on has crossed each way.
func (tr *traffic) flows() {
	t, w := tr.w.t, tr.w
	t.Helper()
	ctx, cancel := thirdparty.Within()
	defer cancel()
	before := tr.arrived.Load()
	thirdparty.AwaitAfter(w.anna, w.anna.Mark(), "a message from WhatsApp", func(e port.MessageChanged) bool { return e.State == model.Received })
	for tr.arrived.Load() == before {
		select {
		case <-ctx.Done():
			t.Fatal("no message reaches WhatsApp")
		case <-time.After(pace):
		}
	}
}
