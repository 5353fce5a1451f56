package waclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
)

// Kind is a kind of file that a message can carry.
type Kind string

// Kinds of file.
const (
	Photo    Kind = "photo"
	Video    Kind = "video"
	GIF      Kind = "gif" // a video that plays by itself, without sound
	Voice    Kind = "voice"
	Audio    Kind = "audio"
	Document Kind = "document"
	Sticker  Kind = "sticker"
)

// Media is a file to send. Only Kind and Data are required.
type Media struct {
	Kind     Kind
	Data     []byte
	MIME     string // "": a usual one of the kind
	Caption  string // of photos, videos and documents
	Name     string // of documents
	Width    uint32
	Height   uint32
	Seconds  uint32
	Waveform []byte // of voice messages: 64 values from 0 to 100
	Thumb    []byte // a small JPEG
	ViewOnce bool
	Context  *waE2E.ContextInfo // what it answers, mentions or forwards
}

// mimes are what is sent without Media.MIME.
var mimes = map[Kind]string{
	Photo: "image/jpeg", Video: "video/mp4", GIF: "video/mp4", Voice: "audio/ogg; codecs=opus", Audio: "audio/mp4",
	Document: "application/octet-stream", Sticker: "image/webp",
}

// SendMedia uploads a file and sends it.
func (c *Client) SendMedia(ctx context.Context, to types.JID, m Media, extra ...whatsmeow.SendRequestExtra) (id string, err error) {
	msg, err := c.Upload(ctx, m)
	if err != nil {
		return "", err
	}
	return c.Send(ctx, to, msg, extra...)
}

// Upload uploads a file and returns the message that refers to it, for Send.
func (c *Client) Upload(ctx context.Context, m Media) (*waE2E.Message, error) {
	kind, err := mediaType(m.Kind)
	if err != nil {
		return nil, err
	}
	up, err := c.WA.UploadReader(ctx, bytes.NewReader(m.Data), nil, kind)
	if err != nil {
		return nil, fmt.Errorf("waclient: upload: %w", err)
	}
	return m.message(up), nil
}

func mediaType(k Kind) (whatsmeow.MediaType, error) {
	switch k {
	case Photo, Sticker:
		return whatsmeow.MediaImage, nil
	case Video, GIF:
		return whatsmeow.MediaVideo, nil
	case Voice, Audio:
		return whatsmeow.MediaAudio, nil
	case Document:
		return whatsmeow.MediaDocument, nil
	}
	return "", fmt.Errorf("waclient: no kind of file %q", k)
}

func (m Media) mime() *string {
	if m.MIME != "" {
		return &m.MIME
	}
	return proto.String(mimes[m.Kind])
}

func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func some(n uint32) *uint32 {
	if n == 0 {
		return nil
	}
	return &n
}

