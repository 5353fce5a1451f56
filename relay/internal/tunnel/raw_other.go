//go:build !linux

package tunnel

import (
	"net"
	"syscall"
)

// Elsewhere than on Linux, connections are used the way package net offers them.

func rawConn(net.Conn) syscall.RawConn { return nil }

func readNow(uintptr, []byte) (int, error, bool) { panic("tunnel: no raw sockets here") }

func writeNow(syscall.RawConn, []byte) (int, error) { panic("tunnel: no raw sockets here") }

type writer struct{}

func (*writer) write(syscall.RawConn, []byte) error { panic("tunnel: no raw sockets here") }
