// Package e2e is generated from e2e.proto: the subset of WhatsApp's message
// format that package content reads and writes.
package e2e
