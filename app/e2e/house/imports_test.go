package house

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// A ban says that no package below From may reach, even indirectly, one that
// lies at or below To.
type ban struct {
	from, to []string
	why      string
}

var (
	relayProper = []string{
		"ferry/relay/internal/account", "ferry/relay/internal/admin", "ferry/relay/internal/bus",
		"ferry/relay/internal/config", "ferry/relay/internal/country", "ferry/relay/internal/limit", "ferry/relay/internal/media", "ferry/relay/internal/oidc",
		"ferry/relay/internal/server", "ferry/relay/internal/token", "ferry/relay/internal/tunnel", "ferry/relay/internal/where", "ferry/web",
	}
	keyRooms = []string{
		"go.mau.fi/libsignal", "ferry/relay/wire", "ferry/app/internal/seal", "ferry/app/internal/store",
		"ferry/app/internal/engine", "ferry/app/internal/content", "ferry/app/internal/link",
	}
)

var nativeBans = []ban{
	{relayProper, []string{"ferry/relay/wire"}, "the relay is blind: it cannot parse what it forwards"},
	{relayProper, []string{"go.mau.fi/libsignal", "go.mau.fi/whatsmeow"}, "the relay is blind: it has no Signal code"},
	{relayProper, []string{"ferry/app"}, "the relay knows nothing of the client"},
	{relayProper, []string{"ferry/relay/internal/gateway"}, "only main and relaytest put relay and gateway together"},
	{[]string{"ferry/relay/wire"}, []string{"ferry/relay/internal", "ferry/app", "net/http"}, "wire is the one door, for both sides"},
	{[]string{"ferry/app/internal/engine", "ferry/app/internal/seal", "ferry/app/internal/store", "ferry/app/internal/model", "ferry/app/internal/port"},
		[]string{"ferry/app/internal/browser", "syscall/js", "net/http"}, "the engine runs without a browser"},
	{[]string{"ferry/app/internal"}, []string{"ferry/relay/internal"}, "app and relay meet in wire only"},
	{[]string{"ferry/app/internal/model", "ferry/app/internal/port"}, []string{"ferry/app/internal/engine", "ferry/app/internal/store"}, "values know no machinery"},
}

var browserBans = []ban{
	{[]string{"ferry/app"}, []string{"go.mau.fi/whatsmeow/store", "go.mau.fi/whatsmeow/types", "go.mau.fi/whatsmeow/proto"}, "the client is independent of whatsmeow, but for its token tables"},
	{[]string{"ferry/app/core"}, []string{"net/http", "github.com/maxence-charriere", "github.com/coder/websocket", "ferry/app/internal/ui"}, "core.wasm stays small and has no user interface"},
}

// pageBans hold for the package ferry/app itself, which is page.wasm.
var pageBan = ban{[]string{"ferry/app"}, keyRooms, "page.wasm cannot reach keys, the store or Signal"}

func TestImportsRunOneWay(t *testing.T) {
	native := deps(t, nil, "../../../...")
	for _, b := range nativeBans {
		b.check(t, "native", native)
	}
	browser := deps(t, []string{"GOOS=js", "GOARCH=wasm"}, "../..", "../../core")
	for _, b := range browserBans {
		b.check(t, "js/wasm", browser)
	}
	for _, reached := range browser["ferry/app"] {
		if under(reached, pageBan.to) {
			t.Errorf("js/wasm: page.wasm reaches %s: %s", reached, pageBan.why)
		}
	}
}

func TestOnlyOneRoomTouchesTheBrowser(t *testing.T) {
	out := list(t, []string{"GOOS=js", "GOARCH=wasm"}, "-deps", "-f", "{{.ImportPath}}:{{join .Imports \" \"}}", "../..", "../../core")
	for _, line := range out {
		pkg, imports, _ := strings.Cut(line, ":")
		if strings.HasPrefix(pkg, "ferry/") && contains(strings.Fields(imports), "syscall/js") && !under(pkg, []string{"ferry/app/internal/browser"}) {
			t.Errorf("%s imports syscall/js: that belongs in app/internal/browser", pkg)
		}
	}
}

func TestOnlyTheBusImportsNats(t *testing.T) {
	for _, line := range list(t, nil, "-f", "{{.ImportPath}}:{{join .Imports \" \"}}", "../../../...") {
		pkg, imports, _ := strings.Cut(line, ":")
		for _, i := range strings.Fields(imports) {
			if strings.HasPrefix(i, "github.com/nats-io/") && pkg != "ferry/relay/internal/bus" {
				t.Errorf("%s imports %s: state goes through relay/internal/bus", pkg, i)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for _, line := range list(t, nil, "-f", "{{if .GoFiles}}{{.ImportPath}}:{{.Doc}}{{end}}", "../../../...") {
		if pkg, doc, _ := strings.Cut(line, ":"); pkg != "" && doc == "" {
			t.Errorf("%s has no package doc", pkg)
		}
	}
}

func TestNothingIsReplaced(t *testing.T) {
	mod, err := os.ReadFile("../../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(mod, []byte("replace")) {
		t.Error("go.mod replaces a module: pin a version instead")
	}
}

func (b ban) check(t *testing.T, platform string, deps map[string][]string) {
	t.Helper()
	seen := false
	for pkg, reached := range deps {
		if !under(pkg, b.from) {
			continue
		}
		seen = true
		for _, r := range reached {
			if under(r, b.to) {
				t.Errorf("%s: %s reaches %s: %s", platform, pkg, r, b.why)
			}
		}
	}
	if !seen {
		t.Errorf("%s: no package lies below %q: is the ban out of date?", platform, b.from)
	}
}

// deps gives for each package of ours all that it reaches.
func deps(t *testing.T, env []string, patterns ...string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	args := append([]string{"-deps", "-f", "{{.ImportPath}}:{{join .Deps \" \"}}"}, patterns...)
	for _, line := range list(t, env, args...) {
		pkg, reached, _ := strings.Cut(line, ":")
		if pkg == "ferry" || strings.HasPrefix(pkg, "ferry/") {
			all[pkg] = strings.Fields(reached)
		}
	}
	return all
}

func list(t *testing.T, env []string, args ...string) []string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list"}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, errs.Bytes())
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

func under(pkg string, roots []string) bool {
	for _, r := range roots {
		if pkg == r || strings.HasPrefix(pkg, r+"/") {
			return true
		}
	}
	return false
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}
