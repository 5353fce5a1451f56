//go:build !js

// Command seed runs in the browser alone.
package main

func main() {}
