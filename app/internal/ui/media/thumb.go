package media

import (
	"hash/fnv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"ferry/app/internal/model"
)

// maxThumbs bounds the small pictures that are held for img elements.
const maxThumbs = 400

// thumbs are addresses of small pictures, by their bytes.
var thumbs = struct {
	urls  map[uint64]string
	order []uint64
}{urls: map[uint64]string{}}

// ThumbURL gives an address of a JPEG for an img element; "" for what is none.
// The same bytes have the same address.
func ThumbURL(jpeg []byte) string {
	if len(jpeg) < 4 || len(jpeg) > model.MaxThumb || jpeg[0] != 0xff || jpeg[1] != 0xd8 {
		return ""
	}
	h := fnv.New64a()
	_, _ = h.Write(jpeg) // never fails
	id := h.Sum64()
	if url, ok := thumbs.urls[id]; ok {
		return url
	}
	url := blobURL(jpeg, "image/jpeg")
	if url == "" {
		return ""
	}
	thumbs.urls[id] = url
	thumbs.order = append(thumbs.order, id)
	if len(thumbs.order) > maxThumbs {
		old := thumbs.order[0]
		thumbs.order = thumbs.order[1:]
		app.Window().Get("URL").Call("revokeObjectURL", thumbs.urls[old])
		delete(thumbs.urls, old)
	}
	return url
}

// blobURL puts bytes where elements of the page can load them.
func blobURL(b []byte, mime string) string {
	if !app.IsClient {
		return ""
	}
	w := app.Window()
	array := w.Get("Uint8Array").New(len(b))
	app.CopyBytesToJS(array, b)
	return w.Get("URL").Call("createObjectURL", w.Get("Blob").New([]any{array}, map[string]any{"type": mime})).String()
}
