package mediakill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"ferry/app/e2e/thirdparty"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/relaytest"
	"ferry/relay/relaytest/waclient"
)

// anna sends, and repeats a command that was not replied to, as a person does who finds nothing in the thread.
func (tr *traffic) anna(ctx context.Context) {
	choose := rand.New(rand.NewPCG(tr.seed, 1))
	for n := 0; tr.next(); n++ {
		files, all := tr.full(&tr.out)
		if files == 0 || files < window && choose.IntN(2) == 0 {
			tr.annaSends(ctx, tr.file(choose), choose)
		}
		if !all {
			m := letter{id: string(thirdparty.NewID())}
			r, err := tr.w.anna.Ask(ctx, port.SendText{Chat: tr.w.chat, ID: model.MessageID(m.id), Text: fmt.Sprintf("to WhatsApp %d", n)})
			if err != nil || r.Code != "" {
				tr.fail("Anna cannot send: %+v %v", r, err)
				return
			}
			tr.sent(&tr.out, m)
		}
		tr.anew(ctx, choose)
	}
}

// anew sends files again whose source was lost with a tab: only its user can know them.
func (tr *traffic) anew(ctx context.Context, choose *rand.Rand) (some bool) {
	tr.mu.Lock()
	lost := tr.again
	tr.again = nil
	tr.mu.Unlock()
	for _, f := range lost {
		tr.annaSends(ctx, f, choose)
	}
	return len(lost) > 0
}

var kinds = []model.Kind{model.KindDocument, model.KindVideo, model.KindAudio, model.KindImage}

// annaSends sends a file that lies on her disk.
func (tr *traffic) annaSends(ctx context.Context, f relaytest.Content, choose *rand.Rand) {
	if tr.w.plan.calm {
		tr.reading.Lock()
		defer tr.reading.Unlock()
	}
	id, name := string(thirdparty.NewID()), fmt.Sprintf("%d.bin", f.Seed)
	path := filepath.Join(tr.w.disk, name)
	if err := write(path, f); err != nil {
		tr.fail("%v", err)
		return
	}
	c := port.SendMedia{
		Chat: tr.w.chat, ID: model.MessageID(id), Kind: kinds[choose.IntN(len(kinds))], Original: true,
		Media: model.Media{MIME: "application/octet-stream", Name: name, Size: f.Size},
	}
	var r port.Reply
	err := tr.w.anna.with(ctx, func(b *tab) (err error) {
		if c.File, err = tr.w.anna.pick(b, path, name); err != nil {
			return err
		}
		r, err = b.do(c)
		return err
	})
	if err != nil || r.Code != "" {
		tr.fail("Anna cannot send a file: %+v %v", r, err)
		return
	}
	tr.sent(&tr.out, letter{id, f})
	if tr.w.plan.calm {
		tr.read(ctx, c.ID)
	}
}

// read waits until a file that was sent has been read to its end.
func (tr *traffic) read(ctx context.Context, id model.MessageID) {
	for {
		thread, err := tr.w.anna.thread(ctx, tr.w.chat, 0)
		i := slices.IndexFunc(thread, func(m model.Message) bool { return m.ID == id })
		if err == nil && i >= 0 && thread[i].Media.State != model.MediaPreparing {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tr.failed:
			return
		case <-time.After(pace):
		}
	}
}

func write(path string, f relaytest.Content) error {
	w, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, io.NewSectionReader(f, 0, f.Size))
	return errors.Join(err, w.Close())
}

// ben sends, and repeats what was not acknowledged with the same id.
func (tr *traffic) ben(ctx context.Context) {
	choose := rand.New(rand.NewPCG(tr.seed, 2))
	uploaded := make(chan func() bool, 1)
	busy := false
	for n := 0; tr.next(); n++ {
		files, all := tr.full(&tr.in)
		select {
		case send := <-uploaded:
			if busy = false; !send() {
				return
			}
		default:
			if !busy && files < window {
				busy = true
				f, kind := tr.file(choose), choose.IntN(4)
				tr.work.Go(func() { tr.benUploads(ctx, f, kind, uploaded) })
			}
			if !all && !tr.benSends(ctx, letter{id: string(thirdparty.NewID())}, &waE2E.Message{Conversation: proto.String(fmt.Sprintf("from WhatsApp %d", n))}) {
				return
			}
		}
	}
}

// benUploads uploads a file, again if that fails, and says how it is sent then.
func (tr *traffic) benUploads(ctx context.Context, f relaytest.Content, kind int, uploaded chan<- func() bool) {
	data := make([]byte, f.Size)
	_, _ = f.ReadAt(data, 0)
	media := waclient.Media{
		Kind: []waclient.Kind{waclient.Document, waclient.Video, waclient.Audio, waclient.Photo}[kind], Data: data, Name: fmt.Sprintf("%d.bin", f.Seed),
	}
	for {
		m, err := tr.w.ben.Upload(ctx, media)
		if err == nil {
			uploaded <- func() bool { return tr.benSends(ctx, letter{string(thirdparty.NewID()), f}, m) }
			return
		}
		if !tr.next() || ctx.Err() != nil {
			return
		}
	}
}

func (tr *traffic) benSends(ctx context.Context, m letter, body *waE2E.Message) bool {
	for {
		_, err := tr.w.ben.Send(ctx, tr.w.alias, body, whatsmeow.SendRequestExtra{ID: m.id})
		if err == nil {
			tr.sent(&tr.in, m)
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-tr.failed:
			return false
		case <-time.After(pace):
		}
	}
}
