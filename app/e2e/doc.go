// Package e2e runs everything together: a real Chromium, a real relay and
// gateway with JetStream, and unmodified whatsmeow clients as the other side.
package e2e
