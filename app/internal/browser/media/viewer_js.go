package media

import (
	"context"
	"syscall/js"

	"ferry/app/internal/media"
	"ferry/app/internal/model"
)

// Viewer shows attachments to pages: each on a port of its own, as find, the
// engine's word on a message, says where its bytes are.
func (f *Files) Viewer(find func(context.Context, model.ChatID, model.Ref) (media.Attachment, error)) func(context.Context, model.ChatID, model.Ref, js.Value) {
	return func(ctx context.Context, chat model.ChatID, ref model.Ref, port js.Value) {
		f.View(ctx, func() (media.Attachment, error) { return find(ctx, chat, ref) }, port)
	}
}
