package main

import (
	"context"
	"errors"
	"time"

	"ferry/app/internal/ui/host"
)

// accountPart is how the relay answers on the account page; the story sets it.
var accountPart struct {
	elsewhere          bool
	kept, change, gone error
	notTold, empty     bool
	never              bool // no answer comes
}

func init() {
	as := func(s func() story, set func()) func() story {
		return func() story {
			set()
			return s()
		}
	}
	p := &accountPart
	out := stories["signed-out"]
	for name, make := range map[string]func() story{
		"sign-elsewhere":     as(out, func() { p.elsewhere = true }),
		"account-elsewhere":  as(busy, func() { p.elsewhere = true }),
		"kept-little":        as(off, func() { p.empty = true }),
		"kept-not-told":      as(busy, func() { p.notTold = true }),
		"kept-fails":         as(busy, func() { p.kept = errors.New("offline") }),
		"password-wrong":     as(busy, func() { p.change = &host.RelayError{Status: 403, Code: "wrong_password", Field: "old"} }),
		"delete-no-gateway":  as(busy, func() { p.gone = &host.RelayError{Status: 502, Code: "gateway_unreachable"} }),
		"delete-wrong":       as(busy, func() { p.gone = &host.RelayError{Status: 403, Code: "wrong_password", Field: "password"} }),
		"delete-takes-a-bit": as(busy, func() { p.never = true }),
	} {
		stories[name] = make
	}
}

func (r relay) Kept(context.Context) (host.Kept, error) {
	var k host.Kept
	k.Account.ID, k.Account.Username, k.Account.Created = ada.ID, ada.Username, at(90, "10:58")
	k.Sessions, _ = r.Sessions(context.Background())
	if k.Media.QuotaBytes = 20 << 30; accountPart.empty {
		k.Sessions = k.Sessions[:1]
		k.Enlistment = &host.Enlistment{}
		return k, accountPart.kept
	}
	for i := range 40 {
		size := int64(37+i*i*29) << 10
		k.Media.Files = append(k.Media.Files, host.KeptFile{Size: size, Received: size, Created: at(40-i, "12:00"), Expires: at(10-i, "12:00")})
		k.Media.Bytes += size
	}
	k.Media.Files[39].Received = 4 << 10
	k.Media.Count = 40
	if !accountPart.notTold {
		k.Enlistment = &host.Enlistment{Address: "7-4242424242@interop"}
		k.Enlistment.Devices = append(k.Enlistment.Devices, struct {
			Device uint16 `json:"device"`
		}{1})
		seen := at(0, "15:01")
		k.Enlistment.Kept = host.KeptThere{Conversations: 7, Contacts: 6, PreKeys: 93, Blocked: 1, Reports: 1, LastSeen: &seen}
	}
	return k, accountPart.kept
}

func (relay) ChangePassword(context.Context, string, string) error { return accountPart.change }

func (relay) DeleteAccount(context.Context, string) error {
	if accountPart.never {
		time.Sleep(time.Hour)
	}
	return accountPart.gone
}
