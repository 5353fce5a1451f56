package relaytest

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ferry/relay/internal/bus"
)

// Kept stops relay and gateway, and lists the keys of all that either keeps with
// one of these texts in key or value, as it is or as hex or base64. StartRelay and
// StartGateway bring them back.
func (w *World) Kept(texts ...string) (found []string) {
	w.t.Helper()
	w.StopRelay()
	w.StopGateway()
	for _, part := range []string{"relay", "gateway"} {
		dir := filepath.Join(w.Dir, part)
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), stopTime)
		defer cancel()
		b, err := bus.Open(ctx, bus.Config{Dir: dir})
		if err != nil {
			w.t.Fatal(err)
		}
		defer b.Close()
		err = b.Everything(ctx, func(stream, key string, data []byte) error {
			for _, text := range texts {
				if holds(key, text) || holds(string(data), text) {
					found = append(found, part+": "+stream+" "+key)
					break
				}
			}
			return nil
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
	return found
}

func holds(where, text string) bool {
	for _, form := range []string{text, hex.EncodeToString([]byte(text)), base64.StdEncoding.EncodeToString([]byte(text))} {
		if strings.Contains(where, form) {
			return true
		}
	}
	return false
}
