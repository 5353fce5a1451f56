// Package seal encrypts to and decrypts from other devices with the Signal
// protocol, over go.mau.fi/libsignal. It keeps sessions and keys, but writes
// nothing: what an operation changes is staged, and goes into the one batch
// that the engine commits together with the message it concerns. So a key is
// never used twice, whenever the process dies.
package seal

import (
	"go.mau.fi/libsignal/logger"
)

// libsignal formats what it logs, keys included, and prints warnings to
// standard output unless its one global logger is replaced. It has no other
// way in; this is done before any of its functions can run.
func init() {
	var quiet logger.Loggable = silence{}
	logger.Setup(&quiet)
}

type silence struct{}

func (silence) Debug(_, _ string)   {}
func (silence) Info(_, _ string)    {}
func (silence) Warning(_, _ string) {}
func (silence) Error(_, _ string)   {}
func (silence) Configure(string)    {}
