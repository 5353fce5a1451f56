//go:build !js

package headless

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	_ "image/gif"  // for its dimensions
	_ "image/jpeg" // for its dimensions
	_ "image/png"  // for its dimensions
	"io"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"ferry/app/internal/engine"
	files "ferry/app/internal/files/native"
	"ferry/app/internal/link/native"
	"ferry/app/internal/media"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// The commands that only this client has: they name files by their paths.
type (
	// sendFile sends a file. What is left out is found out from the file.
	sendFile struct {
		Chat     model.ChatID    `json:"chat"`
		ID       model.MessageID `json:"id"`
		Path     string          `json:"path"`
		Kind     model.Kind      `json:"kind"`
		Caption  string          `json:"caption"`
		ReplyTo  *model.Ref      `json:"replyTo"`
		Original bool            `json:"original"`
		Media    model.Media     `json:"media"`
	}
	// named is an attachment, and for saving the file to be made.
	named struct {
		Chat   model.ChatID `json:"chat"`
		Target model.Ref    `json:"target"`
		Path   string       `json:"path"`
	}
)

// desk carries out commands.
type desk struct {
	engine *engine.Engine
	files  *files.Files
}

// take hands a command over, and returns a function that waits for its reply.
func (d *desk) take(ctx context.Context, l line, raw []byte) (wait func() port.Reply, err error) {
	var c port.Command
	switch l.Type {
	case "sendFile":
		c, err = d.sendFile(l.Value)
	case "fetch", "stop":
		var v named
		err = json.Unmarshal(l.Value, &v)
		c = port.Transfer{Chat: v.Chat, Target: v.Target, Stop: l.Type == "stop"}
	case "save":
		var v named
		if err = json.Unmarshal(l.Value, &v); err == nil {
			return func() port.Reply { return d.save(ctx, v) }, nil
		}
	default:
		c, err = port.DecodeCommand(raw)
	}
	if err != nil {
		return nil, err
	}
	return d.engine.Submit(ctx, c), nil
}

// sendFile looks at a file and makes the engine's command of it. The id of the
// file follows from that of the message, so that a repeat is harmless.
func (d *desk) sendFile(raw json.RawMessage) (port.Command, error) {
	var v sendFile
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, err
	}
	m, err := look(v.Path)
	if err != nil {
		return nil, err
	}
	if v.Media.MIME != "" {
		m.MIME = v.Media.MIME
	}
	m.Seconds, m.Waveform, m.GIF, m.Thumb, m.Pages = v.Media.Seconds, v.Media.Waveform, v.Media.GIF, v.Media.Thumb, v.Media.Pages
	if v.Kind == "" {
		v.Kind = kindOf(m.MIME)
	}
	sum := sha256.Sum256([]byte(string(v.Chat) + "/" + string(v.ID)))
	id := model.FileID(hex.EncodeToString(sum[:16]))
	if err := d.files.Source(id, v.Path); err != nil {
		return nil, err
	}
	return port.SendMedia{
		Chat: v.Chat, ID: v.ID, Kind: v.Kind, File: id, Media: m, Caption: v.Caption, ReplyTo: v.ReplyTo, Original: v.Original,
	}, nil
}

// look describes a file as far as its first bytes and its name tell.
func look(path string) (model.Media, error) {
	f, err := os.Open(path)
	if err != nil {
		return model.Media{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return model.Media{}, errors.Join(fmt.Errorf("%s is no file", path), err)
	}
	head := make([]byte, 512)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return model.Media{}, err
	}
	m := model.Media{Name: filepath.Base(path), Size: info.Size(), MIME: mime.TypeByExtension(filepath.Ext(path))}
	if m.MIME == "" {
		m.MIME = http.DetectContentType(head[:n])
	}
	if c, _, err := image.DecodeConfig(io.MultiReader(bytes.NewReader(head[:n]), f)); err == nil {
		m.Width, m.Height = c.Width, c.Height
	}
	return m, nil
}

func kindOf(mime string) model.Kind {
	mime, _, _ = strings.Cut(mime, ";")
	switch {
	case mime == "image/jpeg", mime == "image/png", mime == "image/webp":
		return model.KindImage
	case mime == "video/mp4", mime == "video/3gpp":
		return model.KindVideo
	case strings.HasPrefix(mime, "audio/"):
		return model.KindAudio
	}
	return model.KindDocument
}

// save decrypts an attachment that is here into a file.
func (d *desk) save(ctx context.Context, v named) port.Reply {
	a, err := d.engine.Attachment(ctx, v.Chat, v.Target)
	if err == nil {
		err = d.files.Save(ctx, a, v.Path)
	}
	switch {
	case errors.Is(err, media.ErrNoFile):
		return port.Reply{Code: "not_here", Error: "the attachment is not on this device"}
	case err != nil:
		return port.Reply{Code: "not_saved", Error: err.Error()}
	}
	return port.Reply{}
}

// BeginUpload is that of the client, with a session.
func (a *account) BeginUpload(ctx context.Context, size int64, sha256 [32]byte) (u native.Upload, err error) {
	err = a.again(ctx, func() error {
		u, err = a.Client.BeginUpload(ctx, size, sha256)
		return err
	})
	return u, err
}

// File is that of the client, with a session.
func (a *account) File(ctx context.Context, path string, offset int64) (body io.ReadCloser, size int64, err error) {
	err = a.again(ctx, func() error {
		body, size, err = a.Client.File(ctx, path, offset)
		return err
	})
	return body, size, err
}
