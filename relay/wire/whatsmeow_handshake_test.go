//go:build !js

package wire_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waCert"
	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/socket"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
	"google.golang.org/protobuf/proto"

	"ferry/relay/wire"
	"ferry/relay/wire/wiretest"
)

// socketPipe is a server's WebSocket as a pipe.
type socketPipe struct{ conn *websocket.Conn }

func (p socketPipe) Read(ctx context.Context) ([]byte, error) {
	_, b, err := p.conn.Read(ctx)
	return b, err
}

func (p socketPipe) Write(ctx context.Context, b []byte) error {
	return p.conn.Write(ctx, websocket.MessageBinary, b)
}

func (p socketPipe) Close(reason string) error { return p.conn.CloseNow() }

// whatsmeowClient connects an unmodified whatsmeow client to a server of ours.
func whatsmeowClient(t *testing.T, g *gateway, device *store.Device) (accepted, error) {
	t.Helper()
	results := make(chan accepted, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
		if err != nil {
			return
		}
		results <- <-accept(context.Background(), socketPipe{conn}, g.server())
		<-r.Context().Done()
	}))
	t.Cleanup(server.CloseClientConnections)
	client := whatsmeow.NewClient(device, nil)
	client.EnableAutoReconnect = false
	toServer := &http.Client{Transport: &http.Transport{
		DialTLSContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
		},
	}}
	client.SetWebsocketHTTPClient(toServer)
	client.SetPreLoginHTTPClient(toServer)
	// Not the test's context: when that ends before Disconnect, whatsmeow races with itself.
	err := client.ConnectContext(context.Background())
	t.Cleanup(client.Disconnect)
	if err != nil {
		return accepted{}, err
	}
	return <-results, nil
}

func trustRoot(t *testing.T, root wire.RootKey) {
	before := whatsmeow.WACertPubKey
	whatsmeow.WACertPubKey = root
	t.Cleanup(func() { whatsmeow.WACertPubKey = before })
}

func newDevice(id *types.JID) *store.Device {
	device := *store.NoopDevice
	device.ID = id
	device.NoiseKey, device.IdentityKey = keys.NewKeyPair(), keys.NewKeyPair()
	device.SignedPreKey = device.IdentityKey.CreateSignedPreKey(0x010203)
	device.RegistrationID = 0xfedcba98
	return &device
}

func TestAnUnmodifiedWhatsmeowClientLogsIn(t *testing.T) {
	g := newGateway(t)
	trustRoot(t, g.authority.Root())
	device := newDevice(&types.JID{User: "15550001", Device: 7, Server: types.DefaultUserServer})
	server, err := whatsmeowClient(t, g, device)
	if err != nil || server.err != nil {
		t.Fatal(err, server.err)
	}
	if server.client != wire.PublicKey(*device.NoiseKey.Pub) {
		t.Error("another static key arrived")
	}
	p := server.payload
	if p.Username != 15550001 || !p.HasDevice || p.Device != 7 || !p.Passive || !p.Pull || !p.LIDDBMigrated || p.Product != wire.ProductWhatsApp {
		t.Errorf("another login arrived: %+v", p)
	}
	if p.UserAgent.Platform != wire.PlatformWeb || p.UserAgent.AppVersion != store.GetWAVersion() || p.UserAgent.Device != "Desktop" || p.UserAgent.Country != "US" || !p.WebInfo {
		t.Errorf("another user agent arrived: %+v", p.UserAgent)
	}
	// The transport keys agree too: success makes the client ask for its prekey count.
	ctx := t.Context()
	success := wire.N("success", []wire.Attr{wire.A("t", "1"), wire.J("lid", wire.JID{User: "99", Server: wire.ServerLID, Device: 7})})
	if err := server.ch.WriteNode(ctx, success); err != nil {
		t.Fatal(err)
	}
	if err := server.ch.WriteNode(ctx, wire.N("iq", []wire.Attr{wire.A("type", "get"), wire.A("xmlns", "urn:xmpp:ping"), wire.A("id", "7")})); err != nil {
		t.Fatal(err)
	}
	n, err := server.ch.ReadNode(ctx)
	if err != nil || n.Tag != "iq" {
		t.Errorf("the client sent %v, %v", n, err)
	}
}

func TestAnUnmodifiedWhatsmeowClientAsksToBePaired(t *testing.T) {
	g := newGateway(t)
	trustRoot(t, g.authority.Root())
	device := newDevice(nil)
	server, err := whatsmeowClient(t, g, device)
	if err != nil || server.err != nil {
		t.Fatal(err, server.err)
	}
	p := server.payload.Pairing
	if p == nil {
		t.Fatal("no pairing data arrived")
	}
	if p.RegistrationID != 0xfedcba98 || p.Identity != *device.IdentityKey.Pub || p.SignedPreKeyID != 0x010203 ||
		p.SignedPreKey != *device.SignedPreKey.Pub || len(p.BuildHash) != 16 || len(p.DeviceProps) == 0 {
		t.Errorf("other pairing data arrived: %+v", p)
	}
	if !p.VerifySignedPreKey() {
		t.Error("the signature does not verify")
	}
	if p.SignedPreKeySignature[5] ^= 1; p.VerifySignedPreKey() {
		t.Error("a changed signature verifies")
	}
}

