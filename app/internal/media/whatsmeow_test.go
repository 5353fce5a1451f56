//go:build !js

package media_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
	"unsafe"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/store"
	"google.golang.org/protobuf/proto"

	"ferry/app/internal/media"
)

// sizes lie around the blocks of the cipher and the steps of the sidecar.
var sizes = []int{
	0, 1, 15, 16, 17, 31, 32, 33, 1000,
	65536 - 33, 65536 - 32, 65536 - 17, 65536 - 16, 65536 - 15, 65536 - 1, 65536, 65536 + 1, 65536 + 15, 65536 + 16, 65536 + 17,
	2*65536 - 17, 2*65536 - 16, 2*65536 - 1, 2 * 65536, 2*65536 + 1, 3*65536 + 777,
}

// host is a media host in memory.
type host struct{ file []byte }

func (h *host) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := func(b []byte) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: io.NopCloser(bytes.NewReader(b)), Header: http.Header{}, Request: r}, nil
	}
	if r.Method == http.MethodGet {
		return answer(h.file)
	}
	defer r.Body.Close()
	var err error
	if h.file, err = io.ReadAll(r.Body); err != nil {
		return nil, err
	}
	return answer([]byte(`{"url":"https://host/file","direct_path":"/file?f=1"}`))
}

// whatsapp is whatsmeow with its media host in memory, and no connection.
func whatsapp(h *host) *whatsmeow.Client {
	c := whatsmeow.NewClient(&store.Device{}, nil)
	c.SetMediaHTTPClient(&http.Client{Transport: h})
	known := reflect.ValueOf(c).Elem().FieldByName("mediaConnCache") // what it would ask the server for
	reflect.NewAt(known.Type(), unsafe.Pointer(known.UnsafeAddr())).Elem().Set(reflect.ValueOf(&whatsmeow.MediaConn{
		TTL: 3600, AuthTTL: 3600, FetchedAt: time.Now(), Hosts: []whatsmeow.MediaConnHost{{Hostname: "host"}},
	}))
	return c
}

func TestWhatsAppReadsWhatWeEncrypt(t *testing.T) {
	h := &host{}
	wa := whatsapp(h)
	for _, size := range sizes {
		plain, key := text(size), media.Key{1, 2, byte(size)}
		var file bytes.Buffer
		d, err := media.Encrypt(&file, chunky(plain), key, media.Video, true)
		if err != nil {
			t.Fatal(err)
		}
		h.file = file.Bytes()
		got, err := wa.Download(t.Context(), &waE2E.VideoMessage{
			URL: proto.String("https://host/file"), DirectPath: proto.String("/file?f=1"), MediaKey: key[:],
			FileSHA256: d.SHA256[:], FileEncSHA256: d.EncSHA256[:], FileLength: proto.Uint64(uint64(d.Size)),
		})
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: %v, and %d came out", size, err, len(got))
		}
		if int64(file.Len()) != media.FileSize(int64(size)) {
			t.Errorf("%d bytes: a file of %d, not %d", size, file.Len(), media.FileSize(int64(size)))
		}
	}
}

func TestWeReadWhatWhatsAppEncrypts(t *testing.T) {
	h := &host{}
	wa := whatsapp(h)
	for _, typ := range []media.Type{media.Image, media.Video, media.Audio, media.Document} {
		for _, size := range sizes {
			plain := text(size)
			up, err := wa.Upload(context.Background(), plain, whatsmeow.MediaType(typ))
			if err != nil {
				t.Fatal(err)
			}
			d := media.Digest{Size: int64(up.FileLength), SHA256: [32]byte(up.FileSHA256), EncSHA256: [32]byte(up.FileEncSHA256)}
			var got bytes.Buffer
			if err := media.Decrypt(&got, chunky(h.file), media.Key(up.MediaKey), typ, d); err != nil || !bytes.Equal(got.Bytes(), plain) {
				t.Errorf("%s, %d bytes: %v, and %d came out", typ, size, err, got.Len())
			}
			r := media.Reader{File: bytes.NewReader(h.file), Keys: media.Key(up.MediaKey).Derive(typ), Size: d.Size}
			if all, err := io.ReadAll(io.NewSectionReader(r, 0, d.Size)); err != nil || !bytes.Equal(all, plain) {
				t.Errorf("%s, %d bytes: read in pieces: %v", typ, size, err)
			}
		}
	}
}

func TestWhatWasChangedIsRefused(t *testing.T) {
	plain, key := text(70_000), media.Key{7}
	var b bytes.Buffer
	d, err := media.Encrypt(&b, bytes.NewReader(plain), key, media.Image, false)
	if err != nil {
		t.Fatal(err)
	}
	file := b.Bytes()
	flip := func(at int) []byte {
		c := bytes.Clone(file)
		c[at] ^= 1
		return c
	}
	other, otherHash, otherSize, bigger := d, d, d, d
	other.EncSHA256[3]++
	otherHash.SHA256[3]++
	otherSize.Size--
	bigger.Size = media.MaxSize + 1
	for name, c := range map[string]struct {
		file []byte
		key  media.Key
		typ  media.Type
		d    media.Digest
		want error
	}{
		"nothing":              {nil, key, media.Image, d, media.ErrTampered},
		"first byte":           {flip(0), key, media.Image, d, media.ErrTampered},
		"in the middle":        {flip(40_000), key, media.Image, d, media.ErrTampered},
		"padding":              {flip(len(file) - 11), key, media.Image, d, media.ErrTampered},
		"MAC":                  {flip(len(file) - 1), key, media.Image, d, media.ErrTampered},
		"cut":                  {file[:len(file)-16], key, media.Image, d, media.ErrTampered},
		"longer":               {append(bytes.Clone(file), 0), key, media.Image, d, media.ErrTampered},
		"another file":         {file, key, media.Image, other, media.ErrTampered},
		"another plaintext":    {file, key, media.Image, otherHash, media.ErrTampered},
		"another size":         {file, key, media.Image, otherSize, media.ErrTampered},
		"another key":          {file, media.Key{8}, media.Image, d, media.ErrTampered},
		"another type":         {file, key, media.Video, d, media.ErrTampered},
		"announced as endless": {file, key, media.Image, bigger, media.ErrTooBig},
	} {
		t.Run(name, func(t *testing.T) {
			if err := media.Decrypt(io.Discard, bytes.NewReader(c.file), c.key, c.typ, c.d); !errors.Is(err, c.want) {
				t.Errorf("it says %v", err)
			}
		})
	}
}

func TestKeysDoNotPrintThemselves(t *testing.T) {
	k := media.Key{0xAB, 0xCD}
	for _, s := range []string{fmt.Sprint(k), fmt.Sprintf("%v %+v %#v %s", k, k, k, k), fmt.Sprintf("%v %+v %#v", k.Derive(media.Image), k.Derive(media.Image), k.Derive(media.Image))} {
		if strings.Contains(strings.ToLower(s), "abcd") || strings.Contains(s, "171") || strings.Contains(s, "0x") {
			t.Errorf("it prints %s", s)
		}
	}
}
