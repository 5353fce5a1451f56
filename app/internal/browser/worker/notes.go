package worker

import (
	"context"
	"fmt"
	"strings"

	"ferry/app/internal/browser/frame"
	"ferry/app/internal/store"
)

// Notes keeps small texts of the pages, drafts above all, in a sealed store of
// their own: the engine's store has one owner, and a page may write down nothing
// in the clear.
type Notes struct{ store store.Store }

// NewNotes keeps notes in s.
func NewNotes(s store.Store) *Notes { return &Notes{store: s} }

// notePrefix has no slash, so that the store hides all of the key, and with it
// the chat that a draft is for.
const notePrefix = "note:"

// maxNotes bounds how many notes All returns.
const maxNotes = 2000

// Set writes a note, or deletes it if its text is empty.
func (n *Notes) Set(ctx context.Context, note frame.Note) error {
	if n == nil {
		return fmt.Errorf("notes: %w", store.ErrLost)
	}
	if len(note.Text) > frame.MaxNote || len(note.Key) > 512 {
		return fmt.Errorf("notes: %d octets are too many", len(note.Text))
	}
	var b store.Batch
	if note.Text == "" {
		b.Delete(store.Meta, notePrefix+note.Key)
	} else {
		b.Put(store.Meta, notePrefix+note.Key, []byte(note.Text))
	}
	return n.store.Commit(ctx, &b)
}

// All returns the notes.
func (n *Notes) All(ctx context.Context) ([]frame.Note, error) {
	if n == nil {
		return nil, nil
	}
	r := store.Prefix(notePrefix)
	r.Limit = maxNotes
	recs, err := n.store.List(ctx, store.Meta, r)
	if err != nil {
		return nil, fmt.Errorf("notes: %w", err)
	}
	out := make([]frame.Note, len(recs))
	for i, rec := range recs {
		out[i] = frame.Note{Key: strings.TrimPrefix(rec.Key, notePrefix), Text: string(rec.Value)}
	}
	return out, nil
}
