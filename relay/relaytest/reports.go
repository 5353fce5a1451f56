package relaytest

import (
	"encoding/json"
	"net/http"
	"testing"
)

// Report is what the operator of a sandbox has of one.
type Report struct {
	By, About, Reason string
	Messages          []struct {
		ID      string
		Content []byte
	}
}

// Reports asks a sandbox for those that the operator has.
func Reports(t testing.TB, gateway string) []Report {
	t.Helper()
	var all struct{ Reports []Report }
	status, body, err := Do(http.MethodGet, gateway+"/sandbox/reports", "", nil)
	if err == nil {
		err = json.Unmarshal(body, &all)
	}
	if err != nil || status != http.StatusOK {
		t.Fatalf("reports: %d %s, %v", status, body, err)
	}
	return all.Reports
}
