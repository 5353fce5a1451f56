// Command bench prints Ferry's figures, as ratios of one run where a ratio
// makes sense: absolute times of a busy machine mean little.
//
//	make bench
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
)

// A section prints one group of figures.
type section struct {
	title string
	run   func(context.Context) error
}

var sections = []section{
	{"Size of what the browser loads", sizes},
	{"The tunnel against a direct connection and httputil.ReverseProxy", tunnel},
	{"Signal, natively and in Chromium", signal_},
	{"Start of the page in Chromium", startup},
	{"A chat of 100,000 messages in Chromium", thread},
	{"Attachments: encrypted and verified in Chromium", mediaCrypto},
	{"Attachments: twenty files of 200 MB at once through the relay", mediaRelay},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	failed := false
	for _, s := range sections {
		if len(os.Args) > 1 && !strings.Contains(strings.ToLower(s.title), strings.ToLower(os.Args[1])) {
			continue
		}
		fmt.Printf("\n## %s%s\n\n", s.title, load())
		if err := s.run(ctx); err != nil {
			fmt.Fprintf(os.Stderr, "bench: %v\n", err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

// load says what else the machine does: figures of a busy one mean little.
func load() string {
	b, err := os.ReadFile("/proc/loadavg") // Linux alone has it
	if err != nil {
		return ""
	}
	one, _, _ := strings.Cut(string(b), " ")
	return fmt.Sprintf(" (load %s on %d processors)", one, runtime.NumCPU())
}

// goBench runs Go benchmarks and gives their result lines, fields split.
func goBench(ctx context.Context, env []string, args ...string) ([][]string, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-run", "^$"}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start go test: %w", err)
	}
	var lines [][]string
	var rest strings.Builder
	for in := bufio.NewScanner(out); in.Scan(); {
		if f := strings.Fields(in.Text()); len(f) > 2 && strings.HasPrefix(f[0], "Benchmark") {
			lines = append(lines, f)
			continue
		}
		fmt.Fprintln(&rest, in.Text())
	}
	if err := cmd.Wait(); err != nil {
		return nil, fmt.Errorf("go test %s: %w\n%s", strings.Join(args, " "), err, rest.String())
	}
	return lines, nil
}

func tunnel(ctx context.Context) error {
	lines, err := goBench(ctx, nil, "-bench", ".", "-benchtime", "1x", "./relay/internal/tunnel")
	for _, f := range lines {
		fmt.Println(strings.TrimPrefix(f[0], "Benchmark"))
		for i := 2; i+1 < len(f); i += 2 {
			fmt.Printf("  %10s  %s\n", f[i], f[i+1])
		}
	}
	return err
}
