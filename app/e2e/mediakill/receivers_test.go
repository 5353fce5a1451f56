package mediakill

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types/events"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/relaytest/waclient"
)

// takeIn downloads what Ben is sent, two files at once.
func (tr *traffic) takeIn(ctx context.Context) {
	two := make(chan struct{}, 2)
	var work sync.WaitGroup
	defer work.Wait()
	seen := map[string]bool{}
	_ = waclient.Follow(ctx, tr.w.ben, func(m *events.Message) bool {
		if file, _ := waclient.File(m.Message); file == nil || seen[m.Info.ID] || m.Info.IsFromMe {
			return true
		}
		seen[m.Info.ID] = true
		select {
		case two <- struct{}{}:
		case <-ctx.Done():
			return false
		}
		work.Go(func() {
			defer func() { <-two }()
			tr.download(ctx, m)
		})
		return true
	})
}

// whatsmeow's words for bytes that are not those that were sent.
var corrupt = []error{
	whatsmeow.ErrInvalidMediaHMAC, whatsmeow.ErrInvalidMediaSHA256, whatsmeow.ErrInvalidMediaEncSHA256,
	whatsmeow.ErrFileLengthMismatch, whatsmeow.ErrTooShortFile,
	whatsmeow.ErrMediaDownloadFailedWith403, whatsmeow.ErrMediaDownloadFailedWith404, whatsmeow.ErrMediaDownloadFailedWith410,
}

func (tr *traffic) download(ctx context.Context, m *events.Message) {
	for {
		got, err := tr.w.ben.Download(ctx, m)
		if err == nil {
			tr.compare(m.Info.ID, got)
			return
		}
		for _, bad := range corrupt {
			if errors.Is(err, bad) {
				tr.fail("Ben's download of %s: %v", m.Info.ID, err)
				return
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pace):
		}
	}
}

// compare looks at a file that Ben has. Its message may have been acknowledged to Anna's engine and not to Anna yet.
func (tr *traffic) compare(id string, got []byte) {
	for {
		tr.mu.Lock()
		i := slices.IndexFunc(tr.out, func(m letter) bool { return m.id == id })
		if i >= 0 {
			f := tr.out[i].file
			tr.whole[id] = true
			tr.mu.Unlock()
			want := make([]byte, f.Size)
			_, _ = f.ReadAt(want, 0)
			if !bytes.Equal(got, want) {
				tr.fail("Ben has %d other bytes of %s, which has %d", len(got), id, f.Size)
			}
			return
		}
		tr.mu.Unlock()
		select {
		case <-tr.w.ctx.Done():
			return
		case <-time.After(pace):
		}
	}
}

// lookAfter does what Anna does with her thread: she fetches files that do not come by themselves, and sends anew those
// that were lost.
func (tr *traffic) lookAfter(ctx context.Context) {
	for {
		if err := tr.look(ctx); err != nil && ctx.Err() == nil {
			tr.fail("Anna cannot look at her thread: %v", err)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pace):
		}
	}
}

func (tr *traffic) look(ctx context.Context) error {
	tr.mu.Lock()
	low := tr.low
	tr.mu.Unlock()
	thread, err := tr.w.anna.thread(ctx, tr.w.chat, low)
	if err != nil {
		return err
	}
	low = 0
	for _, m := range thread {
		done, err := tr.lookAt(ctx, m)
		if err != nil {
			return err
		}
		if !done && low == 0 {
			low = m.Order
		}
	}
	if low == 0 && len(thread) > 0 {
		low = thread[len(thread)-1].Order
	}
	tr.mu.Lock()
	tr.low = max(tr.low, low)
	tr.mu.Unlock()
	return nil
}

// lookAt reports whether a message needs no more looks.
func (tr *traffic) lookAt(ctx context.Context, m model.Message) (done bool, err error) {
	delivered := m.State == model.Delivered || m.State == model.Read
	switch {
	case m.Media == nil:
		if m.State == model.Failed {
			tr.fail("a text of Anna's failed: %s", m.Failure)
		}
		return !m.FromMe || delivered, nil
	case m.Media.State == model.MediaFailed && m.FromMe && m.Media.Failure == model.MediaLost:
		return tr.lose(ctx, m)
	case m.Media.State == model.MediaFailed, m.FromMe && m.State == model.Failed:
		tr.fail("the file of %s (from Anna: %v) failed: %s, %s", m.ID, m.FromMe, m.Media.Failure, m.Failure)
		return true, nil
	case m.Media.State == model.MediaRemote:
		_, err := tr.w.anna.Ask(ctx, port.Transfer{Chat: m.Chat, Target: m.Ref()})
		return false, err
	case m.Media.State == model.MediaLocal && (delivered || !m.FromMe):
		tr.mu.Lock()
		defer tr.mu.Unlock()
		if m.FromMe && !tr.whole[string(m.ID)] {
			return false, nil
		}
		delete(tr.open, string(m.ID))
		tr.done[string(m.ID)] = true
		return true, nil
	}
	return false, nil
}

// lose takes a message away whose file died with its tab before it was read, to send it anew.
func (tr *traffic) lose(ctx context.Context, m model.Message) (done bool, err error) {
	tr.mu.Lock()
	i := slices.IndexFunc(tr.out, func(l letter) bool { return l.id == string(m.ID) })
	tr.mu.Unlock()
	if i < 0 { // Anna has not been told yet that it was taken
		return false, nil
	}
	if _, err := tr.w.anna.Ask(ctx, port.Delete{Chat: m.Chat, ID: m.ID, FromMe: true}); err != nil {
		return false, err
	}
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.away[string(m.ID)] = true
	tr.again = append(tr.again, tr.out[i].file)
	tr.out = slices.Delete(tr.out, i, i+1)
	delete(tr.open, string(m.ID))
	return true, nil
}