func (m Media) message(up whatsmeow.UploadResponse) *waE2E.Message {
	at := proto.Int64(time.Now().Unix())
	switch m.Kind {
	case Photo:
		x := &waE2E.ImageMessage{
			URL: &up.URL, DirectPath: &up.DirectPath, MediaKey: up.MediaKey, FileEncSHA256: up.FileEncSHA256,
			FileSHA256: up.FileSHA256, FileLength: &up.FileLength, MediaKeyTimestamp: at, Mimetype: m.mime(),
			Caption: text(m.Caption), Width: some(m.Width), Height: some(m.Height), JPEGThumbnail: m.Thumb, ContextInfo: m.Context,
		}
		if m.ViewOnce {
			x.ViewOnce = proto.Bool(true)
			return &waE2E.Message{ViewOnceMessageV2: &waE2E.FutureProofMessage{Message: &waE2E.Message{ImageMessage: x}}}
		}
		return &waE2E.Message{ImageMessage: x}
	case Video, GIF:
		x := &waE2E.VideoMessage{
			URL: &up.URL, DirectPath: &up.DirectPath, MediaKey: up.MediaKey, FileEncSHA256: up.FileEncSHA256,
			FileSHA256: up.FileSHA256, FileLength: &up.FileLength, MediaKeyTimestamp: at, Mimetype: m.mime(),
			Caption: text(m.Caption), Width: some(m.Width), Height: some(m.Height), Seconds: some(m.Seconds),
			JPEGThumbnail: m.Thumb, ContextInfo: m.Context,
		}
		if m.Kind == GIF {
			x.GifPlayback = proto.Bool(true)
		}
		return &waE2E.Message{VideoMessage: x}
	case Voice, Audio:
		return &waE2E.Message{AudioMessage: &waE2E.AudioMessage{
			URL: &up.URL, DirectPath: &up.DirectPath, MediaKey: up.MediaKey, FileEncSHA256: up.FileEncSHA256,
			FileSHA256: up.FileSHA256, FileLength: &up.FileLength, MediaKeyTimestamp: at, Mimetype: m.mime(),
			Seconds: some(m.Seconds), PTT: proto.Bool(m.Kind == Voice), Waveform: m.Waveform, ContextInfo: m.Context,
		}}
	case Sticker:
		return &waE2E.Message{StickerMessage: &waE2E.StickerMessage{
			URL: &up.URL, DirectPath: &up.DirectPath, MediaKey: up.MediaKey, FileEncSHA256: up.FileEncSHA256,
			FileSHA256: up.FileSHA256, FileLength: &up.FileLength, MediaKeyTimestamp: at, Mimetype: m.mime(),
			Width: some(m.Width), Height: some(m.Height), ContextInfo: m.Context,
		}}
	}
	return &waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{
		URL: &up.URL, DirectPath: &up.DirectPath, MediaKey: up.MediaKey, FileEncSHA256: up.FileEncSHA256,
		FileSHA256: up.FileSHA256, FileLength: &up.FileLength, MediaKeyTimestamp: at, Mimetype: m.mime(),
		Caption: text(m.Caption), FileName: text(m.Name), Title: text(m.Name), JPEGThumbnail: m.Thumb, ContextInfo: m.Context,
	}}
}

// ErrNoMedia: the message carries no file.
var ErrNoMedia = errors.New("waclient: no file in the message")

// File returns the part of a message that refers to a file, and what kind it is; nil for other messages.
func File(m *waE2E.Message) (whatsmeow.DownloadableMessage, Kind) {
	for _, wrapped := range []*waE2E.FutureProofMessage{
		m.GetViewOnceMessage(), m.GetViewOnceMessageV2(), m.GetViewOnceMessageV2Extension(), m.GetEphemeralMessage(),
		m.GetDocumentWithCaptionMessage(),
	} {
		if inner := wrapped.GetMessage(); inner != nil {
			return File(inner)
		}
	}
	switch {
	case m.GetImageMessage() != nil:
		return m.GetImageMessage(), Photo
	case m.GetVideoMessage().GetGifPlayback():
		return m.GetVideoMessage(), GIF
	case m.GetVideoMessage() != nil:
		return m.GetVideoMessage(), Video
	case m.GetAudioMessage().GetPTT():
		return m.GetAudioMessage(), Voice
	case m.GetAudioMessage() != nil:
		return m.GetAudioMessage(), Audio
	case m.GetDocumentMessage() != nil:
		return m.GetDocumentMessage(), Document
	case m.GetStickerMessage() != nil:
		return m.GetStickerMessage(), Sticker
	}
	return nil, ""
}

// Download fetches and decrypts a received file. whatsmeow has checked both of its hashes then.
func (c *Client) Download(ctx context.Context, m *events.Message) ([]byte, error) {
	file, _ := File(m.Message)
	if file == nil {
		return nil, ErrNoMedia
	}
	b, err := c.WA.Download(ctx, file)
	if err != nil {
		return nil, fmt.Errorf("waclient: download: %w", err)
	}
	return b, nil
}

// AwaitMedia returns the first received message with a file of that kind.
func (c *Client) AwaitMedia(ctx context.Context, kind Kind) (*events.Message, error) {
	m, err := Await(ctx, c, func(m *events.Message) bool {
		_, got := File(m.Message)
		return !m.Info.IsFromMe && got == kind
	})
	if err != nil {
		return nil, fmt.Errorf("waclient: await a %s: %w", kind, err)
	}
	return m, nil
}
