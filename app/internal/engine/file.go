package engine

import (
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"ferry/app/internal/content"
	"ferry/app/internal/media"
	"ferry/app/internal/model"
	"ferry/app/internal/store"
)

// fileRow is what opens an attachment, and where it is. It never leaves the
// engine's side of the port.
type fileRow struct {
	ID        model.FileID `json:"id"`
	Key       []byte       `json:"key,omitempty"`
	SHA256    []byte       `json:"sha256,omitempty"`    // of the plaintext
	EncSHA256 []byte       `json:"encSha256,omitempty"` // of the whole file
	Size      int64        `json:"size"`                // of the plaintext, bytes
	Path      string       `json:"path,omitempty"`      // at the media hosts
	KeyAt     time.Time    `json:"keyAt,omitzero"`
	Sidecar   bool         `json:"sidecar,omitempty"` // there is one, in a record of its own

	Made bool          `json:"made,omitempty"` // on this device, from a file that was handed over
	Prep media.Prepare `json:"prep,omitempty"` // what was or is to be done with that
}

const sidecarPrefix = "c/" // store.Messages: sidecar of an attachment, by its file

func (f *fileRow) key() (k media.Key) {
	copy(k[:], f.Key)
	return k
}

// fileOf keeps what a received message says of its attachment, under an id of
// its own; nil where that is not enough to fetch it.
func (t *turn) fileOf(id model.FileID, a *content.Attachment) *fileRow {
	if !a.Usable() {
		return nil
	}
	f := &fileRow{ID: id, Key: a.Key[:], SHA256: a.SHA256[:], EncSHA256: a.EncSHA256[:], Size: a.Size, Path: a.DirectPath, KeyAt: a.KeyAt}
	t.putSidecar(f, a.Sidecar)
	return f
}

func (t *turn) putSidecar(f *fileRow, sidecar []byte) {
	if f.Sidecar = len(sidecar) > 0; f.Sidecar {
		t.put(store.Messages, sidecarPrefix+string(f.ID), sidecar)
	}
}

// attach puts what a received message says of its attachment into its row.
func (e *Engine) attach(t *turn, row *messageRow, m content.Message) error {
	if m.Attachment == nil || m.Kind == content.KindSticker {
		return nil
	}
	id, err := e.newFileID()
	if err != nil {
		return err
	}
	row.File = t.fileOf(id, m.Attachment)
	row.Media = mediaOf(m.Attachment, row.File != nil)
	return nil
}

// newFileID makes a name for an attachment's bytes on this device.
func (e *Engine) newFileID() (model.FileID, error) {
	var b [16]byte
	if _, err := io.ReadFull(e.cfg.Rand, b[:]); err != nil {
		return "", fmt.Errorf("file id: %w", err)
	}
	return model.FileID(hex.EncodeToString(b[:])), nil
}

// sidecar reads the one of a file; nil where there is none.
func (t *turn) sidecar(f *fileRow) ([]byte, error) {
	if !f.Sidecar {
		return nil, nil
	}
	return t.get(store.Messages, sidecarPrefix+string(f.ID))
}

// attachmentOf is what a message says of the attachment of a row.
func (t *turn) attachmentOf(row messageRow) (*content.Attachment, error) {
	m, f := row.Media, row.File
	if m == nil || f == nil {
		return nil, nil
	}
	sidecar, err := t.sidecar(f)
	if err != nil {
		return nil, err
	}
	a := &content.Attachment{
		Size: f.Size, DirectPath: f.Path, KeyAt: f.KeyAt, MIME: m.MIME, Name: m.Name, Width: m.Width, Height: m.Height,
		Seconds: m.Seconds, Pages: m.Pages, GIF: m.GIF, Thumb: m.Thumb, Waveform: m.Waveform, Sidecar: sidecar,
	}
	copy(a.Key[:], f.Key)
	copy(a.SHA256[:], f.SHA256)
	copy(a.EncSHA256[:], f.EncSHA256)
	return a, nil
}

// mediaOf is what a received message tells people of its attachment. One that
// cannot be fetched has failed from the beginning.
func mediaOf(a *content.Attachment, usable bool) *model.Media {
	m := &model.Media{
		MIME: a.MIME, Name: a.Name, Size: max(a.Size, 0), Width: a.Width, Height: a.Height, Seconds: a.Seconds, Pages: a.Pages,
		GIF: a.GIF, Thumb: a.Thumb, Waveform: a.Waveform, Streams: media.Streams(a.Size, a.Sidecar), State: model.MediaRemote,
	}
	if !usable {
		m.State, m.Failure = model.MediaFailed, model.MediaUnusable
	}
	return m
}

// dropFile forgets an attachment with the message that had it.
func (e *Engine) dropFile(t *turn, row messageRow) {
	if row.File == nil {
		return
	}
	if row.File.Sidecar {
		t.delete(store.Messages, sidecarPrefix+string(row.File.ID))
	}
	if e.fileDropped != nil {
		e.fileDropped(t, row)
	}
}
