package echo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/relay/internal/gateway/wastore"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
)

var (
	mara = types.NewJID("880000742424242", types.HiddenUserServer)
	own  = types.NewADJID("4915510000001", types.WhatsAppDomain, 1)
)

func message(id, text string) *events.Message {
	return &events.Message{
		Info: types.MessageInfo{
			ID: id, MessageSource: types.MessageSource{Chat: mara, Sender: types.JID{User: mara.User, Server: mara.Server, Device: 1}},
		},
		Message: &waE2E.Message{Conversation: proto.String(text)},
	}
}

// tape is a line that writes down what it is told, and fails when it should.
type tape struct {
	said   []string // "id text"
	acts   []string
	fail   func(act string) error
	onSend chan struct{}

	sent    []*waE2E.Message
	uploads int
	broken  error // of open
}

func (l *tape) act(a string) error {
	if l.fail != nil {
		if err := l.fail(a); err != nil {
			return err
		}
	}
	l.acts = append(l.acts, a)
	return nil
}

func (l *tape) markRead(_ context.Context, j job) error { return l.act("read " + j.ID) }
func (l *tape) typing(_ context.Context, _ types.JID, on bool) error {
	return l.act(fmt.Sprint("typing ", on))
}

func (l *tape) uploader(context.Context) uploader {
	return func(data []byte, kind whatsmeow.MediaType) (whatsmeow.UploadResponse, error) {
		l.uploads++
		return whatsmeow.UploadResponse{DirectPath: "/v/wa/x", MediaKey: []byte{byte(l.uploads)}, FileLength: uint64(len(data))}, nil
	}
}

func (l *tape) open(_ context.Context, m *waE2E.Message) (int64, error) {
	return int64(m.GetImageMessage().GetFileLength()), l.broken
}

func (l *tape) post(_ context.Context, _ types.JID, id types.MessageID, m *waE2E.Message) error {
	if err := l.act("send"); err != nil {
		return err
	}
	l.sent = append(l.sent, m)
	l.said = append(l.said, id+" "+m.GetConversation())
	if l.onSend != nil {
		l.onSend <- struct{}{}
	}
	return nil
}

