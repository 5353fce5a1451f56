package media

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"syscall/js"

	"ferry/app/internal/browser/jsx"
	"ferry/app/internal/media"
	"ferry/app/internal/model"
	"ferry/app/internal/store"
)

// MaxSidecar is the largest plaintext for which a sidecar is made, in bytes:
// it travels inside the message, ten bytes for each 64 KiB.
const MaxSidecar = 256 << 20

// Files is media.Files over the browser's private file system. Ciphertext is
// there; what it is of, is sealed in a store.
type Files struct {
	account string
	store   store.Store
	staged  *Staged
	leave   func(ctx context.Context, refused string) (string, error) // of a WhatsApp user; else nil
}

var _ media.Files = (*Files)(nil)

// New gives the files of an account. Their records are kept in s.
func New(account string, s store.Store, staged *Staged) *Files {
	return &Files{account: account, store: s, staged: staged}
}

// UseSandbox has the files of a WhatsApp user moved by way of the sandbox's
// media host. Leave gives leave to upload; refused is one that it took no longer,
// or "".
func (f *Files) UseSandbox(leave func(ctx context.Context, refused string) (string, error)) {
	f.leave = leave
}

// record is what is known of a file that is whole.
type record struct {
	Size      int64  `json:"size"` // of the plaintext
	SHA256    []byte `json:"sha256"`
	EncSHA256 []byte `json:"encSha256"`
	Sidecar   []byte `json:"sidecar,omitempty"`
	Seconds   int    `json:"seconds,omitempty"`
}

func key(id model.FileID) string { return "file:" + string(id) }

func (f *Files) load(ctx context.Context, id model.FileID) (record, bool, error) {
	raw, err := f.store.Get(ctx, store.Meta, key(id))
	if err != nil || raw == nil {
		return record{}, false, err
	}
	var r record
	if err := json.Unmarshal(raw, &r); err != nil {
		return record{}, false, fmt.Errorf("record of a file: %w", err)
	}
	here, err := f.call(ctx, "has", map[string]any{"path": f.path(id), "size": r.Size})
	return r, err == nil && here.Bool(), err
}

func (f *Files) keep(ctx context.Context, id model.FileID, r record) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	var b store.Batch
	b.Put(store.Meta, key(id), raw)
	return f.store.Commit(ctx, &b)
}

// path is the folder of a file, from the root of the private file system.
func (f *Files) path(id model.FileID) []any {
	return []any{folder, f.account, string(id)}
}

const folder = "media"

// Has tells whether the whole, verified file is here.
func (f *Files) Has(ctx context.Context, id model.FileID) (bool, error) {
	_, ok, err := f.load(ctx, id)
	return ok, err
}

// Remove deletes whatever is kept under id.
func (f *Files) Remove(ctx context.Context, id model.FileID) error {
	f.staged.Drop(id)
	var b store.Batch
	b.Delete(store.Meta, key(id))
	if err := f.store.Commit(ctx, &b); err != nil {
		return err
	}
	_, err := f.call(ctx, "remove", f.path(id))
	return err
}

// Wipe deletes all files of an account.
func Wipe(ctx context.Context, account string) error {
	_, err := (&Files{}).call(ctx, "remove", []any{folder, account})
	return err
}

// Encrypt reads what was handed over under id.
func (f *Files) Encrypt(ctx context.Context, id model.FileID, key media.Key, typ media.Type, prep media.Prepare, p media.Progress) (media.Prepared, error) {
	if r, ok, err := f.load(ctx, id); err != nil || ok {
		return r.prepared(), err
	}
	source, err := f.staged.get(ctx, id)
	if errors.Is(err, media.ErrLost) { // what an earlier core has made of it is of no use to anybody
		if _, err := f.call(ctx, "remove", f.path(id)); err != nil {
			return media.Prepared{}, err
		}
	}
	if err != nil {
		return media.Prepared{}, err
	}
	source, seconds, err := prepare(source, prep)
	if err != nil {
		return media.Prepared{}, unreadable(err)
	}
	size := sizeOf(source)
	if size > media.MaxSize {
		return media.Prepared{}, media.ErrTooBig
	}
	made, err := f.work(ctx, "encrypt", p, map[string]any{
		"path": f.path(id), "source": source, "keys": keysOf(key, typ),
		"sidecar": (typ == media.Video || typ == media.Audio) && size <= MaxSidecar,
	})
	if err != nil {
		return media.Prepared{}, unreadable(err)
	}
	r := record{Size: int64(made.Get("size").Float()), Seconds: seconds}
	r.SHA256, _ = jsx.Bytes(made.Get("sha256"))
	r.EncSHA256, _ = jsx.Bytes(made.Get("encSha256"))
	if s := made.Get("sidecar"); s.Truthy() {
		r.Sidecar, _ = jsx.Bytes(s)
	}
	if err := f.keep(ctx, id, r); err != nil {
		return media.Prepared{}, err
	}
	f.staged.Drop(id)
	return r.prepared(), nil
}

func (r record) prepared() media.Prepared {
	p := media.Prepared{Digest: media.Digest{Size: r.Size, Sidecar: r.Sidecar}, Seconds: r.Seconds}
	copy(p.SHA256[:], r.SHA256)
	copy(p.EncSHA256[:], r.EncSHA256)
	return p
}

