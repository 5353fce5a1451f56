// Command ferry is the relay of the Ferry messenger, with everything that it needs
// in one binary: the web app, the state (JetStream) and the reference gateway.
//
//	ferry            serves; see -h for the settings
//	ferry gateway    serves the reference gateway alone
//	ferry config     prints each setting with its source; -markdown prints the reference
//	ferry version    prints the version
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"syscall"

	"ferry/relay/internal/config"
	"ferry/relay/internal/node"
	"ferry/web"
)

func main() {
	// The first signal drains; the second is not caught any more and ends at once.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// run is the command; it returns the exit status.
func run(ctx context.Context, args []string, getenv func(string) string, out, errOut io.Writer) int {
	command := "serve"
	if len(args) > 0 && slices.Contains([]string{"serve", "gateway", "config", "version"}, args[0]) {
		command, args = args[0], args[1:]
	}
	var err error
	switch command {
	case "version":
		_, err = fmt.Fprintln(out, version())
	case "config":
		err = printConfig(args, getenv, out, errOut)
	default:
		err = serve(ctx, command == "gateway", args, getenv, out, errOut)
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(errOut, "ferry:", err) //nolint:errcheck // nobody left to tell
		return 1
	}
	return 0
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "ferry, of unknown origin"
	}
	text := "ferry " + info.Main.Version + " " + info.GoVersion
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			text += " " + s.Value
		}
	}
	return text
}

func printConfig(args []string, getenv func(string) string, out, errOut io.Writer) error {
	if len(args) > 0 && (args[0] == "-markdown" || args[0] == "--markdown") {
		return config.Markdown(out)
	}
	c, err := load(args, getenv, errOut)
	if err != nil {
		return err
	}
	return c.Print(out)
}

func load(args []string, getenv func(string) string, errOut io.Writer) (*config.Loaded, error) {
	c, err := config.Load(args, getenv, errOut)
	if err == nil && len(c.Args) > 0 {
		err = fmt.Errorf("%q is no command: want serve, gateway, config or version", c.Args[0])
	}
	return c, err
}

func serve(ctx context.Context, alone bool, args []string, getenv func(string) string, out, errOut io.Writer) error {
	c, err := load(args, getenv, errOut)
	if err != nil {
		return err
	}
	if most := c.Limits().Memory; most > 0 && getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(most) // files that are read leave much garbage behind
	}
	n, err := node.Start(ctx, node.Options{Config: c.Config, Alone: alone, Site: web.Dist(), Log: logger(&c.Config, errOut)})
	if err != nil {
		return err
	}
	if err := n.Welcome(out); err != nil {
		return errors.Join(err, n.Stop(ctx))
	}
	select {
	case <-ctx.Done():
	case <-n.Failed():
	}
	return n.Stop(context.Background())
}

func logger(c *config.Config, w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // checked by config
	opts := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}
