package echo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
)

// line is what an answer goes out through; a whatsmeow client, but for tests.
type line interface {
	markRead(ctx context.Context, j job) error
	typing(ctx context.Context, chat types.JID, on bool) error
	// post returns when the gateway has taken the message. errRefused: it will not ever.
	post(ctx context.Context, chat types.JID, id types.MessageID, m *waE2E.Message) error
	uploader(ctx context.Context) uploader
	// open fetches and decrypts a received file, and tells its size. The error is for people.
	open(ctx context.Context, m *waE2E.Message) (size int64, err error)
}

var errRefused = errors.New("echo: the gateway does not take the answer")

// markRead also says that a voice message was listened to.
func (s *client) markRead(ctx context.Context, j job) error {
	return s.steadily(ctx, func() error {
		err := s.wa.MarkRead(ctx, []types.MessageID{j.ID}, time.Now(), j.Chat, j.Sender)
		if err == nil && j.What == "voice message" {
			err = s.wa.MarkRead(ctx, []types.MessageID{j.ID}, time.Now(), j.Chat, j.Sender, types.ReceiptTypePlayed)
		}
		return err
	})
}

const (
	reconnectTime = 10 * time.Second
	reconnectMost = 3
)

// steadily does something that can be done twice, again unless it was answered: a
// lost connection shows itself in too many ways to name them.
func (s *client) steadily(ctx context.Context, do func() error) error {
	for range reconnectMost {
		err := do()
		if err == nil || answered(err) || ctx.Err() != nil {
			return err
		}
		s.wa.WaitForConnection(reconnectTime)
	}
	return do()
}

func answered(err error) bool {
	var iq *whatsmeow.IQError
	return errors.Is(err, whatsmeow.ErrServerReturnedError) || errors.As(err, &iq)
}

func (s *client) typing(ctx context.Context, chat types.JID, on bool) error {
	state := types.ChatPresencePaused
	if on {
		state = types.ChatPresenceComposing
	}
	return s.steadily(ctx, func() error { return s.wa.SendChatPresence(ctx, chat, state, types.ChatPresenceMediaText) })
}

func (s *client) post(ctx context.Context, chat types.JID, id types.MessageID, m *waE2E.Message) error {
	err := s.steadily(ctx, func() error {
		return s.box.Exclusive(ctx, func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, sendTime)
			defer cancel()
			_, err := s.wa.SendMessage(ctx, chat, m, whatsmeow.SendRequestExtra{ID: id, Timeout: sendTime})
			return err
		})
	})
	if errors.Is(err, whatsmeow.ErrServerReturnedError) {
		return errors.Join(errRefused, err)
	}
	return err
}

func (s *client) uploader(ctx context.Context) uploader {
	return func(data []byte, kind whatsmeow.MediaType) (whatsmeow.UploadResponse, error) {
		ctx, cancel := context.WithTimeout(ctx, sendTime)
		defer cancel()
		up, err := s.wa.Upload(ctx, data, kind)
		if err != nil && strings.Contains(err.Error(), "status code") { // an answer: the next would be the same
			err = errors.Join(errRefused, err)
		}
		return up, err
	}
}

const (
	openTime = time.Minute
	openMost = 64 << 20 // bytes; more is not fetched
)

var errTooBig = errors.New("it is larger than I open")

