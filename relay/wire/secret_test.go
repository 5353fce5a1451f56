package wire_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"ferry/relay/wire"
)

func TestSecretsNeverPrintThemselves(t *testing.T) {
	raw := bytes.Repeat([]byte{0xAB}, 32)
	key := must(wire.ParsePrivateKey(raw))
	authority := must(wire.ParseAuthority(raw))
	token := wire.Token("eyJhbGciOi.secret")
	type inner struct {
		key       wire.PrivateKey // fmt calls no methods on unexported fields
		authority *wire.Authority
	}
	values := []any{key, &key, authority, token, inner{key, authority}, &inner{key, authority}, wire.ClientConfig{Static: key},
		wire.ServerConfig{Static: key}, wire.InteropData{Token: token}, map[string]any{"k": key, "t": token}, []wire.PrivateKey{key}}
	tells := []string{hex.EncodeToString(raw[:4]), strings.ToUpper(hex.EncodeToString(raw[:4])), "171 171", "0xab, 0xab", `\xab`, "secret", hex.EncodeToString([]byte("secret")), "115 101 99"}
	for _, v := range values {
		var out strings.Builder
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%X", "%q", "%d"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		if b, err := json.Marshal(v); err == nil {
			out.Write(b)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
		for _, tell := range tells {
			if strings.Contains(out.String(), tell) {
				t.Errorf("%T tells %q: %s", v, tell, out.String())
			}
		}
	}
	if got := fmt.Sprint(key); got != "privkey:…redacted" {
		t.Errorf("a key prints as %s", got)
	}
	if !bytes.Equal(key.Bytes(), raw) || !bytes.Equal(authority.Marshal(), raw) {
		t.Error("what must be stored is not there")
	}
}

func TestKeysOfTheWrongSizeAreRefused(t *testing.T) {
	for _, n := range []int{0, 31, 33} {
		_, err := wire.ParsePrivateKey(make([]byte, n))
		checkError(t, err, wire.ErrKey)
		_, err = wire.ParsePublicKey(make([]byte, n))
		checkError(t, err, wire.ErrKey)
		_, err = wire.ParseRootKey(strings.Repeat("00", n))
		checkError(t, err, wire.ErrKey)
	}
	if _, err := wire.GenerateKey(strings.NewReader("too little")); err == nil {
		t.Error("a key from too little randomness")
	}
	root := must(wire.NewAuthority(nil)).Root()
	if back, err := wire.ParseRootKey(root.String()); err != nil || back != root {
		t.Error("a root key does not come back from its text")
	}
}
