//go:build !unix

package tunnel

import (
	"net"
	"syscall"
)

func rawConn(net.Conn) syscall.RawConn { return nil }

func readNow(uintptr, []byte) (int, error, bool) { panic("tunnel: no raw sockets here") }

func writeNow(syscall.RawConn, []byte) (int, error) { panic("tunnel: no raw sockets here") }
