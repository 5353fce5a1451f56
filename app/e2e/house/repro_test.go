package house

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Two builds in two folders must give the same bytes, or nobody can check
// that what runs is what is published.
func TestTheBuildIsReproducible(t *testing.T) {
	if testing.Short() {
		t.Skip("builds everything twice")
	}
	a, b := build(t), build(t)
	if len(a) < 4 {
		t.Fatalf("only %d files were built", len(a))
	}
	for name, sum := range a {
		if b[name] != sum {
			t.Errorf("%s differs between two builds", name)
		}
	}
	if len(a) != len(b) {
		t.Errorf("%d files, then %d", len(a), len(b))
	}
}

// build copies the tracked sources to a fresh folder, runs make build there and
// returns the hash of each file that was made.
func build(t *testing.T) map[string]string {
	t.Helper()
	dir := t.TempDir()
	run(t, "../../..", "sh", "-c", `git ls-files -z --cached --others --exclude-standard | xargs -0 tar -cf - --ignore-failed-read 2>/dev/null | tar -xf - -C "$1"`, "sh", dir)
	run(t, dir, "make", "build", "QUALITY=4") // whatever the quality, the same bytes
	sums := map[string]string{}
	for _, root := range []string{"build", "web/dist"} {
		err := filepath.WalkDir(filepath.Join(dir, root), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			name, err := filepath.Rel(dir, path)
			sum := sha256.Sum256(data)
			sums[name] = hex.EncodeToString(sum[:])
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return sums
}

func run(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}
