package relaytest

import (
	"context"
	"testing"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/limit"
	"ferry/relay/internal/media"
)

// AuditMedia looks at what the media host of a relay keeps, which has been stopped, in its data folder.
func AuditMedia(ctx context.Context, t testing.TB, data string) media.Audit {
	t.Helper()
	b, err := bus.Open(ctx, bus.Config{Dir: data})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	h, err := media.Open(ctx, media.Config{Bus: b, Limits: limit.Default()})
	if err != nil {
		t.Fatal(err)
	}
	a, err := h.Audit(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
