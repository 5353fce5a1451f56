package relaytest

import (
	"net/http"
	"strings"
	"testing"
)

func TestAPersonSeesWhatTheGatewayKeepsAndLeavesAlsoUnderASuspendedProvider(t *testing.T) {
	w := Start(t, Options{})
	bearer := w.SignUp("annabella")
	address := enlistAt(w, bearer).Address
	var mine struct {
		Enlistment struct {
			Address string           `json:"address"`
			Devices []map[string]any `json:"devices"`
			Kept    map[string]any   `json:"kept"`
		} `json:"enlistment"`
	}
	for _, doing := range []string{"", "suspended", "removed"} {
		w.Call(http.MethodPost, w.GatewayURL+"/sandbox/providers/7", "", map[string]bool{"suspended": doing == "suspended", "removed": doing == "removed"}, nil)
		w.Call(http.MethodGet, w.URL+"/api/account", bearer, nil, &mine)
		if e := mine.Enlistment; e.Address != address || len(e.Devices) != 1 || e.Devices[0]["enlisted"] == nil || e.Kept["preKeys"] != 0.0 {
			t.Errorf("%s: %+v", doing, e)
		}
	}
	number := strings.TrimSuffix(strings.TrimPrefix(address, "7-"), "@interop")
	if len(w.Kept(number)) == 0 {
		t.Fatal("nothing is kept: the test shows nothing")
	}
	w.StartRelay()
	w.Call(http.MethodDelete, w.URL+"/api/account", bearer, map[string]string{"password": Password}, nil)
	if left := w.Kept("annabella", number); left != nil {
		t.Errorf("there is still %q", left)
	}
}
