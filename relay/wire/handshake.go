package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// ClientConfig is what a client brings to the handshake.
type ClientConfig struct {
	Static  PrivateKey       // the client's Noise key, registered at the gateway
	Root    RootKey          // of the gateway's certificate chain
	Now     func() time.Time // for the chain's dates; nil means time.Now
	Rand    io.Reader        // nil means crypto/rand
	Payload *ClientPayload   // the login
	Limits  Limits
	Routing []byte // edge-routing blob that the server handed out earlier; usually nil
}

// ServerConfig is what a gateway brings to the handshake.
type ServerConfig struct {
	Static PrivateKey
	Chain  []byte    // from Authority.Issue for Static's public key
	Rand   io.Reader // nil means crypto/rand
	Limits Limits
}

// Dial runs the client's side of the handshake on p and sends the login. The
// server's answer to it is the first stanza of the channel. Nothing secret is
// sent before the server's certificate chain has been verified. On an error p
// is closed.
func Dial(ctx context.Context, p Pipe, cfg ClientConfig) (*Channel, error) {
	ctx, cancel := context.WithTimeout(ctx, HandshakeTimeout)
	defer cancel()
	ch, err := dial(ctx, p, cfg)
	if err != nil {
		p.Close("handshake_failed")
		return nil, fmt.Errorf("noise handshake: %w", err)
	}
	return ch, nil
}

