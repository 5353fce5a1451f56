package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"ferry/relay/internal/gateway/fault"
	"ferry/relay/internal/gateway/trace"
)

func (s *Sandbox) getFaults(http.ResponseWriter, *http.Request) (int, any, error) {
	return http.StatusOK, s.cfg.Gateway.Faults(), nil
}

// putFaults replaces all faults; without rules there are none.
func (s *Sandbox) putFaults(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	var in fault.Plan
	if err := body(r, &in); err != nil {
		return 0, nil, err
	}
	if err := in.Check(); err != nil {
		return 0, nil, err
	}
	for i := range in.Rules {
		rule := &in.Rules[i]
		if rule.Account == "" {
			continue
		}
		a, _, err := s.person(r.Context(), rule.Account)
		if err != nil {
			return 0, nil, err
		}
		rule.ID = a.ID.String()
	}
	s.cfg.Gateway.RunFaults(in)
	return http.StatusOK, s.cfg.Gateway.Faults(), nil
}

func (s *Sandbox) postRestart(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	var in struct {
		Crash bool `json:"crash"`
	}
	if r.ContentLength != 0 {
		if err := body(r, &in); err != nil {
			return 0, nil, err
		}
	}
	s.cfg.Gateway.Restart(in.Crash)
	return http.StatusNoContent, nil, nil
}

var errReaders = errors.New("sandbox: too many readers of the log")

const (
	stillThere = 20 * time.Second // between two signs of life on a quiet stream
	slowest    = 10 * time.Second // for a reader to take one write
)

// getLog is the log: as a list, or as a stream of events, which is what it is unless JSON is asked for.
func (s *Sandbox) getLog(w http.ResponseWriter, r *http.Request) (int, any, error) {
	after, err := strconv.ParseUint(or(or(r.Header.Get("Last-Event-ID"), r.URL.Query().Get("after")), "0"), 10, 64)
	if err != nil {
		return 0, nil, errLetter
	}
	log := s.cfg.Gateway.Trace()
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		return http.StatusOK, map[string]any{"stanzas": log.After(after)}, nil
	}
	was, coming, stop, ok := log.Follow(after)
	if !ok {
		return 0, nil, errReaders
	}
	defer stop()
	patient(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	stream(r.Context(), w, was, coming)
	return 0, nil, nil
}

// stream writes events until the reader goes or falls behind; a browser then asks again for what it has missed.
func stream(ctx context.Context, w http.ResponseWriter, was []trace.Entry, coming <-chan trace.Entry) {
	rc := http.NewResponseController(w)
	write := func(text string) bool {
		_ = rc.SetWriteDeadline(time.Now().Add(slowest))
		_, err := w.Write([]byte(text))
		return err == nil
	}
	event := func(e trace.Entry) bool {
		raw, err := json.Marshal(e)
		return err == nil && write(fmt.Sprintf("id: %d\ndata: %s\n\n", e.Seq, raw))
	}
	if !write(": the stanzas that cross, never their content\n\n") {
		return
	}
	for _, e := range was {
		if !event(e) {
			return
		}
	}
	quiet := time.NewTicker(stillThere)
	defer quiet.Stop()
	for {
		if rc.Flush() != nil {
			return
		}
		select {
		case e, ok := <-coming:
			if !ok || !event(e) {
				return
			}
		case <-quiet.C:
			if !write(": still there\n\n") {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}
