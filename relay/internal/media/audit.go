package media

import (
	"context"
	"fmt"
	"strings"

	"ferry/relay/internal/bus"
)

// Audit is what is kept, and what should not be.
type Audit struct {
	Files      int   // complete
	Unfinished int   // uploads
	Rubbish    int   // blobs that the next sweep deletes
	Strays     int64 // stored blocks of which no file and no upload knows, those of rubbish included
}

// Audit looks through everything, while nothing is uploaded. It is for tests.
func (h *Host) Audit(ctx context.Context) (a Audit, err error) {
	_, stored, err := h.blobs.Stored(ctx)
	if err != nil {
		return a, h.fail("audit", err)
	}
	a.Strays = int64(stored) //nolint:gosec // blocks of 1 MiB
	err = h.files.Each(ctx, "", func(e bus.Entry) error {
		if strings.HasPrefix(e.Key, "file.") {
			f, err := readFile(e)
			if err != nil {
				return err
			}
			a.Files++
			a.Strays -= blocks(f.Blobs)
			return nil
		}
		r, err := readRecord(e)
		if err != nil {
			return err
		}
		if r.File == "" {
			a.Unfinished++
		}
		a.Rubbish += len(r.Trash)
		a.Strays -= blocks(r.Blobs)
		return nil
	})
	if err != nil {
		return a, fmt.Errorf("media: audit: %w", err)
	}
	return a, nil
}

// blocks is how many are stored for some blobs.
func blocks(all []bus.Blob) (n int64) {
	for _, b := range all {
		n += (b.Size + b.Block - 1) / b.Block
	}
	return n
}
