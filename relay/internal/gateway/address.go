package gateway

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"ferry/relay/internal/gateway/directory"
	"ferry/relay/wire"
)

// shown is the bare JID under which a is shown to an account of that kind.
// Third-party users see people by LID. WhatsApp users see people in the form in
// which they, or the one they talk with, have addressed the chat; and
// third-party users under their alias unless the chat is an interop one.
func shown(a *directory.Account, viewer directory.Kind, form wire.Server) wire.JID {
	switch {
	case viewer == directory.ThirdParty:
		return a.ID
	case a.Kind == directory.ThirdParty && form == wire.ServerInterop:
		return a.ID
	case a.Kind == directory.ThirdParty:
		return a.Alias()
	case form == wire.ServerUser || form == wire.ServerLegacyUser:
		return a.PN()
	}
	return a.ID
}

// forms are the forms of address of a that an account of that kind may have
// stored, its client's caches being by JID.
func forms(a *directory.Account, viewer directory.Kind) []wire.JID {
	switch {
	case viewer == directory.ThirdParty:
		return []wire.JID{a.ID}
	case a.Kind == directory.ThirdParty:
		return []wire.JID{a.Alias()}
	}
	return []wire.JID{a.PN(), a.ID}
}

// listed are the devices that others can encrypt to.
func listed(a *directory.Account) []directory.Device {
	return slices.DeleteFunc(slices.Clone(a.Devices), func(d directory.Device) bool { return d.Keys == nil })
}

// listHash is the participant hash over a device list in one form of address
// (whatsmeow's participantListHashV2).
func listHash(devices []wire.JID) string {
	names := make([]string, len(devices))
	for i, j := range devices {
		names[i] = fmt.Sprintf("%s.0:%d@%s", j.User, j.Device, j.Server)
	}
	slices.Sort(names)
	sum := sha256.Sum256([]byte(strings.Join(names, "")))
	return "2:" + base64.RawStdEncoding.EncodeToString(sum[:6])
}

// devicesOf is the device list of an account in one form of address.
func devicesOf(a *directory.Account, bare wire.JID) []wire.JID {
	var out []wire.JID
	for _, d := range listed(a) {
		out = append(out, bare.WithDevice(d.Number))
	}
	return out
}
