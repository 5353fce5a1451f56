//go:build !js

// Command attachcore is a core with attachments and no engine, for tests in a
// browser. Natively it does nothing.
package main

func main() {}
