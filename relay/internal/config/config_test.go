package config

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func none(string) string { return "" }

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "ferry.json")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestEverySettingIsDocumentedAndItsDefaultIsValid(t *testing.T) {
	for _, s := range settings() {
		if s.name == "" || !strings.HasSuffix(s.doc, ".") {
			t.Errorf("%s: name %q, doc %q", s.field.Name, s.name, s.doc)
		}
	}
	l, err := Load(nil, none, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if l.URL != "http://localhost:8080" || !l.Embedded() || l.Limits().TunnelIdle == 0 {
		t.Errorf("%+v", l.Config)
	}
}

func TestFlagsGoBeforeTheEnvironmentBeforeTheFileBeforeDefaults(t *testing.T) {
	name := file(t, `{"data":"f","drain":"1s","log-level":"warn","provider-id":9,"origins":["https://a.example","https://b.example"],"echo":false,"limit":["tunnel.idle=90s"]}`)
	l, err := Load([]string{"-data", "x", "-sandbox"}, env("FERRY_DATA", "e", "FERRY_DRAIN", "2s", "FERRY_CONFIG", name), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Value{}
	for _, v := range l.Values() {
		got[v.Name] = v
	}
	for _, want := range []Value{
		{"data", "x", "flag"},
		{"drain", "2s", "environment FERRY_DRAIN"},
		{"log-level", "warn", Source("file " + name)},
		{"provider-id", "9", Source("file " + name)},
		{"origins", "https://a.example,https://b.example", Source("file " + name)},
		{"echo", "off", Source("file " + name)},
		{"sandbox", "on", "flag"},
		{"admin", "127.0.0.1:8082", "default"},
	} {
		if got[want.Name] != want {
			t.Errorf("%+v, want %+v", got[want.Name], want)
		}
	}
	if l.Limits().TunnelIdle != 90*time.Second {
		t.Errorf("idle %v", l.Limits().TunnelIdle)
	}
}

func TestMistakesAreNamedWithTheirSource(t *testing.T) {
	for _, c := range []struct {
		args []string
		env  []string
		file string
		want []string
	}{
		{args: []string{"-listen", "8080"}, want: []string{"listen (flag)", "127.0.0.1:8080"}},
		{env: []string{"FERRY_DRAIN", "soon"}, want: []string{"drain (environment FERRY_DRAIN)", "duration"}},
		{file: `{"lisen":"x"}`, want: []string{`no setting "lisen"`}},
		{file: `{"listen":{}}`, want: []string{"listen", "want a text"}},
		{file: `{`, want: []string{"ferry.json"}},
		{args: []string{"-url", "https://a.example/path"}, want: []string{"url (flag)", "without a path"}},
		{args: []string{"-sandbox=maybe"}, want: []string{"on, off or auto"}},
		{args: []string{"-tls-cert", "x"}, want: []string{"go together"}},
		{args: []string{"-limit", "tunnel.idle"}, want: []string{"name=value"}},
		{args: []string{"-limit", "tunnel.x=1"}, want: []string{"no such limit"}},
		{args: []string{"-gateway", "http://x"}, want: []string{"wss://"}},
		{args: []string{"-gateway", "tcp://x:1"}, want: []string{"gateway-api"}},
		{args: []string{"-gateway", "ws://x/ws/chat"}, want: []string{"gateway-root"}},
		{args: []string{"-trusted-proxies", "10.0.0.1"}, want: []string{"network"}},
		{args: []string{"-region-policy", "closed"}, want: []string{"region-policy", "geoip:FILE"}},
		{args: []string{"-region-policy", "header:CF-IPCountry"}, want: []string{"trusted-proxies"}},
		{args: []string{"-regions", "Germany"}, want: []string{"regions", "two letters"}},
		{args: []string{"-data", ""}, want: []string{"data"}},
		{args: []string{"-nats", "file:/no/such"}, want: []string{"nats (flag)"}},
		{args: []string{"-log-level", "loud", "-nats-replicas", "2", "-provider-id", "0"}, want: []string{"log-level", "nats-replicas", "provider-id"}},
	} {
		if c.file != "" {
			c.args = append(c.args, "-config", file(t, c.file))
		}
		_, err := Load(c.args, env(c.env...), io.Discard)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v %v %s: %v, want %q", c.args, c.env, c.file, err, want)
			}
		}
	}
	if _, err := Load([]string{"-h"}, none, io.Discard); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("help: %v", err)
	}
}

func TestSecretsComeFromFilesAndAreNotShown(t *testing.T) {
	name := file(t, "nats://user:hunter2@host:4222\n")
	l, err := Load([]string{"-nats", "file:" + name}, none, io.Discard)
	if err != nil || l.NATS != "nats://user:hunter2@host:4222" {
		t.Fatalf("%q, %v", l.NATS, err)
	}
	var out bytes.Buffer
	if err := l.Print(&out); err != nil || strings.Contains(out.String(), "hunter2") || !strings.Contains(out.String(), "(secret)") {
		t.Fatalf("%v: %s", err, out.String())
	}
}

func TestTheReferenceHasEverySettingAndLimit(t *testing.T) {
	var out bytes.Buffer
	if err := Markdown(&out); err != nil {
		t.Fatal(err)
	}
	for _, s := range settings() {
		if !strings.Contains(out.String(), "`"+s.env()+"`") {
			t.Errorf("%s is missing", s.name)
		}
	}
	if !strings.Contains(out.String(), "tunnel.message_bytes") {
		t.Error("no limits")
	}
	if reflect.TypeFor[Config]().NumField() < len(settings()) {
		t.Error("settings and fields differ")
	}
}
