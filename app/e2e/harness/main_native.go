//go:build !js

// Command harness is a page without screens, for tests of the core's life in a
// browser. Natively it does nothing.
package main

func main() {}
