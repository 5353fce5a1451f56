package canary

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

func TestAQuarryIsFoundInEveryForm(t *testing.T) {
	const text = "kingfisher-Q7x"
	squeezed := func(w func(io.Writer) io.WriteCloser) string {
		var b bytes.Buffer
		z := w(&b)
		_, _ = io.WriteString(z, "before "+text+" after")
		_ = z.Close()
		return b.String()
	}
	level := func(w io.Writer) io.WriteCloser { f, _ := flate.NewWriter(w, 9); return f }
	for name, b := range map[string]string{
		"raw":             "xx" + text + "yy",
		"hex":             hex.EncodeToString([]byte(text)),
		"HEX":             strings.ToUpper(hex.EncodeToString([]byte(text))),
		"utf-16le":        "k\x00i\x00n\x00g\x00f\x00i\x00s\x00h\x00e\x00r\x00-\x00Q\x007\x00x\x00",
		"utf-16be":        "\x00k\x00i\x00n\x00g\x00f\x00i\x00s\x00h\x00e\x00r\x00-\x00Q\x007\x00x",
		"percent":         "%6b%69%6e%67%66%69%73%68%65%72%2d%51%37%78",
		"zlib":            "noise" + squeezed(func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }) + "noise",
		"gzip":            "noise" + squeezed(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }) + "noise",
		"bare deflate":    squeezed(level),
		"brotli":          squeezed(func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) }),
		"json escapes":    `\u006b\u0069\u006e\u0067\u0066\u0069\u0073\u0068\u0065\u0072\u002d\u0051\u0037\u0078`,
		"the name's form": url.QueryEscape(text),
	} {
		if len(Find([]byte(b), Text("it", text))) == 0 {
			t.Errorf("%s: not found in %q", name, b)
		}
	}
	for before := range 7 {
		for after := range 4 {
			plain := strings.Repeat("b", before) + text + strings.Repeat("a", after)
			for name, e := range map[string]*base64.Encoding{"std": base64.StdEncoding, "url": base64.RawURLEncoding} {
				if len(Find([]byte(e.EncodeToString([]byte(plain))), Text("it", text))) == 0 {
					t.Errorf("base64 (%s) with %d before and %d after: not found", name, before, after)
				}
			}
		}
	}
	if got := Find([]byte("a kingfisher, but another one: kingfisher-Q7y"), Text("it", text)); len(got) > 0 {
		t.Errorf("found %v where there is none", got)
	}
}

func TestANumberIsFoundAsNumberToo(t *testing.T) {
	const digits = "4915517364982"
	for name, b := range map[string]string{
		"text":   "+" + digits,
		"packed": "\xff\x07\x49\x15\x51\x73\x64\x98\x2f",
		"varint": "\x08\xf6\xb5\xaa\xdd\x87\x8f\x01",
		"le":     "\xf6\x9a\xaa\x7b\x78\x04",
		"be":     "\x04\x78\x7b\xaa\x9a\xf6",
		"hex":    fmt.Sprintf("%x", uint64(4915517364982)),
	} {
		if len(Find([]byte(b), Number("it", digits))) == 0 {
			t.Errorf("%s: not found in %x", name, b)
		}
	}
}

func TestAFolderIsSearchedWithItsNames(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a", "kingfisher"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a", "kingfisher", "b"), []byte("heron"), 0o600); err != nil {
		t.Fatal(err)
	}
	places, err := Dir("there", dir)
	if err != nil || len(places) != 1 {
		t.Fatalf("%v %v", places, err)
	}
	for _, word := range []string{"kingfisher", "heron"} {
		if len(Find(places[0].Bytes, Text(word, word))) == 0 {
			t.Errorf("no %s in %q", word, places[0].Bytes)
		}
	}
}
