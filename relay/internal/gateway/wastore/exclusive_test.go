package wastore

import (
	"context"
	"errors"
	"testing"
	"time"
)

// decrypts begins to decrypt beside a send, and returns a channel that is closed when it could.
func decrypts(t *testing.T, s *stores) <-chan struct{} {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.DoDecryptionTxn(context.Background(), func(context.Context) error { return nil }); err != nil {
			t.Error(err)
		}
	}()
	return done
}

func waits(t *testing.T, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
		t.Error("a message was decrypted while a send had the sessions")
	case <-time.After(20 * time.Millisecond): // a wrong one would not take that long
	}
}

func exclusively(t *testing.T, fn func(ctx context.Context, c *Container, s *stores)) error {
	t.Helper()
	c, err := Open(t.Context(), NewMemory(), "device.", nil)
	if err != nil {
		t.Fatal(err)
	}
	return c.Exclusive(t.Context(), func(ctx context.Context) error {
		fn(ctx, c, &stores{c})
		return nil
	})
}

func TestASendHasTheSessionsUntilTheyAreStored(t *testing.T) {
	err := exclusively(t, func(ctx context.Context, _ *Container, s *stores) {
		done := decrypts(t, s)
		waits(t, done)
		if err := s.PutManySessions(ctx, map[string][]byte{"1:1": []byte("next")}); err != nil {
			t.Error(err)
		}
		<-done // while the send waits for its answer
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAnInterruptedSendStoresNothing(t *testing.T) {
	_ = exclusively(t, func(ctx context.Context, c *Container, s *stores) {
		done := decrypts(t, s)
		waits(t, done)
		c.Interrupt()
		c.Interrupt() // once is enough
		<-done
		if err := s.PutManySessions(ctx, map[string][]byte{"1:1": []byte("stale")}); !errors.Is(err, ErrInterrupted) {
			t.Errorf("storing all: %v", err)
		}
		if err := s.PutSession(ctx, "1:1", []byte("stale")); !errors.Is(err, ErrInterrupted) {
			t.Errorf("storing one: %v", err)
		}
		if got, err := s.GetSession(ctx, "1:1"); err != nil || got != nil {
			t.Errorf("the session is %q, %v", got, err)
		}
	})
}

func TestAnInterruptBetweenSendsHarmsNone(t *testing.T) {
	err := exclusively(t, func(ctx context.Context, c *Container, s *stores) {
		if err := s.PutManySessions(ctx, map[string][]byte{"1:1": []byte("next")}); err != nil {
			t.Error(err)
		}
		c.Interrupt()
		if err := c.Exclusive(t.Context(), func(ctx context.Context) error {
			return s.PutManySessions(ctx, map[string][]byte{"1:1": []byte("further")})
		}); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Error(err)
	}
}
