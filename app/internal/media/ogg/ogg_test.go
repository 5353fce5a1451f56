package ogg_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"ferry/app/internal/media"
	"ferry/app/internal/media/ogg"
)

const serial = 0x0BADCAFE

func remux(b []byte) ([]byte, time.Duration, error) {
	var out bytes.Buffer
	d, err := ogg.Remux(&out, bytes.NewReader(b), serial)
	return out.Bytes(), d, err
}

// packets reads all packets of an Ogg file, and the position of its end.
func packets(t *testing.T, b []byte) (all [][]byte, end uint64) {
	t.Helper()
	r := ogg.NewReader(bytes.NewReader(b))
	for {
		p, err := r.Packet()
		if err == io.EOF {
			return all, r.Granule()
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, bytes.Clone(p))
	}
}

func recording(t testing.TB) []byte {
	b, err := os.ReadFile("testdata/chromium.webm")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestARecordingOfChromiumBecomesOgg(t *testing.T) {
	in := recording(t)
	out, d, err := remux(in)
	if err != nil {
		t.Fatal(err)
	}
	if d < 2*time.Second || d > 3*time.Second {
		t.Errorf("it plays for %v", d)
	}
	all, end := packets(t, out)
	if string(all[0][:8]) != "OpusHead" || string(all[1][:8]) != "OpusTags" {
		t.Errorf("it begins with %q and %q", all[0], all[1])
	}
	preSkip := uint64(binary.LittleEndian.Uint16(all[0][10:]))
	if got := time.Duration(end-preSkip) * time.Second / 48000; got != d {
		t.Errorf("it ends at %v, and plays for %v", got, d)
	}
	for i, p := range all[2:] { // each packet as it was, in its order
		at := bytes.Index(in, p)
		if at < 0 {
			t.Fatalf("packet %d is not in the recording", i)
		}
		in = in[at+len(p):]
	}
	again, d2, err := remux(out)
	if err != nil || d2 != d || !bytes.Equal(again, out) {
		t.Errorf("Ogg does not stay as it is: %v", err)
	}
}

// element is one of WebM, its size in five bytes.
func element(id string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(append([]byte(id), 0x08), uint32(len(body)))
	return append(b, body...)
}

const (
	ebml, segment, cluster = "\x1A\x45\xDF\xA3", "\x18\x53\x80\x67", "\x1F\x43\xB6\x75"
	unknown                = "\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
)

func head(channels byte) []byte {
	return []byte{'O', 'p', 'u', 's', 'H', 'e', 'a', 'd', 1, channels, 0x38, 1, 0x80, 0xBB, 0, 0, 0, 0, 0}
}

func file(codec string, private []byte, blocks ...[]byte) []byte {
	track := bytes.Join([][]byte{element("\xD7", []byte{1}), element("\x86", []byte(codec)), element("\x63\xA2", private)}, nil)
	b := append(element(ebml, []byte("webm")), segment+unknown...)
	b = append(b, element("\x16\x54\xAE\x6B", element("\xAE", track))...)
	b = append(b, cluster+unknown...)
	b = append(b, element("\xE7", []byte{0})...)
	return append(b, bytes.Join(blocks, nil)...)
}

func simple(track byte, packet []byte) []byte {
	return element("\xA3", append([]byte{0x80 | track, 0, 0, 0x80}, packet...))
}

func group(packet []byte) []byte {
	return element("\xA0", append(element("\xA1", append([]byte{0x81, 0, 0, 0}, packet...)), element("\x9B", []byte{20})...))
}

// sound is a packet of n bytes, 20 ms of CELT.
func sound(n int) []byte {
	b := bytes.Repeat([]byte{0x55}, n)
	b[0] = 0xFC
	return b
}

func TestBlocksAndGroupsOfAnySizeArriveWhole(t *testing.T) {
	var blocks, want [][]byte
	for i := range 300 {
		p := sound(1 + i*7%600)
		if i == 50 {
			p = sound(60_000)
		}
		want = append(want, p)
		if i%2 == 0 {
			blocks = append(blocks, simple(1, p), simple(2, []byte("another track")))
		} else {
			blocks = append(blocks, group(p), []byte(cluster+unknown))
		}
	}
	out, d, err := remux(file("A_OPUS", head(1), blocks...))
	if err != nil {
		t.Fatal(err)
	}
	got, end := packets(t, out)
	if len(got) != len(want)+2 || end != 300*960 || d != time.Duration(300*960-0x138)*time.Second/48000 {
		t.Fatalf("%d packets until %d, %v", len(got), end, d)
	}
	for i := range want {
		if !bytes.Equal(got[i+2], want[i]) {
			t.Fatalf("packet %d differs", i)
		}
	}
}

func TestWhatIsNoRecordingIsRefused(t *testing.T) {
	whole := file("A_OPUS", head(1), simple(1, sound(100)), simple(1, sound(100)))
	laced := simple(1, sound(100))
	laced[len(laced)-101] |= 2
	broken, _, err := remux(whole)
	if err != nil {
		t.Fatal(err)
	}
	broken[len(broken)-1] ^= 1
	for name, in := range map[string][]byte{
		"nothing":              nil,
		"text":                 []byte("hello"),
		"no sound":             file("A_OPUS", head(1)),
		"Vorbis":               file("A_VORBIS", head(1), simple(1, sound(9))),
		"surround":             file("A_OPUS", head(6), simple(1, sound(9))),
		"no header":            file("A_OPUS", []byte("OpusHead"), simple(1, sound(9))),
		"laced":                file("A_OPUS", head(1), laced),
		"a packet too long":    file("A_OPUS", head(1), simple(1, sound(70_000))),
		"an empty packet":      file("A_OPUS", head(1), simple(1, nil)),
		"two seconds at once":  file("A_OPUS", head(1), simple(1, []byte{0xFF, 0x3F})),
		"cut":                  whole[:len(whole)-1],
		"Ogg, changed":         broken,
		"Ogg, cut":             broken[:len(broken)-40],
		"a header of any size": append([]byte(ebml), unknown...),
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := remux(in); !errors.Is(err, media.ErrUnusable) {
				t.Errorf("it says %v", err)
			}
		})
	}
}

func FuzzRemux(f *testing.F) {
	f.Add(recording(f))
	f.Add(file("A_OPUS", head(1), simple(1, sound(100)), group(sound(30))))
	out, _, err := remux(file("A_OPUS", head(2), simple(1, sound(100))))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(out)
	f.Fuzz(func(t *testing.T, in []byte) {
		out, d, err := remux(in)
		if err != nil {
			if !errors.Is(err, media.ErrUnusable) {
				t.Fatal(err)
			}
			return
		}
		packets(t, out)
		if again, d2, err := remux(out); err != nil || d2 != d || !bytes.Equal(again, out) {
			t.Fatalf("Ogg does not stay as it is: %v", err)
		}
	})
}
