package thirdparty

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// Line gives a command that only the client without a screen has, such as sendFile, and waits for its reply.
func (u *User) Line(kind string, value map[string]any) port.Reply {
	u.t.Helper()
	b, err := json.Marshal(map[string]any{"type": kind, "value": value})
	if err != nil {
		u.t.Fatal(err)
	}
	r := u.current()
	if r == nil {
		u.t.Fatalf("%s: %s: %v", u.cfg.Name, kind, ErrEnded)
	}
	wait, err := r.submitLine(b)
	if err != nil {
		u.t.Fatalf("%s: %s: %v", u.cfg.Name, kind, err)
	}
	select {
	case reply, ok := <-wait:
		if !ok {
			u.t.Fatalf("%s: %s: %v", u.cfg.Name, kind, ErrEnded)
		}
		return reply
	case <-time.After(Patience):
		u.t.Fatalf("%s: %s: no reply", u.cfg.Name, kind)
		return port.Reply{}
	}
}

// SendFile sends bytes as a file of that name. More are further fields of the command.
func (u *User) SendFile(chat model.ChatID, name string, b []byte, more map[string]any) model.MessageID {
	u.t.Helper()
	path := filepath.Join(u.t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		u.t.Fatal(err)
	}
	id := NewID()
	value := map[string]any{"chat": chat, "id": id, "path": path}
	for k, v := range more {
		value[k] = v
	}
	if r := u.Line("sendFile", value); r.Code != "" {
		u.t.Fatalf("%s: sendFile: %s: %s", u.cfg.Name, r.Code, r.Error)
	}
	return id
}

// AwaitMedia waits until an attachment is in a state, as the last word of it, and gives its message.
func (u *User) AwaitMedia(chat model.ChatID, ref model.Ref, state model.MediaState) model.Message {
	u.t.Helper()
	ctx, cancel := Within()
	defer cancel()
	at := 0
	for {
		batch, grown := u.events.from(at)
		at += len(batch)
		var last *model.Message
		for _, m := range u.Thread(chat) {
			if m.Ref() == ref && m.Media != nil {
				last = &m
			}
		}
		if last != nil && last.Media.State == state {
			return *last
		}
		select {
		case <-grown:
		case <-ctx.Done():
			u.t.Fatalf("%s: the attachment %s is never %s: %+v", u.cfg.Name, ref.ID, state, last)
		}
	}
}

// Saved gives the bytes of an attachment that is here.
func (u *User) Saved(chat model.ChatID, ref model.Ref) []byte {
	u.t.Helper()
	path := filepath.Join(u.t.TempDir(), "saved")
	if r := u.Line("save", map[string]any{"chat": chat, "target": ref, "path": path}); r.Code != "" {
		u.t.Fatalf("%s: save: %s: %s", u.cfg.Name, r.Code, r.Error)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		u.t.Fatal(err)
	}
	return b
}

// FindNew returns the first event of the program's present run that fits, or an error when ctx ends.
func FindNew[T port.Event](ctx context.Context, u *User, fits func(T) bool) (T, error) {
	return FindAfter(ctx, u, u.since, fits)
}
