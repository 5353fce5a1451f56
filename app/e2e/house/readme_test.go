package house

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestTheReadmeHasTheSettingsAsTheyAre(t *testing.T) {
	cmd := exec.Command("go", "run", "./relay", "config", "-markdown")
	cmd.Dir = "../../.."
	want, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "<!-- config: written by ferry config -markdown -->\n")
	got, _, _ := strings.Cut(rest, "\n<!-- /config -->")
	if strings.TrimSpace(got) != strings.TrimSpace(string(want)) {
		t.Error("README's settings are out of date: put the output of `ferry config -markdown` between the marks")
	}
}
