package seal

import (
	"context"
	"strings"
	"testing"
)

// batch is how many messages are committed together.
const batch = 100

// talking are two devices with a session that has gone both ways, and a text
// of 1 KiB.
func talking() (from, to *device, text string) {
	t := &testing.T{}
	from, to = newDevice(t), newDevice(t)
	from.meets(to, true)
	to.open(from.seal("x"), "x")
	from.open(to.seal("x"), "x")
	return from, to, strings.Repeat("x", 1024)
}

func BenchmarkEncrypt(b *testing.B) {
	from, _, text := talking()
	n := 0
	for b.Loop() {
		from.seal(text)
		if n++; n%batch == 0 {
			from.commit()
		}
	}
}

func BenchmarkDecrypt(b *testing.B) {
	from, to, text := talking()
	var waiting []Sealed
	b.ResetTimer()
	for range b.N {
		if len(waiting) == 0 {
			b.StopTimer()
			for range batch {
				waiting = append(waiting, from.seal(text))
			}
			to.commit()
			b.StartTimer()
		}
		if _, err := to.Decrypt(context.Background(), "peer", waiting[0].Kind, waiting[0].Data); err != nil {
			b.Fatal(err)
		}
		waiting = waiting[1:]
	}
}
