package sandbox

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"ferry/relay/internal/gateway/trace"
	"ferry/relay/wire"
)

func TestFaultsAreSetAsAWholeAndMisspeltOnesRefused(t *testing.T) {
	w := newWorld(t, nil)
	w.call(t, http.MethodPost, "/sandbox/phones", `{"phone":"+4915510000007"}`)
	status, out := w.call(t, http.MethodPut, "/sandbox/faults", `{"seed":5,"rules":[{"fault":"drop","account":"+49 1551 0000007"},{"fault":"delay","delay":5}]}`)
	if status != http.StatusOK || out["seed"] != 5.0 || len(out["rules"].([]any)) != 2 || !strings.HasSuffix(w.gw.plan.Rules[0].ID, "@lid") || w.gw.plan.Rules[1].ID != "" {
		t.Errorf("%d %v, %+v", status, out, w.gw.plan)
	}
	for body, want := range map[string]string{
		`{"rules":[{"fault":"burn"}]}`: "bad_fault", `{"rules":[{"fault":"drop","chanse":1}]}`: "bad_request", `[]`: "bad_request",
		`{"rules":[{"fault":"drop","account":"7/nobody"}]}`: "unknown_user", `{"rules":[{"fault":"drop","account":"nobody"}]}`: "unknown_user",
		`{"rules":[{"fault":"drop","account":"+4915510000099"}]}`: "unknown_user",
	} {
		if _, out := w.call(t, http.MethodPut, "/sandbox/faults", body); code(out) != want {
			t.Errorf("%s: %v", body, out)
		}
	}
	if len(w.gw.plan.Rules) != 2 {
		t.Errorf("a refused plan is at work: %+v", w.gw.plan)
	}
	w.call(t, http.MethodPost, "/sandbox/restart", "")
	w.call(t, http.MethodPost, "/sandbox/restart", `{"crash":true}`)
	if !slices.Equal(w.gw.crashes, []bool{false, true}) {
		t.Errorf("%v", w.gw.crashes)
	}
}

func TestTheLogIsAStreamThatCanBeContinuedOrAList(t *testing.T) {
	w := newWorld(t, nil)
	srv := httptest.NewServer(w)
	defer srv.Close()
	for range 3 {
		w.gw.trace.Add(trace.Entry{Direction: "in", Who: "7/kate"}, wire.N("iq", nil))
	}
	if _, out := w.call(t, http.MethodGet, "/sandbox/log?after=1", "", "Accept: application/json"); len(out["stanzas"].([]any)) != 2 {
		t.Errorf("%v", out)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/sandbox/log", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Last-Event-ID", "2")
	resp, err := http.DefaultClient.Do(r)
	if err != nil || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%v, %v", resp, err)
	}
	defer resp.Body.Close() //nolint:errcheck // a stream
	lines := bufio.NewScanner(resp.Body)
	next := func() string {
		t.Helper()
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return data
			}
		}
		t.Fatalf("the stream ended: %v", lines.Err())
		return ""
	}
	if got := next(); !strings.Contains(got, `"seq":3,`) || !strings.Contains(got, `"who":"7/kate"`) {
		t.Errorf("first %s", got)
	}
	w.gw.trace.Add(trace.Entry{}, wire.N("ack", nil))
	if got := next(); !strings.Contains(got, `"seq":4,`) || !strings.Contains(got, `"tag":"ack"`) {
		t.Errorf("then %s", got)
	}
}

func TestTheConsoleIsServedWithAPolicyThatNamesNoOtherSource(t *testing.T) {
	w := newWorld(t, nil)
	for path, kind := range map[string]string{
		"/sandbox/console": "text/html", "/sandbox/console/": "text/html", "/sandbox/console/main.js": "text/javascript",
		"/sandbox/console/console.css": "text/css",
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		r.RemoteAddr, r.Host = "127.0.0.1:40000", "127.0.0.1:8081"
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, r)
		policy := rec.Header().Get("Content-Security-Policy")
		if rec.Code != http.StatusOK || !strings.HasPrefix(rec.Header().Get("Content-Type"), kind) ||
			!strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "script-src 'self';") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: %d %v", path, rec.Code, rec.Header())
		}
	}
	for _, path := range []string{"/sandbox/console/none.js", "/sandbox/console/..%2fsandbox.go"} {
		if status, out := w.call(t, http.MethodGet, path, ""); status != http.StatusNotFound || code(out) != "not_found" {
			t.Errorf("%s: %d %v", path, status, out)
		}
	}
	if status, out := w.call(t, http.MethodGet, "/sandbox/contacts", ""); status != http.StatusNotFound || code(out) != "no_contacts" {
		t.Errorf("a gateway that plays no contacts: %d %v", status, out)
	}
}
