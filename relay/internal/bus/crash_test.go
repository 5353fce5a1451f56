package bus

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestWhatIsRemovedStaysRemovedAfterCrashes(t *testing.T) { crashes(t, 6) }

func TestSoakWhatIsRemovedStaysRemovedAfterCrashes(t *testing.T) {
	if os.Getenv("FERRY_SOAK") == "" {
		t.Skip("set FERRY_SOAK=1 for 60 kills")
	}
	crashes(t, 60)
}

// crashes kills a process that stores and removes, again and again, and compares
// what there is with what it had been told.
func crashes(t *testing.T, kills int) {
	dir := t.TempDir()
	is := map[string]bool{} // of each thing, whether it is to be there
	for range kills {
		storeUntilKilled(t, dir, is)
		b := open(t, dir)
		there := kept(t, b)
		counts := map[bool]int{}
		for what, want := range is {
			if counts[want]++; there[what] != want {
				t.Errorf("%s is there: %t", what, there[what])
			}
		}
		b.Close()
		t.Logf("%d are there, %d are gone", counts[true], counts[false])
		if t.Failed() {
			return
		}
		if err := os.Remove(dir + "/" + cleanFile); err != nil { // this was no orderly end
			t.Fatal(err)
		}
	}
}

const crashDir = "FERRY_BUS_CRASH"

func storeUntilKilled(t *testing.T, dir string, is map[string]bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestTheOneThatIsKilled$")
	cmd.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	doubt := ""
	for lines := bufio.NewScanner(out); lines.Scan(); {
		word, what, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case "up":
			defer time.AfterFunc(200*time.Millisecond+rand.N(1500*time.Millisecond), func() { _ = cmd.Process.Kill() }).Stop()
		case "about":
			doubt = what
		case "there", "gone":
			is[what], doubt = word == "there", ""
		default:
			t.Errorf("the process says %s", lines.Text())
		}
	}
	_ = cmd.Wait()
	delete(is, doubt) // it was killed while it did that
}

// places are where things are kept.
type places struct {
	keys  *Bucket
	mail  *Log
	blobs *Blobs
}

func openPlaces(ctx context.Context, b *Bus) (p places, err error) {
	var errs [3]error
	p.keys, errs[0] = b.Bucket(ctx, "keys", BucketOptions{})
	p.mail, errs[1] = b.Log(ctx, "mail", LogOptions{MaxAge: time.Hour})
	p.blobs, errs[2] = b.Blobs(ctx, "blobs", BlobOptions{MaxAge: time.Hour})
	return p, errors.Join(errs[:]...)
}

// kept lists what there is, as kind and name.
func kept(t *testing.T, b *Bus) map[string]bool {
	t.Helper()
	p, err := openPlaces(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	if err := p.keys.Each(t.Context(), "", func(e Entry) error { there["key "+e.Key] = true; return nil }); err != nil {
		t.Fatal(err)
	}
	err = b.eachOf(t.Context(), "mail", func(_, key string, _ []byte) error {
		there["mail "+strings.TrimPrefix(key, "mail.")] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = b.eachOf(t.Context(), "blobs", func(_, key string, _ []byte) error { there["blob "+strings.Split(key, ".")[1]] = true; return nil })
	if err != nil {
		t.Fatal(err)
	}
	return there
}

// TestTheOneThatIsKilled is the process, which tells what it is about to do, and has
// done.
func TestTheOneThatIsKilled(t *testing.T) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		t.Skip("run by another test")
	}
	b := open(t, dir)
	p, err := openPlaces(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("up")
	for i := 0; err == nil; i++ {
		name := fmt.Sprintf("%d-%d", os.Getpid(), i)
		if i%2 == 0 && i > 8 { // a name that was used and removed before
			name = fmt.Sprintf("%d-%d", os.Getpid(), rand.IntN(i/4)*4)
		}
		err = p.act(t.Context(), name, i)
	}
	t.Fatal(err)
}

// act stores something, now and then several times, and mostly removes it. What is
// stored is large enough that files fill up and are emptied again.
func (p places) act(ctx context.Context, name string, i int) error {
	some := func() []byte { return noise(uint64(i), 1+rand.IntN(150_000)) }
	times := 1 + rand.IntN(3)
	stays := rand.IntN(8) == 0
	var err error
	switch i % 4 {
	case 0, 1:
		fmt.Println("about key " + name)
		for range times {
			_, e := p.keys.Put(ctx, name, some())
			err = errors.Join(err, e)
		}
		if !stays && i%4 == 0 {
			err = errors.Join(err, p.keys.Erase(ctx, name))
		} else if !stays {
			err = errors.Join(err, p.keys.Delete(ctx, name, 0))
		}
		tell("key", name, stays)
	case 2:
		fmt.Println("about mail " + name)
		for range times {
			_, e := p.mail.Append(ctx, name, some(), "")
			err = errors.Join(err, e)
		}
		if !stays {
			err = errors.Join(err, p.mail.Purge(ctx, name))
		}
		tell("mail", name, stays)
	case 3:
		fmt.Println("about blob " + name)
		w := p.blobs.Writer(ctx, name)
		defer w.Close()
		_, err = w.Write(noise(uint64(i), 1+rand.IntN(3<<20)))
		_, e := w.Finish()
		if err = errors.Join(err, e); err == nil && !stays {
			err = p.blobs.Delete(ctx, name)
		}
		tell("blob", name, stays)
	}
	return err
}

func tell(kind, name string, there bool) {
	word := "gone"
	if there {
		word = "there"
	}
	fmt.Println(word, kind, name)
}
