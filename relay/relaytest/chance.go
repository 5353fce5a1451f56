package relaytest

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// Seed is FERRY_SEED, to repeat a run's choices, or a new one.
func Seed(t testing.TB) uint64 {
	t.Helper()
	if text := os.Getenv("FERRY_SEED"); text != "" {
		s, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	return rand.Uint64()
}

// KeepLogs leaves the logs of a failed test behind, a file for each name.
func KeepLogs(t testing.TB, logs map[string]*Logs) {
	t.Helper()
	if !t.Failed() {
		return
	}
	dir, err := os.MkdirTemp("", "ferry-logs-")
	if err != nil {
		return
	}
	for name, l := range logs {
		_ = os.WriteFile(filepath.Join(dir, name+".log"), l.Bytes(), 0o600)
	}
	t.Logf("the logs are in %s", dir)
}

// Same compares two lists, and says where they part.
func Same(t testing.TB, what string, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	i := 0
	for i < min(len(got), len(want)) && got[i] == want[i] {
		i++
	}
	t.Errorf("%s %d, want %d; they part at %d: %q, want %q", what, len(got), len(want), i,
		got[i:min(i+5, len(got))], want[i:min(i+5, len(want))])
}

// Expected are ids that something has not happened to yet.
type Expected map[string]bool

// All takes ids off, and reports whether none is left.
func (e Expected) All(ids ...string) bool {
	for _, id := range ids {
		delete(e, id)
	}
	return len(e) == 0
}
