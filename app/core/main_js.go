// Command core is core.wasm: the engine in a SharedWorker, one for all tabs of
// an account.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"ferry/app/internal/browser/idb"
	"ferry/app/internal/browser/media"
	"ferry/app/internal/browser/net"
	"ferry/app/internal/browser/worker"
	"ferry/app/internal/engine"
	"ferry/app/internal/model"
)

func main() { worker.Main(start) }

// The databases of an account: the engine's, and that of the pages' notes.
func databases(account string) (engine, notes string) {
	return "ferry-" + account, "ferry-notes-" + account
}

func start(ctx context.Context, n worker.Name) (*worker.Running, error) {
	main, side := databases(n.Account)
	st, err := idb.Open(ctx, main)
	if err != nil {
		return nil, err
	}
	notes, err := idb.Open(ctx, side)
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	staged := media.NewStaged()
	files := media.New(n.Account, notes, staged)
	cfg := engine.Config{Store: st, Relay: net.Relay{}, Log: log, Username: n.Username, Files: files, Requests: true}
	if n.Phone != "" {
		cfg.Relay, cfg.Pairer, cfg.Persona, cfg.Phone = net.Sandbox{}, net.Sandbox{}, model.WhatsAppUser, "+"+n.Phone
	}
	e, err := engine.New(ctx, cfg)
	if n.Phone != "" {
		files.UseSandbox(func(ctx context.Context, refused string) (string, error) { return e.UploadGrant(ctx, refused) })
	}
	if err != nil {
		return nil, errors.Join(err, st.Close(), notes.Close())
	}
	running, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- e.Run(running) }()
	if n.Phone == "" {
		go func() { // ends with the answer, or after fetch.Timeout
			if name, err := (net.Relay{}).Provider(running); err == nil {
				e.SetProvider(name)
			}
		}()
	}
	failed := make(chan error, 1)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		if err := <-ended; err != nil {
			failed <- err
		}
	}()
	return &worker.Running{
		Engine: e, Notes: worker.NewNotes(notes), Epoch: st.Epoch(), Failed: failed,
		Stop: func() {
			cancel()
			<-stopped
			for _, s := range []*idb.Store{st, notes} {
				if err := s.Close(); err != nil {
					log.Warn("close a store", "err", err)
				}
			}
		},
		Stage: staged.Put,
		View:  files.Viewer(e.Attachment),
		Wipe: func(ctx context.Context) error {
			if err := errors.Join(idb.Remove(ctx, main), idb.Remove(ctx, side), media.Wipe(ctx, n.Account)); err != nil {
				return fmt.Errorf("delete this browser's data: %w", err)
			}
			return nil
		},
	}, nil
}