func dial(ctx context.Context, p Pipe, cfg ClientConfig) (*Channel, error) {
	if cfg.Payload == nil {
		return nil, errors.New("no login payload")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	ephemeral, err := GenerateKey(cfg.Rand)
	if err != nil {
		return nil, err
	}
	state, err := sendClientHello(ctx, p, ephemeral.Public(), cfg.Routing)
	if err != nil {
		return nil, err
	}
	frames := frameReader{pipe: p, most: MaxHandshakeFrame}
	frame, err := frames.next(ctx)
	if err != nil {
		return nil, err
	}
	server, err := state.readServerHello(frame, ephemeral, cfg)
	if err != nil {
		return nil, err
	}
	if err := state.sendClientFinish(ctx, p, server, cfg); err != nil {
		return nil, err
	}
	toServer, toClient, err := state.split()
	if err != nil {
		return nil, err
	}
	return newChannel(frames, toClient, toServer, cfg.Limits), nil
}

// sendClientHello sends the preamble, the header and the first message as one
// chunk, as other clients do.
func sendClientHello(ctx context.Context, p Pipe, ephemeral PublicKey, routing []byte) (*symmetric, error) {
	var out []byte
	if len(routing) > maxRouting {
		return nil, fmt.Errorf("%w: routing blob of %d bytes", ErrHeader, len(routing))
	}
	if len(routing) > 0 {
		out = append(out, preamble...)
		out = append(out, 0, byte(len(routing)>>8), byte(len(routing)))
		out = append(out, routing...)
	}
	out = append(out, header...)
	out, err := AppendFrame(out, marshalHello(clientHello, hello{ephemeral: ephemeral[:]}))
	if err != nil {
		return nil, err
	}
	state := newSymmetric(header)
	state.mixHash(ephemeral[:])
	return state, p.Write(ctx, out)
}

// readServerHello returns the server's ephemeral key once its static key and
// certificate chain are proven.
func (s *symmetric) readServerHello(frame []byte, ephemeral PrivateKey, cfg ClientConfig) (PublicKey, error) {
	h, err := unmarshalHello(frame, serverHello)
	if err != nil {
		return PublicKey{}, err
	}
	server, err := ParsePublicKey(h.ephemeral)
	if err != nil {
		return PublicKey{}, fmt.Errorf("server's ephemeral: %w", err)
	}
	s.mixHash(server[:])
	if err := s.mix(ephemeral, server); err != nil {
		return PublicKey{}, err
	}
	raw, err := s.open(h.static)
	if err != nil {
		return PublicKey{}, fmt.Errorf("server's static: %w", err)
	}
	static, err := ParsePublicKey(raw)
	if err != nil {
		return PublicKey{}, fmt.Errorf("server's static: %w", err)
	}
	if err := s.mix(ephemeral, static); err != nil {
		return PublicKey{}, err
	}
	chain, err := s.open(h.payload)
	if err != nil {
		return PublicKey{}, fmt.Errorf("server's certificate: %w", err)
	}
	return server, VerifyChain(chain, cfg.Root, static, cfg.Now())
}

func (s *symmetric) sendClientFinish(ctx context.Context, p Pipe, server PublicKey, cfg ClientConfig) error {
	public := cfg.Static.Public()
	static, err := s.seal(public[:])
	if err != nil {
		return err
	}
	if err := s.mix(cfg.Static, server); err != nil {
		return err
	}
	payload, err := s.seal(cfg.Payload.Marshal())
	if err != nil {
		return err
	}
	message := marshalHello(clientFinish, hello{static: static, payload: payload})
	if len(message) > MaxHandshakeFrame {
		return fmt.Errorf("login payload: %w", ErrFrameTooBig)
	}
	out, err := AppendFrame(nil, message)
	if err != nil {
		return err
	}
	return p.Write(ctx, out)
}

// Accept runs the server's side of the handshake on p. It proves that the
// client holds clientStatic; whether that key may log in as payload says is
// for the caller to find out, and to answer with the first stanza. On an
// error p is closed.
func Accept(ctx context.Context, p Pipe, cfg ServerConfig) (ch *Channel, clientStatic PublicKey, payload *ClientPayload, err error) {
	ctx, cancel := context.WithTimeout(ctx, HandshakeTimeout)
	defer cancel()
	ch, clientStatic, payload, err = accept(ctx, p, cfg)
	if err != nil {
		p.Close("handshake_failed")
		return nil, PublicKey{}, nil, fmt.Errorf("noise handshake: %w", err)
	}
	return ch, clientStatic, payload, nil
}

func accept(ctx context.Context, p Pipe, cfg ServerConfig) (*Channel, PublicKey, *ClientPayload, error) {
	frames := frameReader{pipe: p, most: MaxHandshakeFrame}
	if err := frames.readHeader(ctx); err != nil {
		return nil, PublicKey{}, nil, err
	}
	frame, err := frames.next(ctx)
	if err != nil {
		return nil, PublicKey{}, nil, err
	}
	state := newSymmetric(header)
	ephemeral, err := state.answerClientHello(ctx, p, frame, cfg)
	if err != nil {
		return nil, PublicKey{}, nil, err
	}
	if frame, err = frames.next(ctx); err != nil {
		return nil, PublicKey{}, nil, err
	}
	client, payload, err := state.readClientFinish(frame, ephemeral)
	if err != nil {
		return nil, PublicKey{}, nil, err
	}
	toServer, toClient, err := state.split()
	if err != nil {
		return nil, PublicKey{}, nil, err
	}
	return newChannel(frames, toServer, toClient, cfg.Limits), client, payload, nil
}

// preamble announces an edge-routing blob: three bytes of length follow.
const preamble = "ED\x00\x01"

// readHeader reads the optional preamble, whose blob is of no use here, and
// the header, which must be the one whose token tables this package has.
func (r *frameReader) readHeader(ctx context.Context) error {
	if err := r.fill(ctx, len(header)); err != nil {
		return err
	}
	head := string(r.cut(len(header)))
	if head == preamble {
		if err := r.fill(ctx, lengthSize); err != nil {
			return err
		}
		size := binary.BigEndian.Uint32(append([]byte{0}, r.cut(lengthSize)...))
		if size > maxRouting {
			return fmt.Errorf("%w: routing blob of %d bytes", ErrHeader, size)
		}
		if err := r.fill(ctx, int(size)+len(header)); err != nil {
			return err
		}
		r.cut(int(size))
		head = string(r.cut(len(header)))
	}
	if head != header {
		return fmt.Errorf("%w: %x", ErrHeader, head)
	}
	return nil
}

// answerClientHello returns the server's ephemeral key.
func (s *symmetric) answerClientHello(ctx context.Context, p Pipe, frame []byte, cfg ServerConfig) (PrivateKey, error) {
	h, err := unmarshalHello(frame, clientHello)
	if err != nil {
		return PrivateKey{}, err
	}
	client, err := ParsePublicKey(h.ephemeral)
	if err != nil {
		return PrivateKey{}, fmt.Errorf("client's ephemeral: %w", err)
	}
	ephemeral, err := GenerateKey(cfg.Rand)
	if err != nil {
		return PrivateKey{}, err
	}
	mine, static := ephemeral.Public(), cfg.Static.Public()
	s.mixHash(client[:])
	s.mixHash(mine[:])
	if err := s.mix(ephemeral, client); err != nil {
		return PrivateKey{}, err
	}
	sealedStatic, err := s.seal(static[:])
	if err != nil {
		return PrivateKey{}, err
	}
	if err := s.mix(cfg.Static, client); err != nil {
		return PrivateKey{}, err
	}
	sealedChain, err := s.seal(cfg.Chain)
	if err != nil {
		return PrivateKey{}, err
	}
	out, err := AppendFrame(nil, marshalHello(serverHello, hello{mine[:], sealedStatic, sealedChain}))
	if err != nil {
		return PrivateKey{}, err
	}
	return ephemeral, p.Write(ctx, out)
}

func (s *symmetric) readClientFinish(frame []byte, ephemeral PrivateKey) (PublicKey, *ClientPayload, error) {
	h, err := unmarshalHello(frame, clientFinish)
	if err != nil {
		return PublicKey{}, nil, err
	}
	raw, err := s.open(h.static)
	if err != nil {
		return PublicKey{}, nil, fmt.Errorf("client's static: %w", err)
	}
	client, err := ParsePublicKey(raw)
	if err != nil {
		return PublicKey{}, nil, fmt.Errorf("client's static: %w", err)
	}
	if err := s.mix(ephemeral, client); err != nil {
		return PublicKey{}, nil, err
	}
	plain, err := s.open(h.payload)
	if err != nil {
		return PublicKey{}, nil, fmt.Errorf("login payload: %w", err)
	}
	payload, err := UnmarshalPayload(plain)
	return client, payload, err
}
