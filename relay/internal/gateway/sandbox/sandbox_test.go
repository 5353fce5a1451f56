package sandbox

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/gateway/adv"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/internal/gateway/enlist"
	"ferry/relay/internal/gateway/fault"
	"ferry/relay/internal/gateway/trace"
	"ferry/relay/wire"
)

// fake is a gateway with one client that shows the QR text with ref "good".
type fake struct {
	dir     *directory.Directory
	refusal error
	keys    []adv.AccountKey
	gone    []wire.JID
	reports []Report
	mark    enlist.Mark
	kept    []string
	plan    fault.Plan
	trace   *trace.Log
	crashes []bool
}

func (f *fake) Scan(ctx context.Context, account wire.JID, key adv.AccountKey, q adv.QR) (wire.JID, error) {
	if q.Ref != "good" {
		return wire.JID{}, ErrUnknownQR
	}
	if f.refusal != nil {
		return wire.JID{}, fmt.Errorf("client: %w", f.refusal)
	}
	f.keys = append(f.keys, key)
	n, _, err := f.dir.ReserveCompanion(ctx, account)
	return account.WithDevice(n), err
}

func (f *fake) Unlink(_ context.Context, _ adv.AccountKey, device wire.JID) error {
	if device.Device != 1 {
		return directory.ErrNotFound
	}
	f.gone = append(f.gone, device)
	return nil
}

func (f *fake) DeletePhone(ctx context.Context, account wire.JID) error {
	a, err := f.dir.Account(ctx, account)
	if err == nil {
		_, err = f.dir.DeletePhone(ctx, a.Phone)
	}
	return err
}

func (f *fake) ChangeChats(ctx context.Context, account wire.JID, change func(*directory.Chats) error) (directory.Account, error) {
	_, a, err := f.dir.SetChats(ctx, account, change)
	return a, err
}

func (f *fake) Reports(context.Context) ([]Report, error) { return f.reports, nil }

func (f *fake) MarkProvider(_ context.Context, id uint16, mark enlist.Mark) error {
	if id != 7 {
		return directory.ErrNotFound
	}
	f.mark = mark
	return nil
}

func (f *fake) Eligible(phone string) bool { return strings.HasPrefix(phone, "49") }

func (f *fake) Reset(_ context.Context, keep ...string) error {
	f.kept = keep
	return nil
}

func (f *fake) Reinstall(ctx context.Context, account wire.JID, keys directory.Keys, key adv.AccountKey) error {
	_, _, err := f.dir.Reinstall(ctx, account, keys, key.Bytes())
	return err
}

func (f *fake) SpoilKeys(context.Context, wire.JID, bool) error { return nil }
func (f *fake) RunFaults(p fault.Plan)                          { f.plan = p }
func (f *fake) Faults() fault.Plan                              { return f.plan }
func (f *fake) Restart(crash bool)                              { f.crashes = append(f.crashes, crash) }
func (f *fake) Trace() *trace.Log                               { return f.trace }

type world struct {
	*Sandbox
	gw *fake
}

