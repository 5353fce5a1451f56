package main

import (
	"context"
	"syscall/js"

	"ferry/app/internal/browser/media"
	"ferry/app/internal/engine"
	attachment "ferry/app/internal/media"
	"ferry/app/internal/model"
)

// viewer shows the engine's attachments to pages.
func viewer(e *engine.Engine, files *media.Files) func(context.Context, model.ChatID, model.Ref, js.Value) {
	return func(ctx context.Context, chat model.ChatID, ref model.Ref, port js.Value) {
		files.View(ctx, func() (attachment.Attachment, error) { return e.Attachment(ctx, chat, ref) }, port)
	}
}
