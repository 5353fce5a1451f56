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
			if f[i+1] != "ns/op" {
				fmt.Printf("%10s  %s\n", f[i], f[i+1])
			}
		}
	}
	return err
}