// open fetches by the path in the message, never by its URL, which a stranger
// wrote; and into a file that takes only so much.
func (s *client) open(ctx context.Context, m *waE2E.Message) (size int64, err error) {
	file := downloadable(m)
	if file == nil {
		return 0, errors.New("there is no file")
	}
	if !strings.HasPrefix(file.GetDirectPath(), "/v/") {
		return 0, errors.New("its path is none of a media host")
	}
	ctx, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	f, err := os.CreateTemp("", "ferry-echo-*")
	if err != nil {
		s.log.Error("echo: no temporary file", "error", err)
		return 0, errors.New("there is no room for it here")
	}
	defer os.Remove(f.Name()) //nolint:errcheck // temporary
	defer f.Close()           //nolint:errcheck // temporary
	length := -1
	if x, ok := file.(interface{ GetFileLength() uint64 }); ok && x.GetFileLength() <= openMost {
		length = int(x.GetFileLength()) //nolint:gosec // just bounded
	} else {
		return 0, errTooBig
	}
	err = s.wa.DownloadMediaWithPathToFile(ctx, file.GetDirectPath(), file.GetFileEncSHA256(), file.GetFileSHA256(), file.GetMediaKey(),
		length, whatsmeow.GetMediaType(file), "", &bounded{f, openMost + 1<<10})
	if err != nil {
		s.log.Info("echo: a file was not opened", "error", err)
		return 0, plainly(err)
	}
	st, err := f.Stat()
	if err != nil {
		return 0, errors.New("it was lost on the way")
	}
	return st.Size(), nil
}

// plainly is an error of a download for people.
func plainly(err error) error {
	switch {
	case errors.Is(err, errTooBig):
		return errTooBig
	case errors.Is(err, whatsmeow.ErrMediaDownloadFailedWith403), errors.Is(err, whatsmeow.ErrMediaDownloadFailedWith404):
		return errors.New("the media host does not have it")
	case errors.Is(err, whatsmeow.ErrMediaDownloadFailedWith410):
		return errors.New("it has expired")
	case errors.Is(err, whatsmeow.ErrInvalidMediaEncSHA256), errors.Is(err, whatsmeow.ErrInvalidMediaHMAC),
		errors.Is(err, whatsmeow.ErrInvalidMediaSHA256), errors.Is(err, whatsmeow.ErrFileLengthMismatch), errors.Is(err, whatsmeow.ErrTooShortFile):
		return errors.New("it is not what was announced")
	}
	return errors.New("it cannot be fetched")
}

// downloadable is the part of a message that refers to a file.
func downloadable(m *waE2E.Message) whatsmeow.DownloadableMessage {
	for _, wrapped := range []*waE2E.FutureProofMessage{
		m.GetViewOnceMessage(), m.GetViewOnceMessageV2(), m.GetViewOnceMessageV2Extension(), m.GetEphemeralMessage(),
		m.GetDocumentWithCaptionMessage(),
	} {
		if inner := wrapped.GetMessage(); inner != nil {
			return downloadable(inner)
		}
	}
	switch {
	case m.GetImageMessage() != nil:
		return m.GetImageMessage()
	case m.GetVideoMessage() != nil:
		return m.GetVideoMessage()
	case m.GetAudioMessage() != nil:
		return m.GetAudioMessage()
	case m.GetDocumentMessage() != nil:
		return m.GetDocumentMessage()
	case m.GetStickerMessage() != nil:
		return m.GetStickerMessage()
	}
	return nil
}

// bounded is a file that does not grow beyond a size. It has no ReadFrom, which
// would go around the bound.
type bounded struct {
	f    *os.File
	most int64
}

func (b *bounded) room(end int64) error {
	if end > b.most {
		return errTooBig
	}
	return nil
}

func (b *bounded) Write(p []byte) (int, error) {
	at, err := b.f.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, fmt.Errorf("echo: %w", err)
	}
	if err := b.room(at + int64(len(p))); err != nil {
		return 0, err
	}
	return b.f.Write(p)
}

func (b *bounded) WriteAt(p []byte, at int64) (int, error) {
	if err := b.room(at + int64(len(p))); err != nil {
		return 0, err
	}
	return b.f.WriteAt(p, at)
}

func (b *bounded) Read(p []byte) (int, error)               { return b.f.Read(p) }
func (b *bounded) ReadAt(p []byte, at int64) (int, error)   { return b.f.ReadAt(p, at) }
func (b *bounded) Seek(at int64, whence int) (int64, error) { return b.f.Seek(at, whence) }
func (b *bounded) Truncate(size int64) error                { return b.f.Truncate(size) }
func (b *bounded) Stat() (os.FileInfo, error)               { return b.f.Stat() }
