package e2e

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"ferry/relay/relaytest"
)

// The README's example of a tester's script is run as it stands there: a phone, consent, a message, an assertion.
func TestTheTestersScriptInTheReadmeRuns(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(readme), "<!-- qa: a test runs this block -->\n```sh\n")
	script, _, closed := strings.Cut(rest, "```")
	if !found || !closed || strings.Count(script, "\n") != 10 {
		t.Fatalf("the README has no such script of ten lines: %q", script)
	}
	w := relaytest.Start(t, relaytest.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute) // it builds the client
	defer cancel()
	sh := exec.CommandContext(ctx, "sh", "-eu", "-c", script)
	sh.Dir = "../.."
	sh.Env = append(os.Environ(), "S="+w.GatewayURL+"/sandbox", "R="+w.URL, "TMPDIR="+t.TempDir())
	sh.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // with what it starts
	sh.Cancel = func() error { return syscall.Kill(-sh.Process.Pid, syscall.SIGKILL) }
	sh.WaitDelay = 5 * time.Second
	out, err := sh.CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), "passed\n") {
		t.Errorf("%v\n%s", err, out)
	}
}
