package main

import (
	"context"
	"time"

	"ferry/app/internal/ui/host"
)

// sandbox plays the gateway's.
type sandbox struct{}

func (sandbox) Phones(context.Context) ([]host.Phone, error) { return sandboxPart.phones, nil }

func (sandbox) Phone(_ context.Context, number string) (host.Phone, error) {
	if sandboxPart.gone {
		return host.Phone{}, &host.RelayError{Status: 404, Code: "unknown_phone"}
	}
	return phoneAda, nil
}

func (sandbox) NewPhone(_ context.Context, number, name string) (host.Phone, error) {
	if sandboxPart.taken || number == phoneAda.Phone {
		return host.Phone{}, &host.RelayError{Status: 409, Code: "phone_exists"}
	}
	time.Sleep(time.Hour)
	return host.Phone{}, nil
}
