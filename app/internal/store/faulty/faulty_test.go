package faulty

import (
	"context"
	"errors"
	"testing"

	"ferry/app/internal/store"
	"ferry/app/internal/store/memory"
)

func TestOnlyTheChosenWriteMeetsTheFault(t *testing.T) {
	for _, c := range []struct {
		name    string
		fault   Fault
		written bool
		stops   bool
	}{
		{"refused", FailBefore, false, false},
		{"written but reported failed", FailAfter, true, false},
		{"killed before", StopBefore, false, true},
		{"killed after", StopAfter, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			disk := memory.NewDisk()
			s := Wrap(disk.Open(), c.fault, 2)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if err := s.Commit(ctx, batch("first")); err != nil {
				t.Fatal(err)
			}
			go func() {
				<-s.Stopped()
				cancel()
			}()
			err := s.Commit(ctx, batch("second"))
			if c.stops != errors.Is(err, context.Canceled) || c.stops == errors.Is(err, ErrInjected) {
				t.Errorf("the fault gives %v", err)
			}
			if err := s.Commit(t.Context(), batch("third")); c.stops != errors.Is(err, store.ErrLost) {
				t.Errorf("the write after gives %v", err)
			}
			after := disk.Open()
			for key, want := range map[string]bool{"first": true, "second": c.written, "third": !c.stops} {
				v, err := after.Get(t.Context(), store.Meta, key)
				if err != nil || (v != nil) != want {
					t.Errorf("%s is there: %v (%v), want %v", key, v != nil, err, want)
				}
			}
		})
	}
}

func batch(key string) *store.Batch {
	var b store.Batch
	b.Put(store.Meta, key, []byte("v"))
	return &b
}
