//go:build !js

package bolt

import (
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"ferry/app/internal/store"
	"ferry/app/internal/store/storetest"
)

// Two owners of one file cannot be open at once, since bbolt locks it; two
// owners of one database can, and that is how the fence is tested.
func TestBoltKeepsTheContract(t *testing.T) {
	dir := t.TempDir()
	open := map[string]*owner{}
	storetest.Run(t, func(t *testing.T, name string) store.Store {
		if o := open[name]; o != nil {
			if newer, err := own(o.db); err == nil {
				return newer
			}
		}
		s, err := Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		open[name] = s.(*owner)
		t.Cleanup(func() { s.Close() })
		return s
	})
}

func TestASecondProcessIsKeptOut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: 1}); err == nil {
		db.Close()
		t.Error("the file opened twice")
	}
}

func TestWhatIsNotAStoreDoesNotOpen(t *testing.T) {
	if s, err := Open(t.TempDir()); err == nil {
		s.Close()
		t.Error("a directory opened")
	}
}
