package relaytest

import (
	"context"
	"net/http"
	"os"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	code := m.Run()
	RemoveBinary()
	os.Exit(code)
}

func TestTheCommandSurvivesAKillAndStopsInGoodOrder(t *testing.T) {
	relay, gateway, admin := reserve(t), reserve(t), reserve(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	p := Run(t, "-listen", relay[len("http://"):], "-url", relay, "-gateway-listen", gateway[len("http://"):],
		"-admin", admin[len("http://"):], "-data", t.TempDir(), "-echo=off", "-drain", "50ms")
	p.WaitReady(ctx, admin)
	w := &World{t: t, URL: relay}
	bearer := w.SignUp("anna")
	p.Kill()
	p.Start()
	p.WaitReady(ctx, admin)
	w.Call(http.MethodGet, relay+"/api/me", bearer, nil, nil)
	p.Stop()
}
