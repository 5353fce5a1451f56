package ui

import (
	"io"
	"time"

	"ferry/app/internal/ui/host"
)

// What the screens ask of their surroundings; package host says more.
type (
	Core       = host.Core
	Relay      = host.Relay
	Device     = host.Device
	Account    = host.Account
	Session    = host.Session
	Site       = host.Site
	RelayError = host.RelayError
)

// Deps are the surroundings of the screens. Relay and Device are required.
type Deps struct {
	Relay  Relay
	Device Device           // also opens the engine: Device.OpenCore
	Files  host.Attachments // nil where there are none: nothing can be attached, and emoji have no names
	// Sandbox is that of the gateway, if it has one; nil: nobody can be a WhatsApp
	// user here.
	Sandbox host.Sandbox
	Now     func() time.Time // time.Now if nil
	Rand    io.Reader        // for message ids; crypto/rand if nil
	Build   string           // of the page, for Settings › About; the relay's if ""
}
