package bus

import (
	"context"
	"errors"
	"slices"
	"testing"
)

func TestTopicsBelowAPrefixAreFollowedInOneOrder(t *testing.T) {
	ctx := t.Context()
	l, err := open(t, t.TempDir()).Log(ctx, "box", LogOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, topic := range []string{"d@1.m", "d@1.r", "d@2.m", "d@1.m"} {
		if _, err := l.Append(ctx, topic, []byte(topic), ""); err != nil {
			t.Fatal(err)
		}
	}
	counts, err := l.CountBelow(ctx, "d@1.")
	if err != nil || len(counts) != 2 || counts["d@1.m"] != 2 || counts["d@1.r"] != 1 {
		t.Fatalf("counts %v, %v", counts, err)
	}
	stop := errors.New("enough")
	var topics []string
	var pending []uint64
	read := func(ctx context.Context) error {
		return l.FollowBelow(ctx, "d@1.", func(r Record) error {
			topics, pending = append(topics, r.Topic), append(pending, r.Pending)
			if r.Pending == 0 {
				return stop
			}
			return nil
		})
	}
	if err := read(ctx); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	if want := []string{"d@1.m", "d@1.r", "d@1.m"}; !slices.Equal(topics, want) {
		t.Errorf("followed %v, want %v", topics, want)
	}
	if want := []uint64{2, 1, 0}; !slices.Equal(pending, want) {
		t.Errorf("pending %v, want %v", pending, want)
	}
	if err := l.PurgeBelow(ctx, "d@1."); err != nil {
		t.Fatal(err)
	}
	if n, err := l.Count(ctx, "d@2.m"); err != nil || n != 1 {
		t.Errorf("the other device's mail: %d, %v", n, err)
	}
	if counts, err := l.CountBelow(ctx, "d@1."); err != nil || len(counts) != 0 {
		t.Errorf("after the purge: %v, %v", counts, err)
	}
}
