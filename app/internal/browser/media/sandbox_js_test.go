package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"ferry/app/internal/media"
)

func TestAWhatsAppUsersFileGoesToTheSandboxWholeAndComesBack(t *testing.T) {
	for _, n := range []int{1000, 8<<20 - 26, 20 << 20} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			w := newWorld(t)
			var asked []string
			leave := "an old one"
			w.UseSandbox(func(_ context.Context, refused string) (string, error) {
				asked = append(asked, refused)
				if refused != "" {
					leave = "good leave"
				}
				return leave, nil
			})
			plain := noise(n)
			a := media.Attachment{File: newID(), Key: newKey(), Type: media.Document}
			w.staged.Put(a.File, blobOf(plain))
			made, err := w.Encrypt(w.ctx, a.File, a.Key, a.Type, media.AsIs, nil)
			if err != nil {
				t.Fatal(err)
			}
			file := w.kept(a.File, media.FileSize(int64(n)))
			if _, err := w.Upload(w.ctx, a.File, made.Digest, nil); err == nil || Code(err) != "ferry:failed" {
				t.Fatalf("an upload with old leave is no passing error: %v", err)
			}
			done := int64(0)
			place, err := w.Upload(w.ctx, a.File, made.Digest, func(d, _ int64) { done = d })
			if err != nil || done != int64(len(file)) {
				t.Fatalf("%v after %d bytes", err, done)
			}
			if fmt.Sprintf("%q", asked) != `["" "an old one" ""]` {
				t.Errorf("leave was asked for with %q", asked)
			}
			if err := w.Remove(w.ctx, a.File); err != nil {
				t.Fatal(err)
			}
			if err := w.Download(w.ctx, a.File, a.Key, a.Type, made.Digest, place, nil, nil); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(w.kept(a.File, int64(len(file))), file) {
				t.Error("another file comes back")
			}
		})
	}
}

func TestAWhatsAppUsersFilesAreNowhereElse(t *testing.T) {
	w := newWorld(t)
	w.UseSandbox(func(context.Context, string) (string, error) { return "good leave", nil })
	a := media.Attachment{File: newID(), Key: newKey(), Type: media.Document}
	for _, place := range []string{"/v/../api/media/file", "/v/%2e%2e/phones", "/phones", ""} {
		err := w.Download(w.ctx, a.File, a.Key, a.Type, media.Digest{Size: 10}, media.Place{DirectPath: place}, nil, nil)
		if !errors.Is(err, media.ErrGone) {
			t.Errorf("%q: %v", place, err)
		}
	}
}
