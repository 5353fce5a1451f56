package site

import (
	"context"
	"fmt"
)

// FetchParts gives what a site is made of beside its sources, by name. It comes
// from the npm registry, or from the user's cache folder after the first time.
func FetchParts(ctx context.Context) (map[string][]byte, error) {
	emoji, err := fetchEmoji(ctx)
	if err != nil {
		return nil, fmt.Errorf("parts of the site: %w", err)
	}
	return map[string][]byte{Emoji: emoji}, nil
}
