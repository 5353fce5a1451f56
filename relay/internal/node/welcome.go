package node

import (
	"fmt"
	"io"
	"strings"
)

// Welcome tells whoever started the process what to do next.
func (n *Node) Welcome(w io.Writer) error {
	var b strings.Builder
	if n.relay != nil {
		fmt.Fprintf(&b, "Ferry is ready at %s\n", n.cfg.URL)
		if !n.relay.Built() {
			b.WriteString("  The web app is not built into this binary: run `make run` in the repository.\n")
		}
		n.nextSteps(&b)
	}
	if n.gateway != nil {
		n.aboutGateway(&b)
	}
	if n.adminAddr != nil {
		fmt.Fprintf(&b, "Private: http://%s/healthz /readyz /metrics\n", n.adminAddr)
	}
	b.WriteString("Ctrl-C stops it in good order, twice at once.\n")
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("welcome: %w", err)
	}
	return nil
}

func (n *Node) nextSteps(b *strings.Builder) {
	b.WriteString("  1. Open it in a browser and sign up.\n")
	b.WriteString("  2. Settings › Account › Third-party chats: connect to WhatsApp.\n")
	if n.gateway != nil && n.gateway.echoPhone() != "" {
		fmt.Fprintf(b, "  3. New chat with %s: Echo, a WhatsApp user who answers.\n", n.gateway.echoPhone())
		return
	}
	b.WriteString("  3. New chat with a WhatsApp user's phone number.\n")
}

func (n *Node) aboutGateway(b *strings.Builder) {
	g := n.gateway.told("")
	fmt.Fprintf(b, "Reference gateway at %s, root key %s\n", g.Chat, g.RootKey)
	if !g.Sandbox {
		return
	}
	fmt.Fprintf(b, "  Sandbox, to play WhatsApp (curl %s/sandbox, or with a mouse %s/sandbox/console):\n", g.API, g.API)
	fmt.Fprintf(b, "    curl %s/sandbox/phones -d '{\"phone\":\"+4915510000002\",\"name\":\"Berta\"}'\n", g.API)
	fmt.Fprintf(b, "    curl %s/sandbox/phones/+4915510000002/scan -d '{\"qr\":\"…\"}'\n", g.API)
}
