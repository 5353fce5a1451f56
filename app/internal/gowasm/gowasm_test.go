//go:build !js

package gowasm

import (
	"errors"
	"strings"
	"testing"
)

func TestOneLineIsMendedOrNone(t *testing.T) {
	const before, after = "\t\t// Note\n", "\t}\n\tts.unlock()\n"
	got, err := mend([]byte(before + faulty + after))
	if err != nil || string(got) != before+mended+after {
		t.Errorf("%q, %v", got, err)
	}
	if lines := strings.Count(mended, "\n") - strings.Count(faulty, "\n"); lines != 1 {
		t.Errorf("%d lines more", lines)
	}
	for name, source := range map[string]string{"another Go": before + after, "two places": faulty + after + faulty, "mended already": mended} {
		if _, err := mend([]byte(source)); !errors.Is(err, errUnknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
