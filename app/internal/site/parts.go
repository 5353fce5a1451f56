package site

import (
	"context"
	"fmt"

	"ferry/app/internal/site/npm"
)

// Names of the parts that come from the npm registry.
const HashWasm = "hash-wasm.js" // SHA-256 that can be fed in pieces; MIT

// parts are pinned by version and digest.
var parts = map[string]struct {
	pkg  npm.Package
	path string
}{
	HashWasm: {npm.Package{Name: "hash-wasm", Version: "4.12.0",
		Integrity: "sha512-+/2B2rYLb48I/evdOIhP+K/DD2ca2fgBjp6O+GBEnCDk2e4rpeXIK8GvIyRPjTezgmWn9gmKwkQjjx6BtqDHVQ=="},
		"dist/sha256.umd.min.js"},
}

// FetchParts gives what a site is made of beside its sources, by name. It comes
// from the npm registry, or from the user's cache folder after the first time.
func FetchParts(ctx context.Context) (map[string][]byte, error) {
	out := make(map[string][]byte, len(parts))
	for name, p := range parts {
		body, err := npm.File(ctx, p.pkg, p.path)
		if err != nil {
			return nil, fmt.Errorf("parts of the site: %w", err)
		}
		out[name] = body
	}
	emoji, err := fetchEmoji(ctx)
	if err != nil {
		return nil, fmt.Errorf("parts of the site: %w", err)
	}
	out[Emoji] = emoji
	return out, nil
}
