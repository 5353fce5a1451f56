package waclient

import (
	"fmt"
	"io"
	"time"

	waLog "go.mau.fi/whatsmeow/util/log"
)

// LogTo is a Config.Log that writes everything whatsmeow says as lines. It names people and shows stanzas: for tests
// that fail, nowhere else. w must be safe for concurrent use.
func LogTo(w io.Writer) waLog.Logger { return lineLog{w, "whatsmeow"} }

type lineLog struct {
	w      io.Writer
	module string
}

func (l lineLog) line(level, format string, args []any) {
	_, _ = fmt.Fprintf(l.w, "%s %s %s: %s\n", time.Now().Format("15:04:05.000000"), level, l.module, fmt.Sprintf(format, args...))
}

func (l lineLog) Warnf(format string, args ...any)  { l.line("WARN", format, args) }
func (l lineLog) Errorf(format string, args ...any) { l.line("ERROR", format, args) }
func (l lineLog) Infof(format string, args ...any)  { l.line("INFO", format, args) }
func (l lineLog) Debugf(format string, args ...any) { l.line("DEBUG", format, args) }

func (l lineLog) Sub(module string) waLog.Logger { return lineLog{l.w, l.module + "/" + module} }