func newWorld(t *testing.T, change func(*Config)) world {
	t.Helper()
	b, err := bus.Open(t.Context(), bus.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	dir, err := directory.Open(t.Context(), b, directory.Options{Now: time.Now, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	gw := &fake{dir: dir, trace: trace.New()}
	cfg := Config{
		Directory: dir, Gateway: gw, Root: wire.RootKey{0xab},
		Providers: func() []Provider { return []Provider{{ID: 7, Name: "Ferry"}} },
		Echo:      func() string { return "+4915510000001" },
	}
	if change != nil {
		change(&cfg)
	}
	return world{New(cfg), gw}
}

// call sends a request from this machine; "Header: value" lines may follow the body.
func (w world) call(t *testing.T, method, path, body string, headers ...string) (int, map[string]any) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.RemoteAddr, r.Host = "127.0.0.1:40000", "127.0.0.1:8081"
	for _, h := range headers {
		k, v, _ := strings.Cut(h, ": ")
		switch k {
		case "Host":
			r.Host = v
		case "Remote":
			r.RemoteAddr = v
		default:
			r.Header.Set(k, v)
		}
	}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	var out map[string]any
	if rec.Body.Len() > 0 {
		if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil {
			t.Fatalf("%s %s: %v in %q", method, path, err, rec.Body)
		}
	}
	return rec.Code, out
}

func code(out map[string]any) string {
	e, _ := out["error"].(map[string]any)
	c, _ := e["code"].(string)
	return c
}

func qr(ref string) string {
	key := base64.StdEncoding.EncodeToString(make([]byte, 32))
	return strings.Join([]string{ref, key, key, key}, ",")
}

func TestInfoSaysHowToConnect(t *testing.T) {
	w := newWorld(t, nil)
	status, out := w.call(t, "GET", "/sandbox", "")
	if status != 200 || out["chatUrl"] != "ws://127.0.0.1:8081/ws/chat" || out["rootKey"] != "ab"+strings.Repeat("00", 31) ||
		out["echo"] != "+4915510000001" || len(out["providers"].([]any)) != 1 {
		t.Errorf("%d %v", status, out)
	}
}

func TestPhoneLivesFromCreationToDeletion(t *testing.T) {
	w := newWorld(t, nil)
	status, out := w.call(t, "POST", "/sandbox/phones", `{"phone":"+49 1551 000-0002","name":" Anna "}`)
	if status != 201 || out["phone"] != "+4915510000002" || out["name"] != "Anna" || out["thirdPartyChats"] != true ||
		out["address"] != "4915510000002@s.whatsapp.net" || !strings.HasSuffix(out["lid"].(string), "@lid") {
		t.Fatalf("%d %v", status, out)
	}
	for _, text := range []string{qr("good"), "https://wa.me/settings/linked_devices#" + qr("good") + ",9"} {
		status, out = w.call(t, "POST", "/sandbox/phones/+49%201551%200000002/scan", `{"qr":"`+text+`"}`)
		if status != 200 || !strings.HasPrefix(out["device"].(string), "4915510000002:") {
			t.Errorf("scan: %d %v", status, out)
		}
	}
	a, err := w.gw.dir.PhoneByNumber(t.Context(), "4915510000002")
	if err != nil || len(w.gw.keys) != 2 {
		t.Fatal(err, len(w.gw.keys))
	}
	phone, _ := a.Device(0)
	if phone.Keys.Identity != w.gw.keys[0].Public() || w.gw.keys[0].Public() != w.gw.keys[1].Public() {
		t.Error("the account key is not the identity of device 0")
	}
	if status, _ := w.call(t, "DELETE", "/sandbox/phones/+4915510000002/devices/1", ""); status != 204 || len(w.gw.gone) != 1 {
		t.Errorf("unlink: %d %v", status, w.gw.gone)
	}
	if status, _ := w.call(t, "DELETE", "/sandbox/phones/+4915510000002", ""); status != 204 {
		t.Errorf("delete: %d", status)
	}
	if status, out := w.call(t, "GET", "/sandbox/phones/+4915510000002", ""); status != 404 || code(out) != "unknown_phone" {
		t.Errorf("after that: %d %v", status, out)
	}
}

func TestThirdPartyChatsCanBeOffFromTheStart(t *testing.T) {
	w := newWorld(t, nil)
	if _, out := w.call(t, "POST", "/sandbox/phones", `{"phone":"+4915510000003","thirdPartyChats":false}`); out["thirdPartyChats"] != false {
		t.Error(out)
	}
	a, err := w.gw.dir.PhoneByNumber(t.Context(), "4915510000003")
	if err != nil || a.Consent.Allows(7) {
		t.Errorf("%+v, %v", a.Consent, err)
	}
}

func TestMistakesHaveDocumentedAnswers(t *testing.T) {
	w := newWorld(t, nil)
	w.call(t, "POST", "/sandbox/phones", `{"phone":"+4915510000002"}`)
	for _, tt := range []struct {
		method, path, body string
		status             int
		code               string
	}{
		{"POST", "/sandbox/phones", `{"phone":"+4915510000002"}`, 409, "phone_exists"},
		{"POST", "/sandbox/phones", `{"phone":"01551 0000002"}`, 422, "bad_phone"},
		{"POST", "/sandbox/phones", `{"phone":"+49"}`, 422, "bad_phone"},
		{"POST", "/sandbox/phones", `{"phone":"+` + strings.Repeat("4", 200) + `"}`, 422, "bad_phone"},
		{"POST", "/sandbox/phones", `{}`, 422, "bad_phone"},
		{"POST", "/sandbox/phones", `{"phone":"+4915510000004","name":"` + strings.Repeat("x", 101) + `"}`, 422, "name_too_long"},
		{"POST", "/sandbox/phones", `{"fone":"+4915510000002"}`, 400, "bad_request"},
		{"POST", "/sandbox/phones", `{"phone":"+4915510000004"}{}`, 400, "bad_request"},
		{"POST", "/sandbox/phones", `[`, 400, "bad_request"},
		{"POST", "/sandbox/phones", `{"name":"` + strings.Repeat("x", maxBody) + `"}`, 413, "too_big"},
		{"POST", "/sandbox/phones/+4915510000009/scan", `{"qr":"` + qr("good") + `"}`, 404, "unknown_phone"},
		{"POST", "/sandbox/phones/nobody/scan", `{"qr":"` + qr("good") + `"}`, 422, "bad_phone"},
		{"POST", "/sandbox/phones/+4915510000002/scan", `{"qr":"hello"}`, 422, "bad_qr"},
		{"POST", "/sandbox/phones/+4915510000002/scan", `{"qr":"` + qr("old") + `"}`, 404, "unknown_qr"},
		{"DELETE", "/sandbox/phones/+4915510000002/devices/5", "", 404, "unknown_device"},
		{"DELETE", "/sandbox/phones/+4915510000002/devices/0", "", 404, "unknown_device"},
		{"DELETE", "/sandbox/phones/+4915510000002/devices/x", "", 404, "unknown_device"},
		{"DELETE", "/sandbox/phones/+4915510000009/devices/1", "", 404, "unknown_phone"},
		{"DELETE", "/sandbox/phones/+4915510000009", "", 404, "unknown_phone"},
		{"GET", "/sandbox/providers/7/users/nobody", "", 404, "unknown_user"},
		{"GET", "/sandbox/providers/99999/users/x", "", 404, "unknown_user"},
		{"GET", "/sandbox/nothing", "", 404, "not_found"},
		{"PUT", "/sandbox/phones", `{}`, 404, "not_found"},
	} {
		if status, out := w.call(t, tt.method, tt.path, tt.body); status != tt.status || code(out) != tt.code {
			t.Errorf("%s %.60s %.60s: %d %v", tt.method, tt.path, tt.body, status, out)
		}
	}
	for refusal, want := range map[error]string{
		ErrRefused: "pairing_refused", ErrTimeout: "pairing_timeout", directory.ErrTooMany: "too_many_devices",
		context.DeadlineExceeded: "internal",
	} {
		w.gw.refusal = refusal
		if _, out := w.call(t, "POST", "/sandbox/phones/+4915510000002/scan", `{"qr":"`+qr("good")+`"}`); code(out) != want {
			t.Errorf("%v: %v", refusal, out)
		}
	}
}

func TestOnlyThisMachineAndNoForeignPageMayCall(t *testing.T) {
	strict := newWorld(t, nil)
	lax := newWorld(t, func(c *Config) {
		c.AllowRemote, c.Hosts, c.Origins = true, []string{"gw.test"}, []string{"https://qa.test"}
	})
	for _, tt := range []struct {
		name   string
		w      world
		header string
		code   string
	}{
		{"localhost by name", strict, "Host: localhost:8081", ""},
		{"IPv6 loopback", strict, "Host: [::1]:8081", ""},
		{"from IPv6 loopback", strict, "Remote: [::1]:999", ""},
		{"from mapped loopback", strict, "Remote: [::ffff:127.0.0.1]:999", ""},
		{"own page", strict, "Origin: http://127.0.0.1:8081", ""},
		{"user-typed address", strict, "Sec-Fetch-Site: none", ""},
		{"other machine", strict, "Remote: 192.0.2.1:999", "remote_refused"},
		{"other machine, unparsed", strict, "Remote: @", "remote_refused"},
		{"rebound name", strict, "Host: evil.test:8081", "host_refused"},
		{"name that ends like localhost", strict, "Host: evillocalhost", "host_refused"},
		{"no host", strict, "Host: ", "host_refused"},
		{"foreign page", strict, "Origin: https://evil.test", "origin_refused"},
		{"page on another port", strict, "Origin: http://127.0.0.1:9999", "origin_refused"},
		{"sandboxed page", strict, "Origin: null", "origin_refused"},
		{"foreign image tag", strict, "Sec-Fetch-Site: cross-site", "origin_refused"},
		{"configured host", lax, "Host: GW.test:8081", ""},
		{"configured origin", lax, "Origin: https://qa.test", ""},
		{"remote allowed", lax, "Remote: 192.0.2.1:999", ""},
		{"still no foreign page", lax, "Origin: https://evil.test", "origin_refused"},
	} {
		status, out := tt.w.call(t, "GET", "/sandbox", "", tt.header)
		if code(out) != tt.code || (tt.code == "") != (status == http.StatusOK) {
			t.Errorf("%s: %d %v", tt.name, status, out)
		}
	}
}

func TestEnlistedUserIsFoundByName(t *testing.T) {
	w := newWorld(t, nil)
	a, _, err := w.gw.dir.Enlist(t.Context(), 7, "sub-1", "mara.lind", wire.PublicKey{1})
	if err != nil {
		t.Fatal(err)
	}
	status, out := w.call(t, "GET", "/sandbox/providers/7/users/mara.lind", "")
	if status != 200 || out["address"] != a.ID.String() || out["alias"] != a.Alias().String() {
		t.Errorf("%d %v", status, out)
	}
}
