package headless

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"ferry/app/e2e/thirdparty"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/relaytest"
	"ferry/relay/relaytest/waclient"
)

func TestManyMessagesWaitForAnOfflineClient(t *testing.T) { waiting(t, 500) }

func TestSoakManyMessagesWaitForAnOfflineClient(t *testing.T) {
	if os.Getenv("FERRY_SOAK") == "" {
		t.Skip("set FERRY_SOAK=1 for 10,000 messages")
	}
	waiting(t, 10_000)
}

// waiting has that many messages of one peer wait for a client that is offline. All must come once, in order, and
// the client must say how far it is.
func waiting(t *testing.T, many int) {
	w := newWorld(t, relaytest.Options{})
	anna, ben := w.thirdParty("anna"), w.whatsApp("Ben")
	chat := w.greeted(anna, "anna", ben)
	anna.Stop()
	alias, want := w.alias("anna"), []string{"> hello", "hello yourself"}
	var last string
	for i := range many {
		text := fmt.Sprintf("waiting %d", i)
		last = ben.send(alias, text)
		want = append(want, text)
	}
	mark, began := anna.Mark(), time.Now()
	anna.Start()
	anna.AwaitOnline()
	took := time.Since(began)
	thirdparty.AwaitAfter(anna, mark, "the last message", func(e port.MessageChanged) bool { return e.Text == want[len(want)-1] })
	t.Logf("%d messages taken in in %v, %.0f a second", many, took.Round(time.Millisecond), float64(many)/took.Seconds())

	w.thread(anna, chat, want...)
	inOrder(t, anna, mark, want[2:])
	progress(t, anna, many)
	ben.hears(last, waclient.Delivered)
	if chats := anna.State().Chats; len(chats) != 1 || chats[0].Unread != many+1 {
		t.Errorf("unread is not %d in %+v", many+1, chats)
	}
	w.bothWays(anna, ben, chat, "anna")
}

// inOrder checks that the client told of each message once, and in order.
func inOrder(t *testing.T, u *thirdparty.User, mark int, want []string) {
	t.Helper()
	var got []string
	for _, e := range thirdparty.AllAfter[port.MessageChanged](u, mark) {
		if e.State == model.Received {
			got = append(got, e.Text)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the client told of %d messages, want %d in order", len(got), len(want))
	}
}

// progress checks what the client said while it caught up.
func progress(t *testing.T, u *thirdparty.User, total int) {
	t.Helper()
	steps, done := 0, 0
	for _, e := range thirdparty.All[port.LinkChanged](u) {
		if e.Phase != model.LinkCatchingUp || e.Total == 0 {
			continue
		}
		if e.Total != total || e.Done < done || e.Done > total {
			t.Errorf("progress went from %d to %d of %d, of %d messages", done, e.Done, e.Total, total)
		}
		steps, done = steps+1, e.Done
	}
	if steps < 5 {
		t.Errorf("the client told of its progress %d times", steps)
	}
}