func TestWhatsmeowRefusesAChainFromAnotherRoot(t *testing.T) {
	g := newGateway(t)
	trustRoot(t, newGateway(t).authority.Root())
	_, err := whatsmeowClient(t, g, newDevice(nil))
	if err == nil || !strings.Contains(err.Error(), "intermediate cert signature") {
		t.Errorf("error is %v", err)
	}
}

func TestOurClientSpeaksWithWhatsmeowsHandshakeState(t *testing.T) {
	ctx := t.Context()
	g := newGateway(t)
	static := must(wire.GenerateKey(nil))
	near, far := wiretest.Pipe()
	cfg := g.client(static)
	cfg.Payload = &wire.ClientPayload{Product: wire.ProductInterop, HasDevice: true, Interop: &wire.InteropData{AccountID: 1 << 40, Token: []byte("e30.e30."), ReadReceipts: true}}
	done := make(chan error, 1)
	go func() {
		_, err := wire.Dial(ctx, near, cfg)
		done <- err
	}()
	hello := must(far.Read(ctx))
	if !bytes.HasPrefix(hello, append(socket.WAConnHeader, 0, 0)) {
		t.Fatalf("hello starts with %x", hello[:6])
	}
	var message waWa6.HandshakeMessage
	if err := proto.Unmarshal(hello[7:], &message); err != nil {
		t.Fatal(err)
	}
	client := [32]byte(message.GetClientHello().GetEphemeral())
	ephemeral := keys.NewKeyPair()
	private, public := [32]byte(g.static.Bytes()), g.static.Public()

	noise := socket.NewNoiseHandshake()
	noise.Start(socket.NoiseStartPattern, socket.WAConnHeader)
	noise.Authenticate(client[:])
	noise.Authenticate(ephemeral.Pub[:])
	check(t, noise.MixSharedSecretIntoKey(*ephemeral.Priv, client))
	sealedStatic := noise.Encrypt(public[:])
	check(t, noise.MixSharedSecretIntoKey(private, client))
	sealedChain := noise.Encrypt(g.chain)
	answer := must(proto.Marshal(&waWa6.HandshakeMessage{ServerHello: &waWa6.HandshakeMessage_ServerHello{Ephemeral: ephemeral.Pub[:], Static: sealedStatic, Payload: sealedChain}}))
	check(t, far.Write(ctx, must(wire.AppendFrame(nil, answer))))

	finish := must(far.Read(ctx))
	check(t, <-done)
	message.Reset()
	check(t, proto.Unmarshal(finish[3:], &message))
	gotStatic := must(noise.Decrypt(message.GetClientFinish().GetStatic()))
	if wire.PublicKey(gotStatic) != static.Public() {
		t.Error("another static key arrived")
	}
	check(t, noise.MixSharedSecretIntoKey(*ephemeral.Priv, [32]byte(gotStatic)))
	var login waWa6.ClientPayload
	check(t, proto.Unmarshal(must(noise.Decrypt(message.GetClientFinish().GetPayload())), &login))
	if d := login.GetInteropData(); login.GetProduct() != waWa6.ClientPayload_INTEROP || d.GetAccountID() != 1<<40 || string(d.GetToken()) != "e30.e30." || !d.GetEnableReadReceipts() || login.Device == nil {
		t.Errorf("another login arrived: %v", &login)
	}
}

func TestOurChainsHaveWhatWhatsmeowLooksFor(t *testing.T) {
	g := newGateway(t)
	var chain waCert.CertChain
	check(t, proto.Unmarshal(g.chain, &chain))
	var leaf, middle waCert.CertChain_NoiseCertificate_Details
	check(t, proto.Unmarshal(chain.GetLeaf().GetDetails(), &leaf))
	check(t, proto.Unmarshal(chain.GetIntermediate().GetDetails(), &middle))
	if !ecc.VerifySignature(ecc.NewDjbECPublicKey(g.authority.Root()), chain.GetIntermediate().GetDetails(), [64]byte(chain.GetIntermediate().GetSignature())) {
		t.Error("the root's signature")
	}
	if !ecc.VerifySignature(ecc.NewDjbECPublicKey([32]byte(middle.GetKey())), chain.GetLeaf().GetDetails(), [64]byte(chain.GetLeaf().GetSignature())) {
		t.Error("the intermediate's signature")
	}
	if middle.GetIssuerSerial() != whatsmeow.WACertIssuerSerial || leaf.GetIssuerSerial() != middle.GetSerial() || wire.PublicKey(leaf.GetKey()) != g.static.Public() {
		t.Error("the names")
	}
	for _, d := range []*waCert.CertChain_NoiseCertificate_Details{&leaf, &middle} {
		if d.GetNotBefore() != uint64(now.Add(-time.Hour).Unix()) || d.GetNotAfter() != uint64(now.Add(time.Hour).Unix()) {
			t.Error("the dates, which newer versions check")
		}
	}
}
