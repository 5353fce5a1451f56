package relaytest

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// lone is a relay in a process of its own, with one user.
func lone(ctx context.Context, t testing.TB) (p *Process, relay, admin, bearer string) {
	t.Helper()
	relay, gateway, admin := reserve(t), reserve(t), reserve(t)
	p = Run(t, "-listen", relay[len("http://"):], "-url", relay, "-gateway-listen", gateway[len("http://"):],
		"-admin", admin[len("http://"):], "-data", filepath.Join(t.TempDir(), "data"), "-echo=off", "-drain", "50ms", "-limit",
		"api.requests=0,media.uploads_account=0,media.downloads_account=0,media.unfinished=0")
	p.WaitReady(ctx, admin)
	return p, relay, admin, (&World{t: t, URL: relay}).SignUp("anna")
}

// together runs n jobs at once and reports what fails.
func together(t testing.TB, n int, job func(i int) error) {
	t.Helper()
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if err := job(i); err != nil {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	wg.Wait()
}

// mostMemory bounds what the relay holds with many transfers at once, however big
// the files: the process itself, blocks in flight, and what the state's server
// caches.
const mostMemory = 600 << 20

// manyFiles sends and fetches n files at once.
func manyFiles(t testing.TB, n int, size int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
	defer cancel()
	p, relay, _, bearer := lone(ctx, t)
	start, _ := p.Memory()
	files, sums, sent := make([]Content, n), make([][32]byte, n), make([]Upload, n)
	for i := range n {
		files[i] = Content{uint64(i) + 1, size} //nolint:gosec // small
		sums[i] = files[i].Sum()
	}
	total := float64(n) * float64(size) / 1e6
	begun := time.Now()
	together(t, n, func(i int) (err error) {
		sent[i], err = Send(ctx, relay, bearer, files[i], sums[i])
		return err
	})
	up := time.Since(begun)
	_, peakUp := p.Memory()
	begun = time.Now()
	together(t, n, func(i int) error { return Fetch(ctx, relay, bearer, sent[i].Path, files[i]) })
	down := time.Since(begun)
	now, peak := p.Memory()
	if b, ok := t.(*testing.B); ok {
		b.ReportMetric(total/up.Seconds(), "MB/s-up")
		b.ReportMetric(total/down.Seconds(), "MB/s-down")
		b.ReportMetric(float64(peak)/1e6, "MB-peak")
		b.ReportMetric(0, "ns/op")
	}
	t.Logf("%d files of %d MB: up %.0f MB/s, down %.0f MB/s; memory %d MB at rest, %d MB at most up, %d MB at most, %d MB after",
		n, size/1e6, total/up.Seconds(), total/down.Seconds(), start>>20, peakUp>>20, peak>>20, now>>20)
	if peak > mostMemory {
		t.Errorf("the relay held %d MB, want %d at most", peak>>20, mostMemory>>20)
	}
}

func TestTheRelaysMemoryDoesNotGrowWithFiles(t *testing.T) { manyFiles(t, 20, 20e6) }

func TestSoakTwentyBigFilesAtOnce(t *testing.T) {
	if os.Getenv("FERRY_SOAK") == "" {
		t.Skip("a long run: FERRY_SOAK=1")
	}
	manyFiles(t, 20, 200e6)
}

// BenchmarkMedia is twenty transfers of 200 MB at once, whose bytes the client
// makes and compares on the same machine.
func BenchmarkMedia(b *testing.B) {
	for range b.N {
		manyFiles(b, 20, 200e6)
	}
}

// killed sends and fetches files while the relay is killed n times, at moments
// that differ from run to run.
func killed(t *testing.T, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
	defer cancel()
	p, relay, admin, bearer := lone(ctx, t)
	over, rounds := make(chan struct{}), make(chan int, 1)
	go func() {
		round := 0
		defer func() { rounds <- round }()
		for ; ctx.Err() == nil; round++ {
			select {
			case <-over:
				return
			default:
			}
			together(t, 3, func(i int) error {
				c := Content{uint64(1000*round + i + 1), 12_345_678} //nolint:gosec // small
				u, err := Send(ctx, relay, bearer, c, c.Sum())
				if err != nil {
					return err
				}
				return Fetch(ctx, relay, bearer, u.Path, c)
			})
		}
	}()
	for i := range n {
		p.WaitReady(ctx, admin)
		<-time.After(time.Duration(rand.IntN(400)) * time.Millisecond) //nolint:gosec // a moment, by chance
		if i%5 == 4 {
			p.Stop()
		} else {
			p.Kill()
		}
		p.Start()
	}
	p.WaitReady(ctx, admin)
	close(over)
	t.Logf("%d kills, %d rounds of 3 files up and down", n, <-rounds)
}

func TestUploadsAndDownloadsGoOnAfterKills(t *testing.T) { killed(t, 6) }

func TestSoakFiftyKillsDuringTransfers(t *testing.T) {
	if os.Getenv("FERRY_SOAK") == "" {
		t.Skip("a long run: FERRY_SOAK=1")
	}
	killed(t, 50)
}

func TestContentIsReadFromAnywhere(t *testing.T) {
	c := Content{3, 1000}
	all := make([]byte, 1000)
	if n, err := c.ReadAt(all, 0); n != 1000 || err != nil {
		t.Fatal(n, err)
	}
	for _, at := range []int64{1, 8, 77, 999} {
		b := make([]byte, 10)
		n, _ := c.ReadAt(b, at)
		if !bytes.Equal(b[:n], all[at:at+int64(n)]) {
			t.Errorf("at %d", at)
		}
	}
}
