package tunnel

// A gateway behind tcp:// or tls:// takes the bytes without WebSocket around
// them. Its answers are a stream of frames, each with its length in the three
// bytes before it; each becomes one WebSocket message, because clients expect
// a whole frame in one. Nothing but that length is looked at.

// gatewayPrefix is the length before each of the gateway's frames, in bytes.
const gatewayPrefix = 3

// unwrap forwards the payload of the client's frames, unmasked, as plain bytes.
func (f *flow) unwrap(b []byte) error {
	out := b[:0] // headers go, so what is written never overtakes what is read
	for len(b) > 0 {
		if f.scan.left > 0 {
			step := int(min(f.scan.left, uint64(len(b))))
			unmask(b[:step], f.key, f.at)
			out = append(out, b[:step]...)
			f.scan.left, f.at, b = f.scan.left-uint64(step), f.at+uint64(step), b[step:]
			continue
		}
		n, err := f.unwrapHeader(b)
		if err != nil {
			_ = f.write(out, true) // what came before the violation or the close still goes through
			return err
		}
		if n == 0 {
			break
		}
		b = b[n:]
	}
	return f.write(out, true)
}

// unwrapHeader takes a data frame's header or a whole control frame, and returns
// its length, or 0 if more has to arrive first.
func (f *flow) unwrapHeader(b []byte) (int, error) {
	h, complete, err := parseHeader(b, true)
	switch {
	case err != nil:
		return 0, err
	case !complete:
		f.carried = copy(f.carry[:], b)
		return 0, nil
	case h.control():
		return f.takeControl(b)
	}
	f.key, f.at = h.key, 0
	return h.size, f.scan.begin(h)
}

// wrap forwards the gateway's frames, each as one WebSocket message.
func (f *flow) wrap(b []byte) error {
	buf := buffers.Get().(*buffer)
	defer buffers.Put(buf)
	out := buf[:0]
	for len(b) > 0 {
		if f.scan.left == 0 {
			if len(b) < gatewayPrefix {
				f.carried = copy(f.carry[:], b)
				break
			}
			h := header{fin: true, op: opBinary}
			h.length = gatewayPrefix + (uint64(b[0])<<16 | uint64(b[1])<<8 | uint64(b[2]))
			if err := f.scan.begin(h); err != nil {
				return err
			}
			if len(out)+maxHeader > len(buf) {
				if err := f.write(out, true); err != nil {
					return err
				}
				out = buf[:0]
			}
			out = appendHeader(out, opBinary, int(h.length), false, [4]byte{})
		}
		step := int(min(f.scan.left, uint64(len(b)), uint64(len(buf)-len(out))))
		out = append(out, b[:step]...)
		f.scan.left -= uint64(step)
		if b = b[step:]; len(out) == len(buf) {
			if err := f.write(out, f.scan.atBoundary()); err != nil {
				return err
			}
			out = buf[:0]
		}
	}
	return f.write(out, f.scan.atBoundary())
}
