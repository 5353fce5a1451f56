package strip_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"testing"

	"ferry/app/internal/media"
	"ferry/app/internal/media/strip"
)

const secret = "48.8583N2.2945E"

func picture() image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, 40, 30))
	for i := range m.Pix {
		m.Pix[i] = byte(i * 31)
	}
	m.Set(1, 1, color.NRGBA{1, 2, 3, 4})
	return m
}

func stripped(b []byte) ([]byte, error) {
	var out bytes.Buffer
	err := strip.Strip(&out, bytes.NewReader(b), int64(len(b)))
	return out.Bytes(), err
}

// exif has an orientation, and a secret.
func exif(order binary.AppendByteOrder, turn uint16) []byte {
	b := []byte("II*\x00")
	if order.AppendUint16(nil, 1)[0] == 0 {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 2)
	b = append(order.AppendUint32(order.AppendUint16(order.AppendUint16(b, 0x010F), 2), 16), 38, 0, 0, 0)
	b = order.AppendUint16(order.AppendUint32(order.AppendUint16(order.AppendUint16(b, 0x0112), 3), 1), turn)
	return append(append(b, 0, 0, 0, 0, 0, 0), secret...)
}

func segment(marker byte, body string) []byte {
	return append([]byte{0xFF, marker, byte((len(body) + 2) >> 8), byte(len(body) + 2)}, body...)
}

func jpegWith(segments ...[]byte) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture(), nil); err != nil {
		panic(err)
	}
	plain := b.Bytes()
	out := bytes.Clone(plain[:2])
	for _, s := range segments {
		out = append(out, s...)
	}
	return append(out, plain[2:]...)
}

func TestAJPEGLosesAllButThePicture(t *testing.T) {
	icc := segment(0xE2, "ICC_PROFILE\x00\x01\x01profile")
	for name, order := range map[string]binary.AppendByteOrder{"little": binary.LittleEndian, "big": binary.BigEndian} {
		in := jpegWith(segment(0xE0, "JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x01\x01"+secret[:3]), segment(0xE1, "Exif\x00\x00"+string(exif(order, 6))),
			segment(0xE1, "http://ns.adobe.com/xap/1.0/\x00"+secret), segment(0xED, "Photoshop 3.0\x00"+secret), icc,
			segment(0xE2, "MPF\x00"+secret), segment(0xFE, secret), segment(0xEA, secret))
		in = append(in, "\xFF\xD8 another picture "+secret...)
		out, err := stripped(in)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(out, []byte(secret)) || bytes.Contains(out, []byte(secret[:3])) {
			t.Error("the secret is still there")
		}
		if !bytes.Contains(out, icc) || !bytes.Contains(out, []byte("\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06")) {
			t.Errorf("%s: no profile, or not turned", name)
		}
		same(t, in, out, jpeg.Decode)
		if again, err := stripped(out); err != nil || !bytes.Equal(again, out) {
			t.Errorf("a second time it changes again: %v", err)
		}
	}
}

func same(t *testing.T, a, b []byte, decode func(io.Reader) (image.Image, error)) {
	t.Helper()
	was, err := decode(bytes.NewReader(a))
	if err != nil {
		t.Fatal(err)
	}
	is, err := decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for y := range was.Bounds().Dy() {
		for x := range was.Bounds().Dx() {
			if was.At(x, y) != is.At(x, y) {
				t.Fatalf("another pixel at %d, %d", x, y)
			}
		}
	}
}

func chunk(kind, body string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, kind...), body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

func pngWith(chunks ...[]byte) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, picture()); err != nil {
		panic(err)
	}
	const ihdr = 8 + 25
	out := bytes.Clone(b.Bytes()[:ihdr])
	for _, c := range chunks {
		out = append(out, c...)
	}
	return append(out, b.Bytes()[ihdr:]...)
}

func TestAPNGLosesAllButThePicture(t *testing.T) {
	in := pngWith(chunk("gAMA", "\x00\x00\xb1\x8f"), chunk("eXIf", string(exif(binary.BigEndian, 8))), chunk("tEXt", "Comment\x00"+secret),
		chunk("iTXt", "XML:com.adobe.xmp\x00\x00\x00\x00\x00"+secret), chunk("zTXt", secret), chunk("tIME", "\x07\xe8\x01\x01\x01\x01\x01"), chunk("prVt", secret))
	out, err := stripped(append(in, secret...))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(out, []byte(secret)) || bytes.Contains(out, []byte("tIME")) {
		t.Error("the secret is still there")
	}
	if !bytes.Contains(out, []byte("gAMA")) || !bytes.Contains(out, []byte("\x01\x12\x00\x03\x00\x00\x00\x01\x00\x08")) {
		t.Error("no gamma, or not turned")
	}
	same(t, in, out, png.Decode)
}

