package echo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"ferry/relay/internal/gateway/wastore"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
)

const (
	// Echo's message ids begin so: like any client's, then a mark by which an Echo knows another.
	idPrefix       = "3EB0" + "ECC0"
	greetingPrefix = "3EB0" + "ECC1"

	maxText  = 64 << 10            // bytes of a text that is echoed; the rest is cut off
	maxFile  = 256 << 10           // bytes of a message that refers to a file; a larger one is not opened
	keepDone = 31 * 24 * time.Hour // longer than a gateway redelivers a message
)

// job is one message that has to be answered.
type job struct {
	Chat   types.JID
	Sender types.JID
	ID     types.MessageID // of the message
	Text   string          // "" if it was something else than text
	What   string          `json:",omitempty"` // what it was then, in a word
	File   []byte          `json:",omitempty"` // the message, if it refers to a file
	At     int64           // when it was stored, unix nanoseconds: the order of answers
}

// answerID is the id of the answer: always the same for a message, so that an answer that is sent twice, since
// Echo died in between, is one message to everybody else.
func (j job) answerID() types.MessageID {
	h := sha256.Sum256([]byte(j.Sender.ToNonAD().String() + " " + j.ID))
	return idPrefix + strings.ToUpper(hex.EncodeToString(h[:7]))
}

// greetingID is the id of the greeting that goes before the answer to a chat's first message.
func (j job) greetingID() types.MessageID {
	return greetingPrefix + strings.TrimPrefix(j.answerID(), idPrefix)
}

// jobOf says what to do about a message; false: nothing. Echo talks to people, one at a time: not to groups, not
// to itself, not to an Echo, and reactions, edits and the like need no answer.
func jobOf(m *events.Message, own ...types.JID) (job, bool) {
	info := m.Info
	if info.IsFromMe || info.IsGroup || info.Category == "peer" || info.Chat.Server == types.BroadcastServer {
		return job{}, false
	}
	for _, o := range own {
		if info.Sender.User == o.User && info.Sender.Server == o.Server {
			return job{}, false
		}
	}
	if strings.HasPrefix(info.ID, idPrefix) || strings.HasPrefix(info.ID, greetingPrefix) {
		return job{}, false
	}
	msg := m.Message
	if msg.GetReactionMessage() != nil || msg.GetProtocolMessage() != nil || msg.GetPollUpdateMessage() != nil || msg.GetKeepInChatMessage() != nil {
		return job{}, false
	}
	text := msg.GetConversation()
	if text == "" {
		text = msg.GetExtendedTextMessage().GetText()
	}
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	j := job{Chat: info.Chat.ToNonAD(), Sender: info.Sender, ID: info.ID, Text: text}
	var file bool
	if j.What, file = what(msg); file && proto.Size(msg) <= maxFile {
		j.File, _ = proto.Marshal(msg)
	}
	return j, true
}

// done is what remains of a job: enough to know the message again, and to send the answer again if a device asks.
type done struct {
	At   int64
	Text string
}

// book is Echo's durable memory of messages.
type book struct {
	kv    wastore.KV
	mu    sync.Mutex
	jobs  map[types.MessageID]string // answer ids of open jobs, and their keys
	queue []job                      // the open jobs, oldest first
	added chan struct{}              // something was queued
}

// kept is a message that is more than a text, as it was made.
type kept struct {
	At      int64
	Message []byte
}

// Keys of the book: jobs.<time>.<answer id>, done.<answer id>, kept.<message id>, met.<person>.

func openBook(ctx context.Context, kv wastore.KV) (*book, error) {
	b := &book{kv: kv, jobs: make(map[types.MessageID]string), added: make(chan struct{}, 1)}
	stored, err := kv.List(ctx, "jobs.")
	if err != nil {
		return nil, fmt.Errorf("book: %w", err)
	}
	for _, key := range slices.Sorted(maps.Keys(stored)) {
		var j job
		if err := json.Unmarshal(stored[key], &j); err != nil {
			return nil, fmt.Errorf("book: job: %w", err)
		}
		b.enqueue(key, j)
	}
	return b, b.forget(ctx, time.Now().Add(-keepDone))
}

// forget drops finished jobs from before a time.
func (b *book) forget(ctx context.Context, before time.Time) error {
	for _, prefix := range []string{"done.", "kept."} {
		stored, err := b.kv.List(ctx, prefix)
		if err != nil {
			return fmt.Errorf("book: %w", err)
		}
		for key, raw := range stored {
			var d struct{ At int64 }
			if json.Unmarshal(raw, &d) == nil && d.At >= before.UnixNano() {
				continue
			}
			if err := b.kv.Delete(ctx, key); err != nil {
				return fmt.Errorf("book: %w", err)
			}
		}
	}
	return nil
}

