package engine

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"strings"

	"ferry/app/internal/content"
	"ferry/app/internal/media"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/app/internal/store"
)

const (
	filePrefix = "f/" // store.Messages: order of the own message that a file was handed over for
	voiceMIME  = "audio/ogg; codecs=opus"
)

// Bounds of what a user interface says of an attachment.
const (
	maxMIME = 128 // bytes
	maxFile = 255 // bytes of a file's name
)

// sendMedia stores a message whose attachment is to be encrypted and uploaded.
// It has its place in the thread from now on; what is sent after it does not
// wait for it. The key is durable before anything is encrypted under it.
func (e *Engine) sendMedia(t *turn, r *request, c port.SendMedia) error {
	if code, text := e.checkMedia(c); code != "" {
		t.refuse(r, code, text)
		return nil
	}
	known, ok, err := t.ownMessage(c.Chat, c.ID)
	if err != nil {
		return err
	}
	if ok {
		t.ok(r, known.Message)
		return nil
	}
	used, err := t.get(store.Messages, filePrefix+string(c.File))
	if err != nil {
		return err
	}
	if _, dropping := e.moves.drops[c.File]; used != nil || dropping {
		t.refuse(r, "bad_file", "the file belongs to another message")
		return nil
	}
	row := messageRow{Message: model.Message{
		ID: c.ID, Chat: c.Chat, FromMe: true, Kind: c.Kind, At: e.cfg.Now().UTC(), State: model.Pending,
		Text: strings.ToValidUTF8(c.Caption, "\uFFFD"), Media: described(c),
	}}
	if row.File, err = e.newFile(c); err != nil {
		return err
	}
	if row.Reply, ok, err = e.replyTo(t, r, c.Chat, c.ReplyTo); err != nil || !ok {
		return err
	}
	if _, err := t.ensureChat(c.Chat, model.Contact{}); err != nil {
		return err
	}
	chat, err := e.meet(t, c.Chat)
	if err != nil {
		return err
	}
	if row, err = t.addMessage(chat, row); err != nil {
		return err
	}
	t.put(store.Messages, filePrefix+string(c.File), binary.BigEndian.AppendUint64(nil, row.Order))
	e.addMove(t, row)
	t.ok(r, row.Message)
	return e.moveOn(t)
}

// checkMedia refuses what cannot be sent.
func (e *Engine) checkMedia(c port.SendMedia) (code, text string) {
	_, isPeer := peerOf(c.Chat)
	switch {
	case e.cfg.Files == nil:
		return "no_media", "attachments cannot be kept here"
	case !isPeer:
		return "no_chat", "there is no such chat"
	case !validID(string(c.ID)):
		return "bad_id", "a message needs an id of printable characters"
	case !media.ValidID(c.File):
		return "bad_file", "a file needs an id of 32 hex digits"
	case len(c.Caption) > content.MaxText:
		return "too_long", "the text is too long"
	case c.Media.Size <= 0:
		return "empty", "there is nothing to send"
	case c.Media.Size > media.MaxSize:
		return "too_big", "the file is too big"
	}
	switch c.Kind {
	case model.KindImage, model.KindVideo, model.KindVoice, model.KindAudio, model.KindDocument:
		return "", ""
	}
	return "bad_kind", "this is no kind of attachment"
}

// described is what the user interface says of an attachment, within bounds.
func described(c port.SendMedia) *model.Media {
	m := model.Media{
		MIME: clean(c.Media.MIME, maxMIME), Size: c.Media.Size, State: model.MediaPreparing,
		Width: side(c.Media.Width), Height: side(c.Media.Height),
	}
	switch c.Kind {
	case model.KindVideo:
		m.GIF = c.Media.GIF
		fallthrough
	case model.KindAudio:
		m.Seconds = max(0, c.Media.Seconds)
	case model.KindVoice:
		m.Seconds, m.MIME = max(0, c.Media.Seconds), voiceMIME
		if len(c.Media.Waveform) <= content.MaxWaveform {
			m.Waveform = bytes.Clone(c.Media.Waveform)
			for i, v := range m.Waveform {
				m.Waveform[i] = min(v, 100)
			}
		}
	case model.KindDocument:
		m.Name, m.Pages = clean(c.Media.Name, maxFile), max(0, c.Media.Pages)
	}
	if len(c.Media.Thumb) <= model.MaxThumb && bytes.HasPrefix(c.Media.Thumb, []byte{0xFF, 0xD8, 0xFF}) {
		m.Thumb = c.Media.Thumb
	}
	if m.MIME == "" {
		m.MIME = "application/octet-stream"
	}
	return &m
}