func webp(chunks ...[]byte) []byte {
	var body []byte
	for _, c := range chunks {
		body = append(body, c...)
	}
	return append(append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body)+4)), "WEBP"...), body...)
}

func riff(kind, body string) []byte {
	b := append(binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body))), body...)
	if len(body)%2 == 1 {
		b = append(b, 0)
	}
	return b
}

func TestAWebPLosesAllButThePicture(t *testing.T) {
	vp8x := func(flags byte) []byte { return riff("VP8X", string(flags)+"\x00\x00\x00\x27\x00\x00\x1d\x00\x00") }
	pic := riff("VP8L", "the picture")
	for name, c := range map[string]struct{ in, want []byte }{
		"plain":       {webp(pic), webp(pic)},
		"all":         {webp(vp8x(0x2C), riff("ICCP", "icc"), pic, riff("EXIF", string(exif(binary.LittleEndian, 1))), riff("XMP ", secret), riff("Abcd", secret)), webp(vp8x(0x20), riff("ICCP", "icc"), pic)},
		"trailing":    {append(webp(pic), secret...), webp(pic)},
		"unannounced": {webp(pic, riff("EXIF", string(exif(binary.LittleEndian, 6)))), webp(pic)},
	} {
		if got, err := stripped(c.in); err != nil || !bytes.Equal(got, c.want) {
			t.Errorf("%s: %v\n%q", name, err, got)
		}
	}
	turned, err := stripped(webp(vp8x(0x0C), pic, riff("EXIF", "Exif\x00\x00"+string(exif(binary.LittleEndian, 3))), riff("XMP ", secret)))
	if err != nil || bytes.Contains(turned, []byte(secret)) || !bytes.HasPrefix(turned[12:], vp8x(0x08)) ||
		!bytes.Contains(turned, []byte("\x01\x12\x00\x03\x00\x00\x00\x01\x00\x03")) || int(binary.LittleEndian.Uint32(turned[4:])) != len(turned)-8 {
		t.Errorf("%v\n%q", err, turned)
	}
}

func TestWhatIsMalformedIsRefused(t *testing.T) {
	badSum := pngWith(chunk("gAMA", "\x00\x00\xb1\x8f"))
	badSum[8+25+10] ^= 1
	whole := jpegWith()
	for name, in := range map[string][]byte{
		"nothing":                nil,
		"text":                   []byte("hello, I am a picture"),
		"GIF":                    []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"),
		"JPEG of only its start": {0xFF, 0xD8, 0xFF, 0xD9, 0, 0, 0, 0, 0, 0, 0, 0},
		"JPEG cut in its scan":   whole[:len(whole)-2],
		"JPEG cut in a segment":  whole[:30],
		"JPEG with a bad length": append([]byte{0xFF, 0xD8}, 0xFF, 0xE1, 0, 1, 0, 0, 0, 0, 0, 0, 0),
		"PNG with a bad sum":     badSum,
		"PNG without its end":    pngWith()[:len(pngWith())-12],
		"PNG without a header":   append([]byte("\x89PNG\r\n\x1a\n"), chunk("IDAT", "")...),
		"WebP of nothing":        webp(),
		"WebP that is longer":    webp(riff("VP8L", "the picture"))[:20],
		"WebP with a long chunk": webp([]byte("VP8L\xff\xff\xff\xffabc")),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := stripped(in); !errors.Is(err, media.ErrUnusable) {
				t.Errorf("it says %v", err)
			}
		})
	}
	for n := range len(whole) {
		if _, err := stripped(whole[:n]); !errors.Is(err, media.ErrUnusable) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
}

func FuzzStrip(f *testing.F) {
	f.Add(jpegWith(segment(0xE1, "Exif\x00\x00"+string(exif(binary.BigEndian, 6))), segment(0xFE, secret)))
	f.Add(pngWith(chunk("tEXt", secret), chunk("eXIf", string(exif(binary.BigEndian, 6)))))
	f.Add(webp(riff("VP8X", "\x0c\x00\x00\x00\x27\x00\x00\x1d\x00\x00"), riff("VP8L", "the picture"), riff("EXIF", string(exif(binary.LittleEndian, 3)))))
	f.Fuzz(func(t *testing.T, in []byte) {
		out, err := stripped(in)
		if err != nil {
			if !errors.Is(err, media.ErrUnusable) {
				t.Fatal(err)
			}
			return
		}
		if len(out) > len(in)+64 {
			t.Fatalf("%d became %d", len(in), len(out))
		}
		again, err := stripped(out)
		if err != nil || !bytes.Equal(again, out) {
			t.Fatalf("a second time: %v\n%q\n%q", err, out, again)
		}
	})
}
