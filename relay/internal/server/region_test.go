package server

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"ferry/relay/internal/config"
	"ferry/relay/internal/limit"
)

func TestWhoIsElsewhereIsToldSoAndLosesNothing(t *testing.T) {
	w := newWorld(t, builtSite, func(c *config.Config, _ *limit.Limits) {
		c.RegionPolicy, c.TrustedProxies = "header:X-Country", []string{"127.0.0.0/8"}
	})
	enlistments := 0
	fine := w.gateway
	w.gateway = func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			enlistments++
		}
		fine(rw, r)
	}
	w.signedUp("anna")
	type claims struct {
		Eligible bool
		Region   string
	}
	for _, c := range []struct {
		header string
		status int
		says   string
		want   claims
	}{
		{"X-Country: DE", 200, "", claims{true, "DE"}},
		{"X-Country: US", 451, "the country where you are (US)", claims{false, "US"}},
		{"X-Country:", 451, "cannot be told", claims{false, ""}},
	} {
		a := w.call("POST", "/api/gateway/enlist", noiseKey, c.header)
		if a.status != c.status || (a.code() == "out_of_region") != (c.status == 451) || !strings.Contains(a.body, c.says) {
			t.Errorf("%s: %+v", c.header, a)
		}
		a = w.call("POST", "/api/gateway/token", noiseKey, c.header) // the gateway pauses the account
		var out struct {
			Token    string
			Eligible bool
		}
		if err := json.Unmarshal([]byte(a.body), &out); err != nil || out.Eligible != c.want.Eligible {
			t.Errorf("%s: %+v", c.header, a)
		}
		payload, err := base64.RawURLEncoding.DecodeString(strings.Split(out.Token, ".")[1])
		if err != nil {
			t.Fatal(err)
		}
		var got claims
		if err := json.Unmarshal(payload, &got); err != nil || got != c.want || !strings.Contains(string(payload), `"eligible":`) {
			t.Errorf("%s: the token says %s", c.header, payload)
		}
		if a := w.call("DELETE", "/api/gateway/enlist", noiseKey, c.header); a.status != 200 {
			t.Errorf("%s: nobody may be kept from leaving: %+v", c.header, a)
		}
	}
	if enlistments != 1 {
		t.Errorf("the gateway was asked %d times, want once", enlistments)
	}
}

func TestAHeaderOfNoProxyPlacesNobody(t *testing.T) {
	w := newWorld(t, builtSite, func(c *config.Config, _ *limit.Limits) {
		c.RegionPolicy, c.TrustedProxies = "header:X-Country", []string{"10.0.0.0/8"}
	})
	w.signedUp("anna")
	if a := w.call("POST", "/api/gateway/enlist", noiseKey, "X-Country: DE"); a.code() != "out_of_region" {
		t.Errorf("%+v", a)
	}
}
