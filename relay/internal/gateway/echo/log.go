package echo

import (
	"log/slog"

	waLog "go.mau.fi/whatsmeow/util/log"
)

// logger passes on that whatsmeow has warned, not what it said: its messages name people and may hold stanzas.
type logger struct{ log *slog.Logger }

func (l logger) Warnf(format string, _ ...any)  { l.log.Info("whatsmeow warns", "about", format) }
func (l logger) Errorf(format string, _ ...any) { l.log.Warn("whatsmeow fails", "about", format) }
func (l logger) Infof(string, ...any)           {}
func (l logger) Debugf(string, ...any)          {}
func (l logger) Sub(string) waLog.Logger        { return l }
