package mediakill

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/types/events"

	"ferry/app/internal/media"
	"ferry/app/internal/model"
	"ferry/relay/relaytest"
	"ferry/relay/relaytest/waclient"
)

// check compares what each side has with what the other sent, and looks for what was left behind.
func (w *world) check(tr *traffic) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 10*time.Minute)
	defer cancel()
	out, in := tr.lists()
	thread, err := w.anna.thread(ctx, w.chat, 0)
	w.ok(err)
	var own, got []string
	for _, m := range thread[2:] { // after the greeting
		if m.FromMe {
			own = append(own, string(m.ID))
		} else {
			got = append(got, string(m.ID))
		}
		if s := m.Media; s != nil && s.State != model.MediaLocal {
			w.t.Errorf("the file of %s is %s", m.ID, s.State)
		}
	}
	relaytest.Same(w.t, "Anna sent", own, ids(out, everything))
	relaytest.Same(w.t, "Anna got", got, ids(in, everything))
	relaytest.Same(w.t, "Ben received texts", w.received(expect(keep(out, texts))), ids(out, texts))
	var shown []string
	for _, m := range waclient.All[*events.Message](w.ben) {
		if !m.Info.IsFromMe && waclient.Text(m.Message) != "hello" {
			shown = append(shown, m.Info.ID)
		}
	}
	slices.Sort(shown)
	all := ids(out, everything)
	slices.Sort(all)
	relaytest.Same(w.t, "Ben was shown", shown, all)
	if bad := waclient.All[*events.UndecryptableMessage](w.ben); len(bad) > 0 {
		w.t.Errorf("Ben could not read %d messages at first: a session was broken", len(bad))
	}
	for name, l := range map[string]*relaytest.Logs{"relay": w.Relay.Logs, "gateway": w.Gateway.Logs} {
		for _, bad := range []string{"panic:", "DATA RACE", "fatal error:", "level=ERROR"} {
			if i := bytes.Index(l.Bytes(), []byte(bad)); i >= 0 {
				w.t.Errorf("the %s says %.500q", name, l.Bytes()[i:])
			}
		}
	}
	w.ok(w.anna.with(ctx, func(b *tab) error {
		if bad := b.halted(); bad != "" {
			w.t.Errorf("Anna's engine gave up: %s", bad)
		}
		return nil
	}))
	w.bytes(ctx, out, in)
	w.kept(ctx, out, in)
	w.hosted(ctx, out)
}

// hosted compares what the relay keeps with the files that Anna sent. It ends the relay.
func (w *world) hosted(ctx context.Context, out []letter) {
	w.t.Helper()
	w.Relay.Stop()
	a := relaytest.AuditMedia(ctx, w.t, w.RelayDir)
	if want := len(out) - len(keep(out, texts)); a.Files != want || a.Unfinished+a.Rubbish != 0 || a.Strays != 0 {
		w.t.Errorf("the relay keeps %+v, want %d files and nothing else", a, want)
	}
}

func everything(letter) bool { return true }
func texts(m letter) bool    { return m.file.Size == 0 }

func keep(list []letter, which func(letter) bool) (some []letter) {
	for _, m := range list {
		if which(m) {
			some = append(some, m)
		}
	}
	return some
}

func ids(list []letter, which func(letter) bool) (all []string) {
	for _, m := range keep(list, which) {
		all = append(all, m.id)
	}
	return all
}

// bytes has the browser read each file as it would show it, and compares.
func (w *world) bytes(ctx context.Context, out, in []letter) {
	w.t.Helper()
	for mine, list := range map[bool][]letter{true: out, false: in} {
		for _, m := range list {
			if m.file.Size == 0 {
				continue
			}
			var got string
			err := w.anna.with(ctx, func(b *tab) (err error) {
				got, err = b.eval(b.ctx, fmt.Sprintf(`(async () => {
					const url = ferryAttach.address(%s, %q, %v);
					if (!url) return "no address";
					const r = await fetch(url);
					if (!r.ok) return "status " + r.status;
					const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", await r.arrayBuffer()));
					return Array.from(sum, (b) => b.toString(16).padStart(2, "0")).join("");
				})()`, quote(string(w.chat)), m.id, mine))
				return err
			})
			sum := m.file.Sum()
			if want := hex.EncodeToString(sum[:]); err != nil || got != want {
				w.t.Errorf("the file of %s (from Anna: %v), %d bytes, is %s, not %s: %v", m.id, mine, m.file.Size, got, want, err)
			}
		}
	}
}

// kept compares what lies in the browser's private files with the files that should: nothing else, and no more of each.
func (w *world) kept(ctx context.Context, out, in []letter) {
	w.t.Helper()
	var got map[string]map[string]int64 // bytes, by folder and name
	err := w.anna.with(ctx, func(b *tab) error {
		text, err := b.eval(b.ctx, `(async () => {
			const all = {};
			const walk = async (dir, path) => {
				for await (const [name, entry] of dir.entries()) {
					if (entry.kind === "directory") { all[path + "/" + name] = {}; await walk(entry, path + "/" + name); }
					else (all[path] = all[path] || {})[name] = (await entry.getFile()).size;
				}
			};
			await walk(await navigator.storage.getDirectory(), "");
			return JSON.stringify(all);
		})()`)
		if err != nil {
			return err
		}
		return json.Unmarshal([]byte(text), &got)
	})
	w.ok(err)
	var sizes, want []int64
	for path, files := range got {
		if strings.Count(path, "/") < 3 && len(files) == 0 { // /media and /media/<account>
			continue
		}
		var size int64
		for _, n := range files {
			size += n
		}
		sizes = append(sizes, size)
		if strays := strayed(files); len(strays) > 0 {
			w.t.Errorf("in the browser lies %v beside a file, of which there is %v", strays, files)
		}
	}
	for _, m := range slices.Concat(out, in) {
		if m.file.Size > 0 {
			want = append(want, media.FileSize(m.file.Size))
		}
	}
	slices.Sort(sizes)
	slices.Sort(want)
	if !slices.Equal(sizes, want) {
		w.t.Errorf("in the browser lie files of %v bytes, want %v", sizes, want)
	}
}

// strayed are the names that are not those of chunks.
func strayed(files map[string]int64) (names []string) {
	for name := range files {
		if !chunk.MatchString(name) {
			names = append(names, name)
		}
	}
	return names
}

var chunk = regexp.MustCompile(`^[0-9]+$`)

// received lists the ids of Anna's texts in the order in which whatsmeow read them off its socket for the first time,
// which its events are not quite in.
func (w *world) received(wanted relaytest.Expected) (ids []string) {
	for _, m := range message.FindAllSubmatch(w.log.Bytes(), -1) {
		from, id := string(m[1]), string(m[2])
		if from == w.alias.String() && wanted[id] {
			ids = append(ids, id)
			delete(wanted, id)
		}
	}
	return ids
}

var message = regexp.MustCompile(`Recv: <message from="([^"]*)" id="([^"]*)"`)
