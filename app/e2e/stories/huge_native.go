//go:build !js

package main

func (*core) script() {}
