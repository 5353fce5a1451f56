package host

import (
	"errors"

	"ferry/app/internal/model"
)

// NoAttachments is a browser that can do nothing with files.
type NoAttachments struct{}

var _ Attachments = NoAttachments{}

// ErrNoAttachments is what NoAttachments answers.
var ErrNoAttachments = errors.New("attachments: not in this browser")

// OnFiles does nothing.
func (NoAttachments) OnFiles(func([]Picked)) {}

// OnDrag does nothing.
func (NoAttachments) OnDrag(func(bool)) {}

// Pick does nothing.
func (NoAttachments) Pick(string) {}

// HandOver refuses.
func (NoAttachments) HandOver(_ model.FileID, done func(error)) { done(ErrNoAttachments) }

// Discard does nothing.
func (NoAttachments) Discard(model.FileID) {}

// Record fails.
func (NoAttachments) Record(fn func(Recording)) { fn(Recording{Err: "failed"}) }

// StopRecording refuses.
func (NoAttachments) StopRecording(_ bool, done func(Picked, error)) {
	done(Picked{}, ErrNoAttachments)
}

// MediaURL knows none.
func (NoAttachments) MediaURL(model.ChatID, model.Ref) string { return "" }

// MediaBlob refuses.
func (NoAttachments) MediaBlob(_ model.ChatID, _ model.Ref, done func(string, error)) {
	done("", ErrNoAttachments)
}

// FreeBlob does nothing.
func (NoAttachments) FreeBlob(string) {}

// SaveMedia refuses.
func (NoAttachments) SaveMedia(_ model.ChatID, _ model.Ref, _ string, done func(error)) {
	done(ErrNoAttachments)
}

// Emoji refuses.
func (NoAttachments) Emoji(done func([]byte, error)) { done(nil, ErrNoAttachments) }

// Recent knows none.
func (NoAttachments) Recent() []string { return nil }

// SetRecent does nothing.
func (NoAttachments) SetRecent([]string) {}