func open(t *testing.T, kv wastore.KV) *book {
	t.Helper()
	b, err := openBook(t.Context(), kv)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func receive(t *testing.T, b *book, m *events.Message) {
	t.Helper()
	j, ok := jobOf(m, own)
	if !ok {
		t.Fatalf("%s needs no answer", m.Info.ID)
	}
	if err := b.add(t.Context(), j); err != nil {
		t.Fatal(err)
	}
}

// answerAll answers what waits, and stops at the first error.
func answerAll(t *testing.T, l line, b *book) error {
	t.Helper()
	a := newAnswerer(l, b, time.Nanosecond, slog.New(slog.DiscardHandler))
	for len(b.queue) > 0 {
		j, behind, _ := b.next(t.Context())
		if err := a.answer(t.Context(), j, behind); err != nil {
			return err
		}
	}
	return nil
}

func TestFirstMessageIsGreetedAndEveryMessageComesBack(t *testing.T) {
	b, l := open(t, wastore.NewMemory()), &tape{}
	receive(t, b, message("A1", "hello"))
	receive(t, b, message("A2", "again"))
	if err := answerAll(t, l, b); err != nil {
		t.Fatal(err)
	}
	if len(l.said) != 3 || !strings.HasSuffix(l.said[0], greeting) || !strings.HasSuffix(l.said[1], " hello") || !strings.HasSuffix(l.said[2], " again") {
		t.Errorf("said %q", l.said)
	}
	want := []string{"read A1", "typing true", "typing false", "send", "typing true", "typing false", "send", "read A2", "typing true", "typing false", "send"}
	if !slices.Equal(l.acts, want) {
		t.Errorf("did %q", l.acts)
	}
}

func TestMessageIsAnsweredOnceAcrossRestarts(t *testing.T) {
	kv, l := wastore.NewMemory(), &tape{}
	b := open(t, kv)
	receive(t, b, message("A1", "hello"))
	receive(t, b, message("A1", "hello")) // delivered twice
	b = open(t, kv)                       // died before it answered
	receive(t, b, message("A1", "hello"))
	if err := answerAll(t, l, b); err != nil {
		t.Fatal(err)
	}
	b = open(t, kv) // died before the gateway knew that the message had arrived
	receive(t, b, message("A1", "hello"))
	if err := answerAll(t, l, b); err != nil {
		t.Fatal(err)
	}
	if len(l.said) != 2 {
		t.Errorf("said %q", l.said)
	}
	if text, ok := b.sent(t.Context(), strings.Fields(l.said[1])[0]); !ok || text != "hello" {
		t.Errorf("the answer cannot be sent again: %q, %v", text, ok)
	}
}

// dying fails every write from the n-th on.
type dying struct {
	*wastore.Memory
	left int
}

var errDied = errors.New("died")

func (d *dying) Put(ctx context.Context, k string, v []byte) error {
	if d.left--; d.left < 0 {
		return errDied
	}
	return d.Memory.Put(ctx, k, v)
}

func (d *dying) Delete(ctx context.Context, k string) error {
	if d.left--; d.left < 0 {
		return errDied
	}
	return d.Memory.Delete(ctx, k)
}

func TestAnswerKeepsItsIdWhereverEchoDies(t *testing.T) {
	for n := range 4 { // met, done, job, and none
		disk := wastore.NewMemory()
		receive(t, open(t, disk), message("A1", "hello"))
		before, after := &tape{}, &tape{}
		err := answerAll(t, before, open(t, &dying{disk, n}))
		if (err != nil) != (n < 3) {
			t.Errorf("died at write %d: %v", n, err)
		}
		if err := answerAll(t, after, open(t, disk)); err != nil {
			t.Fatal(err)
		}
		all := slices.Concat(before.said, after.said)
		slices.Sort(all)
		if all = slices.Compact(all); len(all) != 2 {
			t.Errorf("died at write %d: said %q", n, all)
		}
	}
}

func TestRefusedAnswerIsNotTriedForEver(t *testing.T) {
	b := open(t, wastore.NewMemory())
	l := &tape{fail: func(act string) error {
		if act == "send" {
			return errRefused
		}
		return nil
	}}
	receive(t, b, message("A1", "hello"))
	if err := answerAll(t, l, b); err != nil || len(b.queue) != 0 {
		t.Errorf("%v, %d left", err, len(b.queue))
	}
}

func TestAnswersGoOutWhenTheLineIsBack(t *testing.T) {
	b := open(t, wastore.NewMemory())
	down := true
	l := &tape{onSend: make(chan struct{}, 2)}
	l.fail = func(string) error {
		if down {
			down = false
			return errors.New("not connected")
		}
		return nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		newAnswerer(l, b, -1, slog.New(slog.DiscardHandler)).run(ctx)
	}()
	receive(t, b, message("A1", "hello"))
	<-l.onSend
	<-l.onSend
	cancel()
	<-stopped
	if !strings.HasSuffix(l.said[1], " hello") {
		t.Errorf("said %q", l.said)
	}
}

func TestEchoAnswersPeopleOnly(t *testing.T) {
	for name, change := range map[string]func(*events.Message){
		"own message":        func(m *events.Message) { m.Info.IsFromMe = true },
		"from its own phone": func(m *events.Message) { m.Info.Sender = own.ToNonAD() },
		"another echo":       func(m *events.Message) { m.Info.ID = idPrefix + "00000000000000" },
		"its greeting":       func(m *events.Message) { m.Info.ID = greetingPrefix + "00000000000000" },
		"group":              func(m *events.Message) { m.Info.IsGroup = true },
		"status":             func(m *events.Message) { m.Info.Chat = types.StatusBroadcastJID },
		"peer message":       func(m *events.Message) { m.Info.Category = "peer" },
		"reaction":           func(m *events.Message) { m.Message = &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{}} },
		"revocation":         func(m *events.Message) { m.Message = &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{}} },
	} {
		m := message("A1", "hi")
		change(m)
		if _, ok := jobOf(m, own); ok {
			t.Errorf("%s: would be answered", name)
		}
	}
	m := message("A1", "")
	m.Message = &waE2E.Message{GroupInviteMessage: &waE2E.GroupInviteMessage{}}
	if j, ok := jobOf(m, own); !ok || reply(j) != onlyKnown {
		t.Errorf("something strange: %+v, %v", j, ok)
	}
	if j, _ := jobOf(message("A1", strings.Repeat("ä", maxText)), own); len(j.Text) > maxText || j.answerID()[:8] != idPrefix {
		t.Errorf("long text: %d bytes", len(j.Text))
	}
}

func TestConversationOfTwoMirrorsEnds(t *testing.T) {
	b, l := open(t, wastore.NewMemory()), &tape{}
	clock := time.Unix(1795000000, 0)
	a := newAnswerer(l, b, -1, slog.New(slog.DiscardHandler))
	a.guard.now = func() time.Time { return clock }
	say := func(n int, text string) {
		receive(t, b, message(fmt.Sprint("M", n), text))
		j, behind, _ := b.next(t.Context())
		if err := a.answer(t.Context(), j, behind); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 100 {
		say(n, "ping")
	}
	if got := len(l.said) - 1; got != sameInARow {
		t.Errorf("answered %d times", got)
	}
	say(100, "something else")
	clock = clock.Add(time.Minute)
	say(101, "ping")
	if got := len(l.said) - 1; got != sameInARow+2 {
		t.Errorf("then answered %d times", got)
	}
}

func TestOldAnswersAreForgotten(t *testing.T) {
	kv, l := wastore.NewMemory(), &tape{}
	b := open(t, kv)
	receive(t, b, message("A1", "hello"))
	if err := answerAll(t, l, b); err != nil {
		t.Fatal(err)
	}
	if err := b.forget(t.Context(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	left, err := kv.List(t.Context(), "done.")
	if err != nil || len(left) != 0 {
		t.Errorf("%d left, %v", len(left), err)
	}
}