func side(n int) int {
	if n < 0 || n > 1<<16 {
		return 0
	}
	return n
}

// newFile makes the key of an attachment of ours.
func (e *Engine) newFile(c port.SendMedia) (*fileRow, error) {
	f := &fileRow{ID: c.File, Key: make([]byte, len(media.Key{})), KeyAt: e.cfg.Now().UTC(), Made: true, Size: c.Media.Size}
	if _, err := io.ReadFull(e.cfg.Rand, f.Key); err != nil {
		return nil, err
	}
	switch {
	case c.Kind == model.KindVoice:
		f.Prep = media.Ogg
	case c.Kind == model.KindImage && !c.Original:
		f.Prep = media.Strip
	}
	return f, nil
}

// fileArrived looks at the attachment of a message that has its place by now,
// before it is stored: what is small and shows in the thread is fetched at once.
func (e *Engine) fileArrived(t *turn, row messageRow) (messageRow, error) {
	if row.File == nil || row.Media == nil {
		return row, nil
	}
	if !row.FromMe {
		if asks, err := t.asking(row.Chat); err != nil {
			return row, err
		} else if asks {
			return row, t.fetchLater(row)
		}
	}
	if row.Media.Size > media.MaxSize {
		row.Media.State, row.Media.Failure = model.MediaFailed, model.MediaTooBig
		return row, nil
	}
	auto := row.Kind == model.KindImage || row.Kind == model.KindVoice
	if !auto || row.Media.Size > autoSize || e.cfg.Files == nil || len(e.moves.all) >= maxMoves {
		return row, nil
	}
	row.Media.State = model.MediaDownloading
	e.addMove(t, row)
	t.then(func() { e.later(0, e.moveOn) })
	return row, nil
}

// transfer starts, goes on with or stops moving an attachment.
func (e *Engine) transfer(t *turn, r *request, c port.Transfer) error {
	if e.cfg.Files == nil {
		t.refuse(r, "no_media", "attachments cannot be kept here")
		return nil
	}
	row, ok, _, err := t.byRef(c.Chat, c.Target)
	if err != nil {
		return err
	}
	if !ok || row.Media == nil {
		t.refuse(r, "no_message", "there is no such attachment")
		return nil
	}
	if asks, err := t.asking(c.Chat); err != nil {
		return err
	} else if asks && !c.Stop {
		t.refuse(r, "request", "nothing of a request is fetched before it is accepted")
		return nil
	}
	if c.Stop {
		row, err = e.stopMove(t, row)
	} else {
		row, err = e.startMove(t, row)
	}
	if err != nil {
		return err
	}
	t.ok(r, row.Message)
	return e.moveOn(t)
}

// stopMove stops a move durably; what was moved so far is kept.
func (e *Engine) stopMove(t *turn, row messageRow) (messageRow, error) {
	m := e.moves.all[moveKey(row.Chat, row.Order)]
	if m == nil {
		return row, nil
	}
	if m.run != nil {
		row.Media.Done = min(m.run.gauge.soFar(), row.Media.Size)
	}
	e.forgetMove(t, m)
	row.Media.State = model.MediaPaused
	return row, t.putMessage(row)
}

