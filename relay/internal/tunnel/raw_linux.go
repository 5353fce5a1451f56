package tunnel

import (
	"errors"
	"net"
	"syscall"
	"unsafe"
)

// The system calls here bypass the Go scheduler. Those of package net announce
// themselves to it, so that it can hand the processor to another thread should
// they block, and a monitor thread wakes up to 50,000 times a second to see whether
// they do. These sockets never block, so all that, a fifth of the CPU time of a
// lone small frame, was for nothing. The price: what needs all goroutines to stop,
// as a garbage collection does, waits for the copy of up to one buffer.

// rawConn gives access to a plain socket, or nil when there is a layer above it.
func rawConn(c net.Conn) syscall.RawConn {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// readNow reads what is there into b, which is not empty. It returns false if
// nothing is.
func readNow(fd uintptr, b []byte) (n int, err error, ready bool) {
	for {
		n, errno := transfer(syscall.SYS_READ, fd, b)
		switch errno {
		case 0:
			return n, nil, true
		case syscall.EINTR:
		case syscall.EAGAIN:
			return 0, nil, false
		default:
			return 0, errno, true
		}
	}
}

// writeNow writes what the socket takes without waiting.
func writeNow(raw syscall.RawConn, b []byte) (n int, err error) {
	outer := raw.Write(func(fd uintptr) bool {
		n, _, err = writeSome(fd, b)
		return true
	})
	return n, errors.Join(outer, err)
}

// writer is a write that waits for its socket. It is kept, because a closure made
// for each write would be garbage.
type writer struct {
	rest []byte
	err  error
	some func(fd uintptr) bool
}

// write writes all of b.
func (w *writer) write(raw syscall.RawConn, b []byte) error {
	if w.some == nil {
		w.some = w.writeSome
	}
	w.rest, w.err = b, nil
	outer := raw.Write(w.some)
	w.rest = nil
	return errors.Join(outer, w.err)
}

func (w *writer) writeSome(fd uintptr) bool {
	n, full, err := writeSome(fd, w.rest)
	w.rest, w.err = w.rest[n:], err
	return !full
}

// writeSome writes until all of b is written or the socket is full.
func writeSome(fd uintptr, b []byte) (n int, full bool, err error) {
	for n < len(b) {
		some, errno := transfer(syscall.SYS_WRITE, fd, b[n:])
		switch errno {
		case 0:
			n += some
		case syscall.EINTR:
		case syscall.EAGAIN:
			return n, true, nil
		default:
			return n, false, errno
		}
	}
	return n, false, nil
}

// transfer reads into b or writes from it. It is not empty.
func transfer(trap, fd uintptr, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(trap, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}
