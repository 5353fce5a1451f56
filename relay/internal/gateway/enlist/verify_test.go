package enlist

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"ferry/relay/internal/gateway/directory"
	"ferry/relay/wire"

	"github.com/go-jose/go-jose/v4"
)

func TestGoodTokenIsAcceptedWithEitherAlgorithm(t *testing.T) {
	w := newWorld(t)
	for name, token := range map[string]string{
		"EdDSA":             w.token(t, nil),
		"ES256":             sign(t, jose.ES256, w.issuer.key("ec"), "ec", w.claims(nil)),
		"several audiences": w.token(t, map[string]any{"aud": []string{"else", "ferry-gateway"}}),
		"a little early":    w.token(t, map[string]any{"nbf": w.clock.Load() + 20}),
	} {
		id, err := w.Verify(t.Context(), token, w.noise)
		if err != nil || id.Provider.ID != 7 || id.Subject != "user-1" || id.Username != "mara" {
			t.Errorf("%s: %+v, %v", name, id, err)
		}
	}
	if n := w.issuer.fetches.Load(); n != 1 {
		t.Errorf("fetched %d times", n)
	}
}

func TestEveryKindOfBadTokenHasItsOwnReason(t *testing.T) {
	w := newWorld(t)
	now := w.clock.Load()
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	cnf := func(kty, crv, x string) map[string]any {
		return map[string]any{"cnf": map[string]any{"jwk": map[string]string{"kty": kty, "crv": crv, "x": x}}}
	}
	x := base64.RawURLEncoding.EncodeToString(w.noise[:])
	good := w.token(t, nil)
	tests := []struct {
		name, token string
		want        Code
	}{
		{"issuer not registered", w.token(t, map[string]any{"iss": "https://evil.example"}), UnknownProvider},
		{"issuer with a slash more", w.token(t, map[string]any{"iss": "https://ferry.example/"}), UnknownProvider},
		{"no issuer", w.token(t, map[string]any{"iss": nil}), UnknownProvider},
		{"other audience", w.token(t, map[string]any{"aud": "else"}), WrongAudience},
		{"no audience", w.token(t, map[string]any{"aud": nil}), WrongAudience},
		{"expired", w.token(t, map[string]any{"iat": now - 400, "exp": now - 31}), ExpiredToken},
		{"not yet valid", w.token(t, map[string]any{"nbf": now + 60}), NotYetValid},
		{"issued in the future", w.token(t, map[string]any{"iat": now + 60}), NotYetValid},
		{"bound to another key", w.token(t, cnf("OKP", "X25519", base64.RawURLEncoding.EncodeToString(make([]byte, 32)))), WrongKey},
		{"bound to a prefix of the key", w.token(t, cnf("OKP", "X25519", x[:20])), WrongKey},
		{"bound to a signing key", w.token(t, cnf("OKP", "Ed25519", x)), WrongKey},
		{"bound to nothing", w.token(t, map[string]any{"cnf": nil}), WrongKey},
		{"signed by a stranger", sign(t, jose.EdDSA, stranger, "first", w.claims(nil)), BadSignature},
		{"symmetric", sign(t, jose.HS256, make([]byte, 32), "first", w.claims(nil)), BadSignature},
		{"key of the other algorithm", sign(t, jose.ES256, w.issuer.key("ec"), "first", w.claims(nil)), BadSignature},
		{"unsigned", "eyJhbGciOiJub25lIn0." + base64.RawURLEncoding.EncodeToString([]byte("{}")) + ".", BadSignature},
		{"altered", good[:len(good)-40] + "AAAA" + good[len(good)-36:], BadSignature},
		{"nothing", "", MalformedToken},
		{"no JWT", "a.b", MalformedToken},
		{"too long", good + string(bytes.Repeat([]byte("A"), maxToken)), MalformedToken},
		{"claims of other types", w.token(t, map[string]any{"exp": "tomorrow"}), MalformedToken},
		{"no JSON object", sign(t, jose.EdDSA, w.issuer.key("first"), "first", "hello"), MalformedToken},
		{"no expiry", w.token(t, map[string]any{"exp": nil}), MalformedToken},
		{"absurd expiry", w.token(t, map[string]any{"exp": 1e300}), MalformedToken},
		{"not short-lived", w.token(t, map[string]any{"exp": now + 7200}), MalformedToken},
		{"no subject", w.token(t, map[string]any{"sub": ""}), MalformedToken},
		{"no username", w.token(t, map[string]any{"preferred_username": nil}), MalformedToken},
		{"username with a line break", w.token(t, map[string]any{"preferred_username": "ma\nra"}), MalformedToken},
	}
	for _, tt := range tests {
		_, err := w.Verify(t.Context(), tt.token, w.noise)
		if CodeOf(err) != tt.want || !errors.Is(err, &Error{Code: tt.want}) {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
	must(t, w.cfg.Providers.Set(func() Provider { p := w.provider(); p.Suspended = true; return p }()))
	if _, err := w.Verify(t.Context(), good, w.noise); CodeOf(err) != Suspended {
		t.Errorf("suspended provider: %v", err)
	}
}

func TestNewKeyIsFetchedAndAWithdrawnOneIsNotUsedForLong(t *testing.T) {
	w := newWorld(t)
	old := w.token(t, nil)
	_, err := w.Verify(t.Context(), old, w.noise)
	must(t, err)
	w.issuer.rotate("second")
	fresh := sign(t, jose.EdDSA, w.issuer.key("second"), "second", w.claims(nil))
	if _, err := w.Verify(t.Context(), fresh, w.noise); err != nil {
		t.Errorf("new key: %v", err)
	}
	if _, err := w.Verify(t.Context(), old, w.noise); CodeOf(err) != BadSignature {
		t.Errorf("withdrawn key, seen to be gone: %v", err)
	}
	key := w.issuer.key("second")
	w.issuer.rotate("third")
	w.pass(keysFresh + time.Second)
	withdrawn := sign(t, jose.EdDSA, key, "second", w.claims(nil))
	if _, err := w.Verify(t.Context(), withdrawn, w.noise); CodeOf(err) != BadSignature {
		t.Errorf("withdrawn key after %v: %v", keysFresh, err)
	}
}

func TestStormOfUnknownKeyIdsCausesFewFetches(t *testing.T) {
	w := newWorld(t)
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	good := w.token(t, nil)
	_, err = w.Verify(t.Context(), good, w.noise)
	must(t, err)
	var wg sync.WaitGroup
	for n := range 200 {
		wg.Go(func() {
			kid := string(rune('a' + n%26))
			_, err := w.Verify(context.Background(), sign(t, jose.EdDSA, stranger, kid, w.claims(nil)), w.noise)
			if c := CodeOf(err); c != BadSignature && c != KeysUnavailable {
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	if n := w.issuer.fetches.Load(); n > fetchBurst {
		t.Errorf("%d fetches", n)
	}
	if _, err := w.Verify(t.Context(), good, w.noise); err != nil {
		t.Errorf("a known key during the storm: %v", err)
	}
	w.issuer.rotate("second")
	fresh := sign(t, jose.EdDSA, w.issuer.key("second"), "second", w.claims(nil))
	w.pass(fetchEvery)
	if _, err := w.Verify(t.Context(), fresh, w.noise); err != nil {
		t.Errorf("a new key after the storm: %v", err)
	}
}

func TestKeySetsThatMisbehaveAreUnavailable(t *testing.T) {
	elsewhere := newIssuer(t)
	released := make(chan struct{})
	defer close(released)
	for name, answer := range map[string]http.HandlerFunc{
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.server.URL, http.StatusFound)
		},
		"error":   func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", http.StatusInternalServerError) },
		"no JSON": func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"endless": func(w http.ResponseWriter, r *http.Request) {
			for range 1000 {
				if _, err := w.Write(make([]byte, 4096)); err != nil {
					return
				}
			}
		},
	} {
		w := newWorld(t)
		w.issuer.behave(answer)
		if _, err := w.Verify(t.Context(), w.token(t, nil), w.noise); CodeOf(err) != KeysUnavailable {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := elsewhere.fetches.Load(); n != 0 {
		t.Error("followed a redirect")
	}
	w := newWorld(t)
	w.issuer.behave(func(http.ResponseWriter, *http.Request) { <-released })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Verify(ctx, w.token(t, nil), w.noise); CodeOf(err) != KeysUnavailable {
		t.Errorf("silent server: %v", err)
	}
}

func TestKnownKeysOutliveAShortOutageOfTheProvider(t *testing.T) {
	w := newWorld(t)
	_, err := w.Verify(t.Context(), w.token(t, nil), w.noise)
	must(t, err)
	w.issuer.behave(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusBadGateway) })
	w.pass(keysFresh + time.Minute)
	if _, err := w.Verify(t.Context(), w.token(t, nil), w.noise); err != nil {
		t.Errorf("during the outage: %v", err)
	}
	w.pass(keysStale)
	if _, err := w.Verify(t.Context(), w.token(t, nil), w.noise); CodeOf(err) != KeysUnavailable {
		t.Errorf("after %v: %v", keysStale, err)
	}
}

func TestUnregisteredIssuerIsNeverAsked(t *testing.T) {
	w, stranger := newWorld(t), newIssuer(t)
	token := sign(t, jose.EdDSA, stranger.key("first"), "first", w.claims(map[string]any{"iss": stranger.server.URL}))
	if _, err := w.Verify(t.Context(), token, w.noise); CodeOf(err) != UnknownProvider {
		t.Error(err)
	}
	if stranger.fetches.Load() != 0 || w.issuer.fetches.Load() != 0 {
		t.Error("a key set was fetched")
	}
}

func TestImpossibleProvidersAreNotRegistered(t *testing.T) {
	w := newWorld(t)
	good := w.provider()
	for name, change := range map[string]func(*Provider){
		"id 0":         func(p *Provider) { p.ID = 0 },
		"no issuer":    func(p *Provider) { p.Issuer = "" },
		"no key set":   func(p *Provider) { p.KeySet = "" },
		"file key set": func(p *Provider) { p.KeySet = "file:///etc/passwd" },
		"no protocol":  func(p *Provider) { p.Protocol = "" },
		"same issuer":  func(p *Provider) { p.ID = 8 },
	} {
		p := good
		change(&p)
		if err := w.cfg.Providers.Set(good, p); !errors.Is(err, ErrProvider) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, ok := w.cfg.Providers.ByID(7); !ok {
		t.Error("a refused list has replaced the good one")
	}
}

// call speaks to the HTTP API.
func (w *world) call(t *testing.T, method string, body map[string]any) (int, map[string]any) {
	t.Helper()
	raw, err := json.Marshal(body)
	must(t, err)
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), method, wire.PathEnlist, bytes.NewReader(raw)))
	var out map[string]any
	if rec.Body.Len() > 0 {
		must(t, json.Unmarshal(rec.Body.Bytes(), &out))
	}
	return rec.Code, out
}

func TestUserEnlistsLogsInAndLeaves(t *testing.T) {
	w := newWorld(t)
	key := base64.StdEncoding.EncodeToString(w.noise[:])
	post := map[string]any{"idToken": w.token(t, nil), "noiseKey": key, "protocol": wire.EncryptionProtocol}
	status, first := w.call(t, http.MethodPost, post)
	if status != 200 || first["device"] != 0.0 {
		t.Fatalf("%d %v", status, first)
	}
	if _, again := w.call(t, http.MethodPost, post); again["accountId"] != first["accountId"] || again["device"] != 0.0 {
		t.Errorf("enlisting twice: %v, then %v", first, again)
	}
	address, err := wire.ParseJID(first["address"].(string))
	must(t, err)
	account := uint64(first["accountId"].(float64))
	a, dev, err := w.Login(t.Context(), account, 0, []byte(w.token(t, nil)), w.noise)
	if err != nil || a.ID != address || a.Name != "mara" || dev.Noise != w.noise {
		t.Errorf("login: %+v, %v", a, err)
	}

	other := w.noise
	w.noise = wire.PublicKey{9}
	for _, tt := range []struct {
		name    string
		account uint64
		device  uint16
		token   string
		noise   wire.PublicKey
		want    Code
	}{
		{"stolen token", account, 0, w.token(t, nil), other, WrongKey},
		{"own token, somebody's device", account, 0, w.token(t, nil), w.noise, WrongKey},
		{"device that is not there", account, 4, w.token(t, nil), w.noise, Revoked},
		{"another account", account + 1, 0, w.token(t, nil), w.noise, WrongAccount},
		{"never enlisted", account, 0, w.token(t, map[string]any{"sub": "user-2"}), w.noise, Revoked},
	} {
		if _, _, err := w.Login(t.Context(), tt.account, tt.device, []byte(tt.token), tt.noise); CodeOf(err) != tt.want {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	post = map[string]any{"idToken": w.token(t, nil), "noiseKey": base64.StdEncoding.EncodeToString(w.noise[:]), "protocol": wire.EncryptionProtocol}
	if _, second := w.call(t, http.MethodPost, post); second["accountId"] != first["accountId"] || second["device"] != 1.0 {
		t.Errorf("second device: %v", second)
	}
	delete(post, "protocol")
	if status, out := w.call(t, http.MethodDelete, post); status != 204 || len(w.gone) != 1 || w.gone[0].Number != 1 {
		t.Errorf("leaving with one device: %d %v, gone %v", status, out, w.gone)
	}
	if _, _, err := w.Login(t.Context(), account, 1, []byte(w.token(t, nil)), w.noise); CodeOf(err) != Revoked {
		t.Errorf("login of a device that left: %v", err)
	}
	if status, _ := w.call(t, http.MethodDelete, map[string]any{"idToken": w.token(t, map[string]any{"cnf": nil})}); status != 204 || len(w.gone) != 2 {
		t.Errorf("leaving altogether: %d, gone %v", status, w.gone)
	}
	if status, out := w.call(t, http.MethodDelete, map[string]any{"idToken": w.token(t, nil)}); status != 404 {
		t.Errorf("leaving again: %d %v", status, out)
	}
}

// Who is not eligible cannot enlist; who has moved out since may still log in, and
// the gateway knows.
func TestTheProviderSaysWhetherAUserIsEligible(t *testing.T) {
	w := newWorld(t)
	outside := w.token(t, map[string]any{"eligible": false, "region": "US"})
	if _, _, err := w.Enlist(t.Context(), outside, w.noise, wire.EncryptionProtocol); CodeOf(err) != OutOfRegion {
		t.Fatal(err)
	}
	a, dev, err := w.Enlist(t.Context(), w.token(t, map[string]any{"eligible": true}), w.noise, wire.EncryptionProtocol)
	if err != nil || a.Outside {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		token   string
		outside bool
	}{{outside, true}, {outside, true}, {w.token(t, nil), false}} {
		got, _, err := w.Login(t.Context(), a.Number, dev.Number, []byte(tt.token), w.noise)
		stored, _ := w.dir.Account(t.Context(), a.ID)
		if err != nil || got.Outside != tt.outside || stored.Outside != tt.outside {
			t.Errorf("outside %v, stored %v, want %v; %v", got.Outside, stored.Outside, tt.outside, err)
		}
	}
	key := base64.StdEncoding.EncodeToString(w.noise[:])
	status, out := w.call(t, http.MethodPost, map[string]any{"idToken": outside, "noiseKey": key, "protocol": wire.EncryptionProtocol})
	if e, _ := out["error"].(map[string]any); status != http.StatusUnavailableForLegalReasons || e["code"] != "out_of_region" {
		t.Errorf("%d %v", status, out)
	}
}

func TestAMarkedProviderIsSuspendedOrNotThere(t *testing.T) {
	w := newWorld(t)
	for mark, want := range map[Mark]Code{MarkSuspended: Suspended, MarkRemoved: UnknownProvider, MarkNone: ""} {
		w.cfg.Providers.Mark(map[uint16]Mark{7: mark})
		if _, err := w.Verify(t.Context(), w.token(t, nil), w.noise); CodeOf(err) != want {
			t.Errorf("%q: %v", mark, err)
		}
		if _, ok := w.cfg.Providers.ByID(7); ok != (mark != MarkRemoved) || !w.cfg.Providers.Registered(7) {
			t.Errorf("%q: by id %v", mark, ok)
		}
	}
}

func TestHTTPRefusalsCarryTheirCode(t *testing.T) {
	w := newWorld(t)
	key := base64.StdEncoding.EncodeToString(w.noise[:])
	for _, tt := range []struct {
		name   string
		body   map[string]any
		status int
		code   Code
	}{
		{"protocol", map[string]any{"idToken": w.token(t, nil), "noiseKey": key, "protocol": "mls"}, 422, UnsupportedProtocol},
		{"issuer", map[string]any{"idToken": w.token(t, map[string]any{"iss": "x"}), "noiseKey": key, "protocol": "signal-v3"}, 403, UnknownProvider},
		{"audience", map[string]any{"idToken": w.token(t, map[string]any{"aud": "x"}), "noiseKey": key, "protocol": "signal-v3"}, 401, WrongAudience},
		{"no key", map[string]any{"idToken": w.token(t, nil), "protocol": "signal-v3"}, 400, BadRequest},
		{"short key", map[string]any{"idToken": w.token(t, nil), "noiseKey": "AAAA", "protocol": "signal-v3"}, 400, BadRequest},
		{"long body", map[string]any{"idToken": string(make([]byte, maxBody))}, 400, BadRequest},
	} {
		status, out := w.call(t, http.MethodPost, tt.body)
		e, _ := out["error"].(map[string]any)
		if status != tt.status || e["code"] != string(tt.code) || e["message"] == "" {
			t.Errorf("%s: %d %v", tt.name, status, out)
		}
	}
	if status, _ := func() (int, any) {
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodPut, wire.PathEnlist, nil))
		return rec.Code, nil
	}(); status != http.StatusMethodNotAllowed {
		t.Errorf("PUT: %d", status)
	}
}

func TestEveryCodeHasAnAnswerAndAFailure(t *testing.T) {
	for _, tt := range []struct {
		err    error
		reason string
	}{
		{refuse(ExpiredToken, nil), "413"}, {refuse(WrongKey, nil), "414"}, {refuse(Revoked, nil), "401"},
		{refuse(KeysUnavailable, nil), "503"}, {errors.New("disk"), "500"},
	} {
		n := Failure(tt.err)
		if n.Tag != "failure" || n.Attr("reason") != tt.reason || n.Attr("message") != string(CodeOf(tt.err)) {
			t.Errorf("%v: %s", tt.err, n.String())
		}
	}
	for code, a := range answers {
		if a.status < 400 || a.message == "" {
			t.Errorf("%s: %+v", code, a)
		}
	}
}

func FuzzVerify(f *testing.F) {
	w := newWorld(f)
	f.Add(w.token(f, nil))
	f.Add(w.token(f, map[string]any{"iss": "x"}))
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Fuzz(func(t *testing.T, token string) {
		id, err := w.Verify(context.Background(), token, w.noise)
		if err == nil && (id.Subject != "user-1" || id.Username != "mara") {
			t.Errorf("accepted %q", token)
		}
		if CodeOf(err) == Internal {
			t.Errorf("no reason: %v", err)
		}
	})
}

func TestAUserAsksAndLeavesWhateverTheProviderMayDo(t *testing.T) {
	for _, mark := range []Mark{MarkNone, MarkSuspended, MarkRemoved} {
		t.Run(string(mark), func(t *testing.T) {
			w := newWorld(t)
			ask := func(authorization string) (int, map[string]any) {
				t.Helper()
				r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, wire.PathEnlist, nil)
				r.Header.Set("Authorization", authorization)
				rec := httptest.NewRecorder()
				w.ServeHTTP(rec, r)
				var out map[string]any
				must(t, json.Unmarshal(rec.Body.Bytes(), &out))
				return rec.Code, out
			}
			anyKey := "Bearer " + w.token(t, map[string]any{"cnf": nil})
			if status, out := ask(anyKey); status != 404 {
				t.Errorf("before: %d %v", status, out)
			}
			a, _, err := w.Enlist(t.Context(), w.token(t, nil), w.noise, wire.EncryptionProtocol)
			must(t, err)
			w.cfg.Kept = func(_ context.Context, of directory.Account) (Kept, error) {
				return Kept{Conversations: 3, Blocked: len(of.Devices)}, nil
			}
			w.cfg.Providers.Mark(map[uint16]Mark{7: mark})
			status, out := ask(anyKey)
			devices, _ := out["devices"].([]any)
			kept, _ := out["kept"].(map[string]any)
			if status != 200 || out["accountId"] != float64(a.Number) || out["address"] != a.ID.String() || out["username"] != "mara" || len(devices) != 1 ||
				devices[0].(map[string]any)["enlisted"] != "2026-11-18T11:06:40Z" || kept["conversations"] != 3.0 || kept["blocked"] != 1.0 {
				t.Errorf("%d %v", status, out)
			}
			for _, bad := range []string{"", "Bearer ", "Basic x", "Bearer x", "Bearer " + w.token(t, map[string]any{"aud": "other"}), "Bearer " + w.token(t, map[string]any{"exp": w.clock.Load() - 100})} {
				if status, out := ask(bad); status != 400 && status != 401 {
					t.Errorf("%.20q: %d %v", bad, status, out)
				}
			}
			_, err = w.Verify(t.Context(), w.token(t, nil), w.noise)
			if (err == nil) != (mark == MarkNone) {
				t.Errorf("otherwise: %v", err)
			}
			if status, out := w.call(t, http.MethodDelete, map[string]any{"idToken": w.token(t, nil)}); status != 204 || len(w.gone) != 1 {
				t.Errorf("leaving: %d %v", status, out)
			}
			if status, out := ask(anyKey); status != 404 {
				t.Errorf("after: %d %v", status, out)
			}
		})
	}
}
