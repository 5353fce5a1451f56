// Command attachcore is a core with attachments and no engine: a test sends a
// file that was handed over, and looks at it.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"sync"
	"syscall/js"

	"ferry/app/internal/browser/idb"
	"ferry/app/internal/browser/media"
	"ferry/app/internal/browser/worker"
	core "ferry/app/internal/media"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

func main() { worker.Main(start) }

func start(ctx context.Context, n worker.Name) (*worker.Running, error) {
	st, err := idb.Open(ctx, "ferry-notes-"+n.Account)
	if err != nil {
		return nil, err
	}
	staged := media.NewStaged()
	e := &engine{files: media.New(n.Account, st, staged), sent: map[model.MessageID]core.Attachment{}}
	return &worker.Running{
		Engine: e, Notes: worker.NewNotes(st), Epoch: st.Epoch(), Failed: make(chan error),
		Stop:  func() { _ = st.Close() },
		Stage: staged.Put,
		View: func(ctx context.Context, _ model.ChatID, ref model.Ref, to js.Value) {
			e.files.View(ctx, func() (core.Attachment, error) { return e.find(ref.ID) }, to)
		},
		Wipe: func(ctx context.Context) error {
			return errors.Join(idb.Remove(ctx, "ferry-notes-"+n.Account), media.Wipe(ctx, n.Account))
		},
	}, nil
}

// engine knows one command: SendMedia encrypts. Its caption says what comes
// then: "remote" uploads the file and forgets it here.
type engine struct {
	files *media.Files
	mu    sync.Mutex
	sent  map[model.MessageID]core.Attachment
}

func (e *engine) Subscribe(func([]port.Event)) func() { return func() {} }

func (e *engine) find(id model.MessageID) (core.Attachment, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	a, ok := e.sent[id]
	if !ok {
		return a, core.ErrNoFile
	}
	return a, nil
}

func (e *engine) Do(ctx context.Context, c port.Command) port.Reply {
	m, ok := c.(port.SendMedia)
	if !ok {
		return port.Reply{Value: json.RawMessage(`{}`)}
	}
	a, err := e.send(ctx, m)
	if err != nil {
		return port.Reply{Code: media.Code(err), Error: err.Error()}
	}
	raw, err := json.Marshal(map[string]any{"size": a.Size, "seconds": m.Media.Seconds})
	if err != nil {
		return port.Reply{Code: "internal", Error: err.Error()}
	}
	return port.Reply{Value: raw}
}

func (e *engine) send(ctx context.Context, m port.SendMedia) (core.Attachment, error) {
	typ, ok := core.TypeOf(m.Kind)
	if !ok {
		return core.Attachment{}, core.ErrUnusable
	}
	a := core.Attachment{File: m.File, Type: typ, Kind: m.Kind, MIME: m.Media.MIME, Name: m.Media.Name}
	if _, err := rand.Read(a.Key[:]); err != nil {
		return a, err
	}
	prep := core.AsIs
	switch {
	case m.Kind == model.KindImage && !m.Original:
		prep = core.Strip
	case m.Kind == model.KindVoice:
		prep = core.Ogg
	}
	made, err := e.files.Encrypt(ctx, a.File, a.Key, typ, prep, nil)
	for errors.Is(err, media.ErrNotYet) {
		made, err = e.files.Encrypt(ctx, a.File, a.Key, typ, prep, nil)
	}
	if err != nil {
		return a, err
	}
	a.Digest, a.Local = made.Digest, true
	if m.Caption == "remote" {
		if a.Place, err = e.files.Upload(ctx, a.File, a.Digest, nil); err != nil {
			return a, err
		}
		if err := e.files.Remove(ctx, a.File); err != nil {
			return a, err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sent[m.ID] = a
	return a, nil
}
