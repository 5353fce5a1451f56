package icons

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the files anew")

const static = "../../../../web/static/"

func TestTheFilesAreWhatIsDrawn(t *testing.T) {
	for i, name := range Names() {
		check(t, "icons/glyphs/"+name+".svg", Symbol(i))
	}
	check(t, "icons/mark.svg", Mark())
	check(t, "icons/favicon.svg", Favicon())
	check(t, "icons/favicon-unread.svg", FaviconUnread())
	files, err := filepath.Glob(filepath.FromSlash(static + "icons/glyphs/*.svg"))
	if err != nil || len(files) != len(Names()) {
		t.Errorf("%d files of symbols, want %d (%v)", len(files), len(Names()), err)
	}
	for name, of := range map[string]struct {
		size     int
		maskable bool
	}{
		"icons/icon-192.png": {192, false}, "icons/icon-512.png": {512, false},
		"icons/icon-maskable-192.png": {192, true}, "icons/icon-maskable-512.png": {512, true},
	} {
		drawn, err := PNG(of.size, of.maskable)
		if err != nil {
			t.Fatal(err)
		}
		check(t, name, drawn)
	}
}

// check compares bytes, and pixels where another version of Go packs them
// otherwise.
func check(t *testing.T, name string, want []byte) {
	t.Helper()
	path := filepath.FromSlash(static + name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(got, want) || strings.HasSuffix(name, ".png") && samePixels(t, got, want) {
		return
	}
	t.Errorf("%s is out of date: go test ./app/internal/ui/icons -update", name)
}

func samePixels(t *testing.T, a, b []byte) bool {
	t.Helper()
	one, err := png.Decode(bytes.NewReader(a))
	if err != nil {
		t.Fatal(err)
	}
	other, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if one.Bounds() != other.Bounds() {
		return false
	}
	for y := range one.Bounds().Dy() {
		for x := range one.Bounds().Dx() {
			if one.At(x, y) != other.At(x, y) {
				return false
			}
		}
	}
	return true
}

func TestEverySymbolThatIsUsedIsDrawn(t *testing.T) {
	use := regexp.MustCompile(`(?:(?:Icon|Empty|item|block)\((?:c, )?|(?:IconButton|IconLink|Note|choice)\([^,]*,(?: "[^"]*",)? )"([a-z-]+)"`)
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range use.FindAllSubmatch(text, -1) {
			if name := string(m[1]); !slices.Contains(Names(), name) {
				t.Errorf("%s uses the symbol %q, which is not drawn", path, name)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