// keep stores a message before it is sent.
func (b *book) keep(ctx context.Context, id types.MessageID, m *waE2E.Message) error {
	plain, err := proto.Marshal(m)
	if err != nil {
		return fmt.Errorf("book: %w", err)
	}
	raw, err := json.Marshal(kept{time.Now().UnixNano(), plain})
	if err != nil {
		return fmt.Errorf("book: %w", err)
	}
	if err := b.kv.Put(ctx, "kept."+id, raw); err != nil {
		return fmt.Errorf("book: %w", err)
	}
	return nil
}

// kept returns a message that was stored so.
func (b *book) kept(ctx context.Context, id types.MessageID) (*waE2E.Message, bool) {
	raw, found, err := b.kv.Get(ctx, "kept."+id)
	if err != nil || !found {
		return nil, false
	}
	var k kept
	m := new(waE2E.Message)
	if json.Unmarshal(raw, &k) != nil || proto.Unmarshal(k.Message, m) != nil {
		return nil, false
	}
	return m, true
}

func (b *book) enqueue(key string, j job) {
	b.mu.Lock()
	b.jobs[j.answerID()] = key
	b.queue = append(b.queue, j)
	b.mu.Unlock()
	select {
	case b.added <- struct{}{}:
	default:
	}
}

// add stores a job, unless its message is known already: a message may be delivered twice.
func (b *book) add(ctx context.Context, j job) error {
	id := j.answerID()
	b.mu.Lock()
	_, open := b.jobs[id]
	b.mu.Unlock()
	if open {
		return nil
	}
	if _, answered, err := b.kv.Get(ctx, "done."+id); err != nil || answered {
		return err
	}
	j.At = time.Now().UnixNano()
	raw, err := json.Marshal(j)
	if err != nil {
		return fmt.Errorf("book: %w", err)
	}
	key := fmt.Sprintf("jobs.%020d.%s", j.At, id)
	if err := b.kv.Put(ctx, key, raw); err != nil {
		return fmt.Errorf("book: %w", err)
	}
	b.enqueue(key, j)
	return nil
}

// next returns the oldest open job and how many wait behind it.
func (b *book) next(ctx context.Context) (j job, behind int, ok bool) {
	for {
		b.mu.Lock()
		if len(b.queue) > 0 {
			j, behind = b.queue[0], len(b.queue)-1
			b.mu.Unlock()
			return j, behind, true
		}
		b.mu.Unlock()
		select {
		case <-b.added:
		case <-ctx.Done():
			return job{}, 0, false
		}
	}
}

// finish records that a job is answered. The record comes first: between the two writes the answer would be
// sent twice, under one id, rather than never.
func (b *book) finish(ctx context.Context, j job, answer string) error {
	id := j.answerID()
	raw, err := json.Marshal(done{time.Now().UnixNano(), answer})
	if err != nil {
		return fmt.Errorf("book: %w", err)
	}
	if err := b.kv.Put(ctx, "done."+id, raw); err != nil {
		return fmt.Errorf("book: %w", err)
	}
	b.mu.Lock()
	key := b.jobs[id]
	b.mu.Unlock()
	if err := b.kv.Delete(ctx, key); err != nil {
		return fmt.Errorf("book: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.jobs, id)
	b.queue = slices.DeleteFunc(b.queue, func(q job) bool { return q.answerID() == id })
	return nil
}

// message returns what has gone out under an id, or may have.
func (b *book) message(ctx context.Context, id types.MessageID) (*waE2E.Message, bool) {
	if m, ok := b.kept(ctx, id); ok {
		return m, true
	}
	if text, ok := b.sent(ctx, id); ok {
		return said(text), true
	}
	return nil, false
}

// sent returns the text of an answer that has gone out, or may have.
func (b *book) sent(ctx context.Context, answer types.MessageID) (string, bool) {
	if strings.HasPrefix(answer, greetingPrefix) {
		return greeting, true
	}
	if raw, found, err := b.kv.Get(ctx, "done."+answer); err == nil && found {
		var d done
		if json.Unmarshal(raw, &d) == nil {
			return d.Text, true
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, j := range b.queue {
		if j.answerID() == answer {
			return reply(j), true
		}
	}
	return "", false
}

// met says whether Echo has greeted somebody.
func (b *book) met(ctx context.Context, who types.JID) (bool, error) {
	_, found, err := b.kv.Get(ctx, metKey(who))
	return found, err
}

func (b *book) meet(ctx context.Context, who types.JID) error {
	return b.kv.Put(ctx, metKey(who), []byte{1})
}

func metKey(who types.JID) string { return "met." + who.ToNonAD().String() }
