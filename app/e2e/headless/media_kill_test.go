package headless

import (
	"bytes"
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"ferry/app/e2e/thirdparty"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/relaytest"
	"ferry/relay/relaytest/waclient"
)

// The third-party user's program is killed, and the relay begun anew, again and
// again while a file goes up and another comes down. Both arrive whole.
func TestFilesCrossThoughBothEndsOfTheirWayDieAgainAndAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("moves some hundred megabytes")
	}
	w := newWorld(t, relaytest.Options{})
	anna := thirdparty.New(t, thirdparty.Config{Relay: w.URL, Name: "anna", Program: thirdparty.Binary(t)})
	anna.Connect()
	ben := w.whatsApp("Ben")
	chat := anna.OpenChat(ben.phone)
	up, down := noise(60<<20+11), noise(60<<20+12)

	sent := anna.SendFile(chat, "up.bin", up, map[string]any{"kind": model.KindDocument})
	die(w, anna, model.Ref{ID: sent, FromMe: true}, 4)
	ctx, cancel := context.WithTimeout(w.ctx, time.Minute)
	defer cancel()
	m, err := ben.AwaitMedia(ctx, waclient.Document)
	w.ok(err)
	if got, err := ben.Download(w.ctx, m); err != nil || !bytes.Equal(got, up) {
		t.Errorf("ben gets %d bytes, %v", len(got), err)
	}
	anna.AwaitState(sent, model.Delivered)

	id, err := ben.SendMedia(w.ctx, w.alias("anna"), waclient.Media{Kind: waclient.Document, Data: down, Name: "down.bin"})
	w.ok(err)
	ref := model.Ref{ID: model.MessageID(id)}
	anna.AwaitMedia(chat, ref, model.MediaRemote)
	anna.Line("fetch", map[string]any{"chat": chat, "target": ref})
	die(w, anna, ref, 4)
	anna.AwaitMedia(chat, ref, model.MediaLocal)
	if !bytes.Equal(anna.Saved(chat, ref), down) {
		t.Error("anna has other bytes")
	}
	ben.once()
}

// die kills the client and restarts the relay by turns, each time when the
// attachment has moved a little further; or sees that it has arrived.
func die(w *world, u *thirdparty.User, ref model.Ref, times int) {
	w.t.Helper()
	for i := range times {
		at := int64(rand.N(30 << 20))
		ctx, cancel := context.WithTimeout(w.ctx, thirdparty.Patience)
		arrived := false
		_, err := thirdparty.FindNew(ctx, u, func(e port.Event) bool {
			switch e := e.(type) {
			case port.Moved:
				return e.Ref == ref && e.Done >= at
			case port.MessageChanged:
				arrived = e.Ref() == ref && e.Media != nil && e.Media.State == model.MediaLocal
				return arrived
			}
			return false
		})
		cancel()
		w.ok(err)
		if arrived {
			w.t.Logf("arrived before death %d", i+1)
			return
		}
		if i%2 == 0 {
			u.Kill()
			u.Start()
			continue
		}
		w.RestartRelay()
	}
}
