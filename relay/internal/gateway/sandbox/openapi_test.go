package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ferry/relay/internal/gateway/fault"
	"ferry/relay/internal/gateway/trace"
)

// described is as much of OpenAPI as the tests look at.
type described struct {
	OpenAPI string `json:"openapi"`
	Paths   map[string]map[string]struct {
		Parameters []struct {
			Ref string `json:"$ref"`
		} `json:"parameters"`
		RequestBody *struct{}      `json:"requestBody"`
		Responses   map[string]any `json:"responses"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]struct {
			Properties map[string]any `json:"properties"`
		} `json:"schemas"`
		Parameters map[string]any `json:"parameters"`
	} `json:"components"`
}

func description(t *testing.T) (d described) {
	t.Helper()
	w := newWorld(t, nil)
	status, out := w.call(t, http.MethodGet, "/sandbox/openapi.json", "")
	raw, err := json.Marshal(out)
	if err != nil || status != http.StatusOK {
		t.Fatalf("%d, %v", status, err)
	}
	if err := json.Unmarshal(raw, &d); err != nil || !strings.HasPrefix(d.OpenAPI, "3.") {
		t.Fatalf("version %q, %v", d.OpenAPI, err)
	}
	return d
}

func TestTheDescriptionHasTheRoutesAndNoOthers(t *testing.T) {
	d := description(t)
	var got []string
	for path, methods := range d.Paths {
		for method, op := range methods {
			got = append(got, strings.ToUpper(method)+" "+path)
			var params []string
			for _, p := range op.Parameters {
				name := strings.TrimPrefix(p.Ref, "#/components/parameters/")
				if params = append(params, name); d.Components.Parameters[name] == nil {
					t.Errorf("%s %s: no parameter %s", method, path, name)
				}
			}
			var want []string
			for _, m := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path, -1) {
				want = append(want, m[1])
			}
			if !slices.Equal(params, want) {
				t.Errorf("%s %s: parameters %v, want %v", method, path, params, want)
			}
			if len(op.Responses) < 2 {
				t.Errorf("%s %s: responses %v", method, path, op.Responses)
			}
		}
	}
	slices.Sort(got)
	if want := slices.Sorted(maps.Keys(newWorld(t, nil).table())); !slices.Equal(got, want) {
		t.Errorf("described:\n%s\nserved:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestTheDescriptionHasTheFieldsAndNoOthers(t *testing.T) {
	d := description(t)
	for name, value := range map[string]any{
		"Phone": Phone{}, "Change": Change{}, "Info": Info{}, "Provider": Provider{}, "Report": Report{},
		"Contact": Contact{}, "Knobs": Knobs{}, "Letter": Letter{}, "Message": Message{}, "Faults": fault.Plan{}, "Rule": fault.Rule{}, "Stanza": trace.Entry{},
	} {
		var want []string
		for _, f := range reflect.VisibleFields(reflect.TypeOf(value)) {
			tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if tag != "-" {
				want = append(want, tag)
			}
		}
		slices.Sort(want)
		if got := slices.Sorted(maps.Keys(d.Components.Schemas[name].Properties)); !slices.Equal(got, want) {
			t.Errorf("%s: described %v, has %v", name, got, want)
		}
	}
}

func TestTestersSayWhatAPhoneTakes(t *testing.T) {
	w := newWorld(t, nil)
	const path = "/sandbox/phones/+4915510000007"
	_, _ = w.call(t, http.MethodPost, "/sandbox/phones", `{"phone":"+4915510000007","thirdPartyChats":false}`)
	_, _ = w.call(t, http.MethodPost, "/sandbox/phones", `{"phone":"+12025550123"}`)
	for _, c := range []struct {
		patch string
		want  map[string]any
	}{
		{`{}`, map[string]any{"thirdPartyChats": false, "inbox": "separate", "requests": false, "eligible": true, "apps": map[string]any{"7": false}}},
		{`{"thirdPartyChats":true}`, map[string]any{"thirdPartyChats": true, "apps": map[string]any{"7": true}}},
		{`{"apps":{"7":false}}`, map[string]any{"thirdPartyChats": true, "apps": map[string]any{"7": false}}},
		{`{"thirdPartyChats":false,"inbox":"combined"}`, map[string]any{"thirdPartyChats": false, "inbox": "combined"}},
		{`{"thirdPartyChats":true}`, map[string]any{"thirdPartyChats": true, "inbox": "combined", "apps": map[string]any{"7": false}}},
		{`{"requests":true,"blocked":["12025550123@s.whatsapp.net"],"blockedProviders":[9]}`, map[string]any{
			"requests": true, "blocked": []any{"12025550123@s.whatsapp.net"}, "blockedProviders": []any{9.0},
		}},
		{`{"blocked":[],"blockedProviders":[]}`, map[string]any{"requests": true, "blocked": []any{}, "blockedProviders": []any{}}},
	} {
		status, out := w.call(t, http.MethodPatch, path, c.patch)
		if _, again := w.call(t, http.MethodGet, path, ""); status != http.StatusOK || !reflect.DeepEqual(out, again) {
			t.Errorf("%s: %d %v, then %v", c.patch, status, out, again)
		}
		for k, v := range c.want {
			if !reflect.DeepEqual(out[k], v) {
				t.Errorf("%s: %s is %v, want %v", c.patch, k, out[k], v)
			}
		}
	}
	_, out := w.call(t, http.MethodGet, "/sandbox/phones", "")
	if list, _ := out["phones"].([]any); len(list) != 2 || list[0].(map[string]any)["eligible"] != false {
		t.Errorf("%v", out)
	}
	for patch, want := range map[string]string{
		`{"apps":{"8":true}}`: "unknown_provider", `{"apps":{"x":true}}`: "unknown_provider", `{"inbox":"both"}`: "bad_inbox",
		`{"blocked":["4915999@s.whatsapp.net"]}`: "unknown_user", `{"on":true}`: "bad_request", `{"blocked":["@@"]}`: "unknown_user",
	} {
		if _, out := w.call(t, http.MethodPatch, path, patch); code(out) != want {
			t.Errorf("%s: %v", patch, out)
		}
	}
	if _, out := w.call(t, http.MethodPatch, "/sandbox/phones/+4915510000099", `{}`); code(out) != "unknown_phone" {
		t.Errorf("a phone that is not there: %v", out)
	}
}

func TestProvidersReportsAndResetReachTheGateway(t *testing.T) {
	w := newWorld(t, nil)
	for body, want := range map[string]string{`{"suspended":true}`: "suspended", `{"removed":true}`: "removed", `{}`: ""} {
		if status, out := w.call(t, http.MethodPost, "/sandbox/providers/7", body); status != http.StatusNoContent || string(w.gw.mark) != want {
			t.Errorf("%s: %d %v, %q", body, status, out, w.gw.mark)
		}
	}
	if _, out := w.call(t, http.MethodPost, "/sandbox/providers/8", `{}`); code(out) != "unknown_provider" {
		t.Errorf("%v", out)
	}
	w.gw.reports = []Report{{Reason: "spam", Messages: []Shown{{ID: "A", Content: []byte("hi")}}}}
	_, out := w.call(t, http.MethodGet, "/sandbox/reports", "")
	if list, _ := out["reports"].([]any); len(list) != 1 {
		t.Errorf("%v", out)
	}
	if status, out := w.call(t, http.MethodPost, "/sandbox/reset", ""); status != http.StatusNoContent || !slices.Equal(w.gw.kept, []string{"+4915510000001"}) {
		t.Errorf("%d %v, kept %v", status, out, w.gw.kept)
	}
}