// startMove has an attachment moved, or moved now. One that cannot be stays as
// it is.
func (e *Engine) startMove(t *turn, row messageRow) (messageRow, error) {
	if m := e.moves.all[moveKey(row.Chat, row.Order)]; m != nil {
		m.due = e.cfg.Now().Add(-1)
		return row, nil
	}
	j, ok := jobOf(row)
	if !ok || row.Media.Size > media.MaxSize {
		return row, nil
	}
	row.Media.Failure = model.MediaOK
	switch j.phase {
	case encrypting:
		row.Media.State = model.MediaPreparing
	case uploading:
		row.Media.State = model.MediaUploading
	case downloading:
		row.Media.State = model.MediaDownloading
	}
	if row.FromMe && j.phase != downloading && row.State == model.Failed {
		row.State, row.Failure = model.Pending, model.NoFailure
	}
	e.addMove(t, row)
	return row, t.putMessage(row)
}

// retryMedia begins again with a message that failed, whose bytes were made
// here: the media host may have lost them since. False for all others.
func (e *Engine) retryMedia(t *turn, row messageRow) (messageRow, bool, error) {
	if e.cfg.Files == nil || row.Media == nil || row.File == nil || !row.File.Made {
		return row, false, nil
	}
	row.File.Path = ""
	if peer, ok := peerOf(row.Chat); ok { // whatever stood in the way may have changed
		e.forgetDevices(t, peer)
	}
	row, err := e.startMove(t, row)
	if err == nil {
		err = e.moveOn(t)
	}
	return row, true, err
}

// played takes in that the user heard a voice message.
func (e *Engine) played(t *turn, r *request, c port.Played) error {
	row, ok, _, err := t.byRef(c.Chat, c.Target)
	if err != nil {
		return err
	}
	if !ok || row.Media == nil || row.Kind != model.KindVoice {
		t.refuse(r, "no_message", "there is no such voice message")
		return nil
	}
	if row.FromMe || row.Media.Played {
		t.ok(r, nil)
		return nil
	}
	row.Media.Played = true
	if err := t.putMessage(row); err != nil {
		return err
	}
	asks, err := t.asking(row.Chat)
	if err != nil {
		return err
	}
	if e.privacy.ReadReceipts && !asks {
		t.owe(e.receiptOf(row.Chat, "played", []string{string(row.ID)}))
	}
	t.ok(r, nil)
	return nil
}

// Attachment gives what is needed to show an attachment; media.ErrNoFile where
// there is none. It may be called from any goroutine but a subscriber's.
func (e *Engine) Attachment(ctx context.Context, chat model.ChatID, ref model.Ref) (media.Attachment, error) {
	type answer struct {
		a   media.Attachment
		err error
	}
	got := make(chan answer, 1)
	task := func(t *turn) error {
		a, err := t.attachment(chat, ref)
		got <- answer{a, err}
		return nil // what ails the store shows elsewhere, too
	}
	select {
	case e.tasks <- task:
	case <-ctx.Done():
		return media.Attachment{}, ctx.Err()
	case <-e.done:
		return media.Attachment{}, context.Canceled
	}
	select {
	case v := <-got:
		return v.a, v.err
	case <-ctx.Done():
		return media.Attachment{}, ctx.Err()
	case <-e.done:
		return media.Attachment{}, context.Canceled
	}
}

func (t *turn) attachment(chat model.ChatID, ref model.Ref) (media.Attachment, error) {
	row, ok, _, err := t.byRef(chat, ref)
	if err != nil {
		return media.Attachment{}, err
	}
	asks, err := t.asking(chat)
	if err != nil {
		return media.Attachment{}, err
	}
	typ, has := media.TypeOf(row.Kind)
	if !ok || asks || !has || row.File == nil || row.Media == nil {
		return media.Attachment{}, media.ErrNoFile
	}
	a := media.Attachment{
		File: row.File.ID, Key: row.File.key(), Type: typ, Kind: row.Kind, MIME: row.Media.MIME, Name: row.Media.Name,
		Place: media.Place{DirectPath: row.File.Path}, Digest: row.File.digest(),
		Local: row.Media.State == model.MediaLocal || row.Media.State == model.MediaUploading || row.File.Made && len(row.File.EncSHA256) > 0,
	}
	a.Sidecar, err = t.sidecar(row.File)
	return a, err
}
