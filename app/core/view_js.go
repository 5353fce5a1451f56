package main

import (
	"context"
	"syscall/js"

	"ferry/app/internal/browser/media"
	core "ferry/app/internal/media"
	"ferry/app/internal/model"
)

// attachments is the engine, as it is asked for what it keeps to itself.
type attachments interface {
	Attachment(ctx context.Context, chat model.ChatID, ref model.Ref) (core.Attachment, error)
}

// viewer shows the engine's attachments to pages.
func viewer(e any, files *media.Files) func(context.Context, model.ChatID, model.Ref, js.Value) {
	at, ok := e.(attachments)
	if !ok {
		return nil
	}
	return func(ctx context.Context, chat model.ChatID, ref model.Ref, port js.Value) {
		files.View(ctx, func() (core.Attachment, error) { return at.Attachment(ctx, chat, ref) }, port)
	}
}
