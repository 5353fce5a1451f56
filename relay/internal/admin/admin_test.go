package admin

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"ferry/relay/internal/tunnel"
)

func get(a *Admin, path string) (int, string) {
	rec := httptest.NewRecorder()
	a.Handler().ServeHTTP(rec, httptest.NewRequest("GET", path, nil))
	return rec.Code, rec.Body.String()
}

func TestAliveIsNotReady(t *testing.T) {
	state := errors.New("draining")
	a, err := New(Config{Ready: func(context.Context) error { return state }})
	if err != nil {
		t.Fatal(err)
	}
	if code, _ := get(a, "/healthz"); code != 200 {
		t.Errorf("not alive: %d", code)
	}
	if code, body := get(a, "/readyz"); code != 503 || !strings.Contains(body, "draining") {
		t.Errorf("ready: %d %s", code, body)
	}
	state = nil
	if code, _ := get(a, "/readyz"); code != 200 {
		t.Errorf("not ready: %d", code)
	}
}

func TestTunnelsAreCountedByReason(t *testing.T) {
	a, err := New(Config{Metrics: []prometheus.Collector{Tunnels{func() tunnel.Stats {
		return tunnel.Stats{Open: 3, Opened: 5, Ended: map[tunnel.Reason]uint64{tunnel.Slow: 2}, UpBytes: 7}
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	_, body := get(a, "/metrics")
	for _, want := range []string{"ferry_tunnels_open 3", "ferry_tunnels_opened_total 5", `ferry_tunnels_ended_total{reason="slow"} 2`, `ferry_tunnel_bytes_total{direction="up"} 7`, "go_goroutines"} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if code, _ := get(a, "/debug/pprof/cmdline"); code != 404 { // arguments may hold secrets
		t.Errorf("pprof: %d", code)
	}
}
