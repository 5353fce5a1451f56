//go:build !js

package native

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"ferry/app/internal/link"
)

// A WhatsApp user's files are at the gateway's own media host, which takes each
// of them in one request (whatsmeow upload.go).

// TakesWhole says that PutPart wants the whole file.
func (Sandbox) TakesWhole() {}

// BeginUpload names an upload, which begins with PutPart.
func (s Sandbox) BeginUpload(_ context.Context, size int64, sha256 [32]byte) (Upload, error) {
	return Upload{ID: base64.RawURLEncoding.EncodeToString(sha256[:]), Size: size}, nil
}

// PutPart sends the file.
func (s Sandbox) PutPart(ctx context.Context, id string, part io.Reader, offset, size, total int64) (Upload, error) {
	if offset != 0 || size != total {
		return Upload{}, errors.New("upload: the gateway takes whole files only")
	}
	if s.Grant == nil {
		return Upload{}, errors.New("upload: nobody can ask for leave")
	}
	grant, err := s.Grant(ctx, "")
	if err != nil {
		return Upload{}, fmt.Errorf("upload: %w", err)
	}
	u, err := s.put(ctx, id, part, size, grant)
	var refused *link.APIError
	if errors.As(err, &refused) && refused.Status == http.StatusUnauthorized {
		// What was read of part is gone: the next try has what is asked for now.
		_, asked := s.Grant(ctx, grant)
		return Upload{}, errors.Join(fmt.Errorf("upload: %w", err), asked)
	}
	return u, err
}

func (s Sandbox) put(ctx context.Context, id string, file io.Reader, size int64, grant string) (Upload, error) {
	target := s.base.JoinPath("/sandbox/mms/document", url.PathEscape(id))
	target.RawQuery = url.Values{"auth": {grant}, "token": {id}}.Encode()
	resp, b, err := s.upload(ctx, http.MethodPost, target, http.Header{}, file, size)
	if err != nil {
		return Upload{}, err
	}
	if resp.StatusCode != http.StatusOK {
		return Upload{}, refusal(resp, b)
	}
	var answer struct {
		DirectPath string `json:"direct_path"`
	}
	if err := json.Unmarshal(b, &answer); err != nil || answer.DirectPath == "" {
		return Upload{}, errors.Join(errors.New("upload: the gateway says nothing of where the file is"), err)
	}
	return Upload{ID: id, Offset: size, Size: size, Path: answer.DirectPath}, nil
}

// File fetches the file of a path at the gateway's media host, from an offset on.
func (s Sandbox) File(ctx context.Context, path string, offset int64) (body io.ReadCloser, size int64, err error) {
	at, err := url.Parse(path)
	if err != nil || !strings.HasPrefix(path, "/v/") || strings.Contains(at.Path, "..") {
		return nil, 0, &link.APIError{Status: http.StatusNotFound, Code: "not_found", Message: "this is no place of a file"}
	}
	u := s.base.JoinPath("/sandbox", at.Path)
	u.RawQuery = at.RawQuery
	return s.fetch(ctx, u.String(), offset)
}
