package memory

import (
	"testing"

	"ferry/app/internal/store"
	"ferry/app/internal/store/storetest"
)

func TestMemoryKeepsTheContract(t *testing.T) {
	disks := map[string]*Disk{}
	storetest.Run(t, func(t *testing.T, name string) store.Store {
		if disks[name] == nil {
			disks[name] = NewDisk()
		}
		return disks[name].Open()
	})
}
