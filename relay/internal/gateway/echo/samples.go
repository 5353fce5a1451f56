package echo

import (
	"bytes"
	_ "embed" // the samples that Go cannot make
	"fmt"
	"image"
	"image/color"
	"image/jpeg"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
)

// The samples are test patterns, made with ffmpeg and cwebp.
var (
	//go:embed samples/video.mp4
	sampleVideo []byte // three seconds of 240 by 160, H.264 and AAC
	//go:embed samples/voice.ogg
	sampleVoice []byte // three seconds of Opus in Ogg, mono
	//go:embed samples/sticker.webp
	sampleSticker []byte // 512 by 512, transparent
)

const sampleText = "This is a file from Echo. It came to you encrypted, through two media hosts.\n"

// samplePhoto is a sunset, of that size.
func samplePhoto(width, height int) ([]byte, error) {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.RGBA{uint8(250 - 110*y/height), uint8(140 - 90*y/height), uint8(90 + 60*y/height), 255} //nolint:gosec // within a byte
			dx, dy := x-width*2/3, y-height*3/5
			switch {
			case y > height*3/4:
				c = color.RGBA{30, uint8(50 + 30*x/width), 90, 255} //nolint:gosec // within a byte
			case dx*dx+dy*dy < height*height/40:
				c = color.RGBA{255, 225, 150, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 80}); err != nil {
		return nil, fmt.Errorf("echo: photo: %w", err)
	}
	return b.Bytes(), nil
}

// waveform is the shape of sampleVoice: how loud each of 64 parts is, up to 100.
func waveform() []byte {
	out := make([]byte, 64)
	for i := range out {
		rise := i % 14
		if rise > 7 {
			rise = 14 - rise
		}
		out[i] = byte(30 + 10*rise) //nolint:gosec // at most 100
	}
	return out
}

// uploader puts a file where the receiver can fetch it.
type uploader func(data []byte, kind whatsmeow.MediaType) (whatsmeow.UploadResponse, error)

// sample is a message of that kind.
func sample(word string, upload uploader) (*waE2E.Message, error) {
	build := map[string]func(uploader) (*waE2E.Message, error){
		"photo": photoMessage, "video": videoMessage, "voice": voiceMessage, "file": fileMessage, "sticker": stickerMessage,
	}[word]
	if build == nil {
		return nil, fmt.Errorf("echo: no sample of %q", word)
	}
	return build(upload)
}

func photoMessage(upload uploader) (*waE2E.Message, error) {
	big, err := samplePhoto(960, 640)
	if err != nil {
		return nil, err
	}
	small, err := samplePhoto(72, 48)
	if err != nil {
		return nil, err
	}
	up, err := upload(big, whatsmeow.MediaImage)
	return &waE2E.Message{ImageMessage: &waE2E.ImageMessage{
		URL: &up.URL, DirectPath: &up.DirectPath, MediaKey: up.MediaKey, FileEncSHA256: up.FileEncSHA256, FileSHA256: up.FileSHA256,
		FileLength: &up.FileLength, Mimetype: proto.String("image/jpeg"), Caption: proto.String("A photo"),
		Width: proto.Uint32(960), Height: proto.Uint32(640), JPEGThumbnail: small,
	}}, err
}

func videoMessage(upload uploader) (*waE2E.Message, error) {
	small, err := samplePhoto(72, 48)
	if err != nil {
		return nil, err
	}
	up, err := upload(sampleVideo, whatsmeow.MediaVideo)
	return &waE2E.Message{VideoMessage: &waE2E.VideoMessage{
		URL: &up.URL, DirectPath: &up.DirectPath, MediaKey: up.MediaKey, FileEncSHA256: up.FileEncSHA256, FileSHA256: up.FileSHA256,
		FileLength: &up.FileLength, Mimetype: proto.String("video/mp4"), Caption: proto.String("A video"), Seconds: proto.Uint32(3),
		Width: proto.Uint32(240), Height: proto.Uint32(160), JPEGThumbnail: small,
	}}, err
}

func voiceMessage(upload uploader) (*waE2E.Message, error) {
	up, err := upload(sampleVoice, whatsmeow.MediaAudio)
	return &waE2E.Message{AudioMessage: &waE2E.AudioMessage{
		URL: &up.URL, DirectPath: &up.DirectPath, MediaKey: up.MediaKey, FileEncSHA256: up.FileEncSHA256, FileSHA256: up.FileSHA256,
		FileLength: &up.FileLength, Mimetype: proto.String("audio/ogg; codecs=opus"), Seconds: proto.Uint32(3), PTT: proto.Bool(true),
		Waveform: waveform(),
	}}, err
}

func fileMessage(upload uploader) (*waE2E.Message, error) {
	up, err := upload([]byte(sampleText), whatsmeow.MediaDocument)
	return &waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{
		URL: &up.URL, DirectPath: &up.DirectPath, MediaKey: up.MediaKey, FileEncSHA256: up.FileEncSHA256, FileSHA256: up.FileSHA256,
		FileLength: &up.FileLength, Mimetype: proto.String("text/plain"), FileName: proto.String("echo.txt"), Title: proto.String("echo.txt"),
		Caption: proto.String("A file"),
	}}, err
}

func stickerMessage(upload uploader) (*waE2E.Message, error) {
	up, err := upload(sampleSticker, whatsmeow.MediaImage)
	return &waE2E.Message{StickerMessage: &waE2E.StickerMessage{
		URL: &up.URL, DirectPath: &up.DirectPath, MediaKey: up.MediaKey, FileEncSHA256: up.FileEncSHA256, FileSHA256: up.FileSHA256,
		FileLength: &up.FileLength, Mimetype: proto.String("image/webp"), Width: proto.Uint32(512), Height: proto.Uint32(512),
	}}, err
}
