package main

import (
	"context"
	"fmt"
)

// mediaRelay is twenty files of 200 MB through a relay at once, up and then down,
// with every byte on disk before it is acknowledged and compared on the way back;
// and what the relay holds in memory at most.
func mediaRelay(ctx context.Context) error {
	lines, err := goBench(ctx, nil, "-bench", "^BenchmarkMedia$", "-benchtime", "1x", "-timeout", "30m", "./relay/relaytest")
	for _, f := range lines {
		for i := 2; i+1 < len(f); i += 2 {
			if what, ok := relayFigures[f[i+1]]; ok {
				fmt.Printf("%8s %s\n", f[i], what)
			}
		}
	}
	return err
}

// relayFigures says what the units of the benchmark are of.
var relayFigures = map[string]string{
	"MB/s-up":   "MB/s up, durable (no target: it is the disk's)",
	"MB/s-down": "MB/s down (no target: it is the disk's)",
	"MB-peak":   "MB of memory in the relay at most, for 4000 MB at once (target: < 629, however large the files)",
}
