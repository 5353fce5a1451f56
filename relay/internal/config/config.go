// Package config is the relay's configuration: one struct, filled from flags,
// the environment, a file and defaults, in this order of precedence. The tags
// carry the documentation; the reference in the README is generated from them.
package config

import (
	"time"

	"ferry/relay/internal/limit"
)

// Config is everything that can be set. The name in the tag is the flag's and the
// file's; the environment variable is FERRY_ and the name in capitals, with _ for -.
type Config struct {
	Listen         string   `name:"listen" default:"127.0.0.1:8080" doc:"Address of the web server."`
	URL            string   `name:"url" doc:"Public URL of this relay, and its name as the issuer of ID tokens. Empty: http://localhost and the port of listen."`
	Origins        []string `name:"origins" doc:"Further web origins that may use the API and the tunnel, e.g. https://beta.example. The relay's own is always allowed."`
	TLSCert        string   `name:"tls-cert" doc:"File of the certificate chain (PEM). Empty: plain HTTP, for loopback or behind a proxy."`
	TLSKey         string   `name:"tls-key" doc:"File of the certificate's private key (PEM)."`
	TrustedProxies []string `name:"trusted-proxies" doc:"Networks of proxies whose X-Forwarded-For is believed, e.g. 10.0.0.0/8."`
	Admin          string   `name:"admin" default:"127.0.0.1:8082" doc:"Private address of /healthz, /readyz, /metrics and /debug/pprof. Empty: none."`

	Data         string `name:"data" default:"./data" doc:"Folder of the embedded JetStream. Unused with nats."`
	NATS         string `name:"nats" secret:"true" doc:"URL of an external NATS cluster with JetStream, credentials included. Empty: embedded."`
	NATSReplicas int    `name:"nats-replicas" default:"1" doc:"Copies of each bucket and log in the cluster: 1, 3 or 5."`

	SignInIssuer string `name:"sign-in-issuer" doc:"OpenID Connect issuer of the messenger's own sign-in, https://id.example. Empty: accounts with passwords, kept here."`
	SignInClient string `name:"sign-in-client" doc:"Client id of this relay at that issuer. It sends people back to /api/oidc/callback under url."`
	SignInSecret string `name:"sign-in-secret" secret:"true" doc:"The client's secret; empty for a public client (PKCE protects both)."`
	SignInClaim  string `name:"sign-in-claim" default:"preferred_username" doc:"Claim of the ID token, or of the user info, that is the username."`
	SignInName   string `name:"sign-in-name" doc:"Name of that sign-in on the button, e.g. Example ID. Empty: the provider's name."`

	Gateway         string `name:"gateway" doc:"Chat address of the interop gateway: wss://, ws://, tls:// or tcp://. Empty: the reference gateway, embedded."`
	GatewayAPI      string `name:"gateway-api" doc:"HTTP address of the gateway's enlistment. Empty: the host of a wss:// or ws:// gateway."`
	GatewayName     string `name:"gateway-name" default:"Reference gateway" doc:"The gateway's name, as users see it."`
	GatewayRoot     string `name:"gateway-root" doc:"Public key that signs the gateway's certificates, 64 hex digits. Needed with gateway; the embedded one has its own."`
	GatewayAudience string `name:"gateway-audience" default:"ferry-gateway" doc:"The gateway's name for itself in ID tokens (aud)."`
	ProviderID      int    `name:"provider-id" default:"7" doc:"This messenger's integrator id at the gateway."`
	ProviderName    string `name:"provider-name" default:"Ferry" doc:"This messenger's name, as WhatsApp users see it."`

	MediaPath        string `name:"media-path" default:"/v/interop/{provider}/{token}?f=1" doc:"Path under which WhatsApp's clients ask for a file of this relay's media host; {provider} is provider-id."`
	GatewayMedia     string `name:"gateway-media" doc:"Origin of the files that WhatsApp users sent. Empty: that of gateway-api."`
	GatewayMediaPath string `name:"gateway-media-path" default:"/v/wa/{token}?f=1" doc:"Path of such a file. No other is fetched from there."`

	GatewayListen string   `name:"gateway-listen" default:"127.0.0.1:8081" doc:"Address of the reference gateway, embedded or alone (ferry gateway)."`
	GatewayFiles  string   `name:"gateway-files" doc:"Host and port at which WhatsApp's clients find the reference gateway's media, which they ask for over https. Empty: those of gateway-listen."`
	Providers     string   `name:"providers" doc:"JSON file of the third-party messengers that the reference gateway admits. Empty: this relay alone."`
	RegionPolicy  string   `name:"region-policy" default:"open" doc:"How this relay tells whether its users are where third-party chats are offered (regions): open, nobody looks; header:NAME, the country in a header of trusted-proxies; geoip:FILE, the address in a MaxMind database. Who cannot be placed is outside."`
	Regions       []string `name:"regions" doc:"Countries (ISO 3166-1) that the reference gateway and region-policy add to the European Economic Area, in which there are third-party chats; -DE takes one away, * is everywhere. Empty: none, but a gateway with a sandbox takes everywhere."`
	Sandbox       Switch   `name:"sandbox" default:"auto" doc:"Whether testers may play WhatsApp over /sandbox on the gateway: on, off, or auto: with the embedded gateway, not alone. With gateway, on says that the gateway has one. A relay passes it on, to its own pages on this machine, if url is this machine's."`
	Echo          Switch   `name:"echo" default:"auto" doc:"Whether the sandbox has a WhatsApp user that answers: on, off, or auto: wherever there is a sandbox."`

	KeyLife   time.Duration `name:"key-life" default:"720h" doc:"How long a key signs ID tokens before the next one takes over."`
	Drain     time.Duration `name:"drain" default:"5s" doc:"Over what time the clients are told to come back when the relay stops."`
	DrainMax  time.Duration `name:"drain-max" default:"15s" doc:"When the relay stops for good, whatever is still open."`
	LogLevel  string        `name:"log-level" default:"info" doc:"debug, info, warn or error."`
	LogFormat string        `name:"log-format" default:"text" doc:"text or json."`
	LimitList []string      `name:"limit" doc:"Changed limits, e.g. tunnel.idle=90s. All are listed below."`

	limits limit.Limits
}

// Switch is on, off, or left to the circumstances.
type Switch string

// The positions of a Switch.
const (
	Auto Switch = "auto"
	On   Switch = "on"
	Off  Switch = "off"
)

// Or resolves Auto.
func (s Switch) Or(auto bool) bool {
	switch s {
	case On:
		return true
	case Off:
		return false
	}
	return auto
}

// Limits is the table with the configured changes.
func (c *Config) Limits() limit.Limits { return c.limits }

// SetLimits replaces the table, for tests.
func (c *Config) SetLimits(l limit.Limits) { c.limits = l }

// Embedded reports whether the gateway runs in this process.
func (c *Config) Embedded() bool { return c.Gateway == "" }
