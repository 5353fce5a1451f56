package net

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"syscall/js"
	"testing"
	"time"

	"ferry/relay/wire"
)

var _ wire.Pipe = (*Socket)(nil)

type closed struct {
	code   int
	reason string
}

func (e *closed) Error() string { return fmt.Sprint(e.code, " ", e.reason) }

func dial(t *testing.T, path string, limits Limits) (*Socket, error) {
	t.Helper()
	url := "ws://" + js.Global().Get("location").Get("host").String() + path
	s, err := Dial(context.Background(), url, limits, func(code int, reason string) error {
		return &closed{code, reason}
	})
	if err == nil {
		t.Cleanup(func() { s.Close("") })
	}
	return s, err
}

func TestMessagesComeBackInOrder(t *testing.T) {
	s, err := dial(t, "/ws/echo", DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	sent := [][]byte{{1}, {}, bytes.Repeat([]byte("x"), 1<<20), {2, 3}}
	for _, b := range sent {
		if err := s.Write(ctx, b); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range sent {
		got, err := s.Read(ctx)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("message %d: %d octets, %v", i, len(got), err)
		}
	}
}

func TestACloseCodeReachesTheReader(t *testing.T) {
	s, err := dial(t, "/ws/close/4502", DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Read(context.Background())
	var c *closed
	if !errors.As(err, &c) || c.code != 4502 || c.reason != "because_4502" {
		t.Errorf("read: %v", err)
	}
	if err := s.Write(context.Background(), []byte("x")); !errors.As(err, &c) {
		t.Errorf("write: %v", err)
	}
}

func TestARefusedDialIsAnErrorWithItsCode(t *testing.T) {
	_, err := dial(t, "/ws/nowhere/at/all", DefaultLimits)
	var c *closed
	if !errors.As(err, &c) || c.code != 1006 {
		t.Errorf("dial: %v", err)
	}
}

func TestWhatNobodyReadsIsBounded(t *testing.T) {
	s, err := dial(t, "/ws/flood/1000", Limits{Inbound: 10 << 10, Outbound: 1})
	if err != nil {
		t.Fatal(err)
	}
	for {
		s.mu.Lock()
		ended, queued := s.err != nil, s.queued
		s.mu.Unlock()
		if queued > 10<<10 {
			t.Fatalf("%d octets queued", queued)
		}
		if ended {
			break
		}
		time.Sleep(time.Millisecond) // gives the browser its turn
	}
	n := 0
	for {
		if _, err := s.Read(context.Background()); err != nil {
			break
		}
		n++
	}
	if n == 0 || n > 10 {
		t.Errorf("%d messages were kept", n)
	}
}

func TestCloseReturnsAtOnceAndEndsPendingReads(t *testing.T) {
	s, err := dial(t, "/ws/echo", DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		_, err := s.Read(context.Background())
		done <- err
	}()
	s.Close("bye")
	if err := <-done; !errors.Is(err, ErrClosed) {
		t.Errorf("read: %v", err)
	}
	s.Close("again")
}

func TestAnEndedContextEndsARead(t *testing.T) {
	s, err := dial(t, "/ws/echo", DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Read(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("read: %v", err)
	}
}