// Upload brings the kept file to the relay's media host, which knows how much
// of it is there.
func (f *Files) Upload(ctx context.Context, id model.FileID, d media.Digest, p media.Progress) (media.Place, error) {
	o := map[string]any{"path": f.path(id), "size": d.Size, "encSha256": jsx.Uint8(d.EncSHA256[:])}
	leave := ""
	if f.leave != nil {
		var err error
		if leave, err = f.leave(ctx, ""); err != nil {
			return media.Place{}, err
		}
		o["leave"] = leave
	}
	path, err := f.work(ctx, "upload", p, o)
	if err != nil && f.leave != nil && jsx.Name(err) == "ferry:leave" { // the next try has what is asked for now
		_, asked := f.leave(ctx, leave)
		err = errors.Join(err, asked)
	}
	if err != nil {
		return media.Place{}, err
	}
	return media.Place{DirectPath: path.String()}, nil
}

// Download fetches a file through the relay and verifies it.
func (f *Files) Download(ctx context.Context, id model.FileID, key media.Key, typ media.Type, d media.Digest, from media.Place, p, check media.Progress) error {
	if _, ok, err := f.load(ctx, id); err != nil || ok {
		return err
	}
	if d.Size < 0 || d.Size > media.MaxSize {
		return media.ErrTooBig
	}
	checked := told(check)
	defer checked.Release()
	_, err := f.work(ctx, "download", p, map[string]any{
		"checked": checked,
		"path":    f.path(id), "place": from.DirectPath, "door": f.leave != nil, "size": d.Size, "keys": keysOf(key, typ),
		"sha256": jsx.Uint8(d.SHA256[:]), "encSha256": jsx.Uint8(d.EncSHA256[:]),
	})
	if err != nil {
		return err
	}
	return f.keep(ctx, id, record{Size: d.Size, SHA256: d.SHA256[:], EncSHA256: d.EncSHA256[:]})
}

// Serve answers a page's questions for pieces of an attachment on a port: of
// the file that is here, or where the sidecar vouches for them, from its host.
func (f *Files) Serve(ctx context.Context, a media.Attachment, port js.Value) error {
	_, local, err := f.load(ctx, a.File)
	if err != nil {
		return err
	}
	if !local && (a.Place.DirectPath == "" || !media.Streams(a.Size, a.Sidecar)) {
		return media.ErrNoFile
	}
	_, err = f.call(ctx, "serve", port, map[string]any{
		"path": f.path(a.File), "local": local, "place": a.Place.DirectPath, "door": f.leave != nil, "size": a.Size,
		"keys": keysOf(a.Key, a.Type), "sidecar": jsx.Uint8(a.Sidecar),
		"head": map[string]any{"size": a.Size, "mime": a.MIME, "name": a.Name},
	})
	return err
}

// View is Serve for a page that names a message: find gives its attachment. The
// page is told what is wrong.
func (f *Files) View(ctx context.Context, find func() (media.Attachment, error), port js.Value) {
	a, err := find()
	if err == nil {
		err = f.Serve(ctx, a, port)
	}
	if err != nil {
		port.Call("postMessage", map[string]any{"error": Code(err)})
	}
}

func keysOf(key media.Key, typ media.Type) map[string]any {
	k := key.Derive(typ)
	return map[string]any{"iv": jsx.Uint8(k.IV[:]), "cipher": jsx.Uint8(k.Cipher[:]), "mac": jsx.Uint8(k.MAC[:])}
}

// work is a call that tells how far it is and ends with ctx. It returns only
// once the scripts have let go of the file.
func (f *Files) work(ctx context.Context, method string, p media.Progress, o map[string]any) (js.Value, error) {
	abort := js.Global().Get("AbortController").New()
	defer context.AfterFunc(ctx, func() { abort.Call("abort") })()
	progress := told(p)
	defer progress.Release()
	o["signal"], o["progress"] = abort.Get("signal"), progress
	v, err := f.call(ctx, method, o)
	if err != nil && ctx.Err() != nil {
		return v, ctx.Err()
	}
	return v, err
}

// told is a function for the scripts to say how far they are.
func told(p media.Progress) js.Func {
	return js.FuncOf(func(_ js.Value, args []js.Value) any {
		if p != nil {
			p(int64(args[0].Float()), int64(args[1].Float()))
		}
		return nil
	})
}

func (f *Files) call(ctx context.Context, method string, args ...any) (js.Value, error) {
	v, err := jsx.Call(context.WithoutCancel(ctx), js.Global().Get("ferryFiles"), method, args...)
	return v, verdict(err)
}

var faults = map[string]error{
	"ferry:gone": media.ErrGone, "ferry:tampered": media.ErrTampered, "ferry:too_big": media.ErrTooBig,
	"ferry:no_room": media.ErrNoRoom, "QuotaExceededError": media.ErrNoRoom, "ferry:over_quota": media.ErrOverQuota,
	"ferry:unusable": media.ErrUnusable, "ferry:refused": media.ErrRefused, "ferry:no_file": media.ErrNoFile,
}

// verdict puts an error of the scripts into the contract's words.
func verdict(err error) error {
	if known, ok := faults[jsx.Name(err)]; ok {
		return fmt.Errorf("%w: %w", known, err)
	}
	return err
}

// unreadable is for errors of reading a source: it was moved, changed, or is
// not to be read.
func unreadable(err error) error {
	switch jsx.Name(err) {
	case "NotReadableError", "NotFoundError", "SecurityError":
		return fmt.Errorf("%w: %w", media.ErrUnusable, err)
	}
	return err
}

// Code is the name of an error for a page, without what is inside it.
func Code(err error) string {
	for name, known := range faults {
		if errors.Is(err, known) && name != "QuotaExceededError" {
			return name
		}
	}
	return "ferry:failed"
}
