package tunnel

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/relay/internal/limit"
)

// The benchmarks put one proxy at a time into a process of its own, between a
// client and a gateway that live in the test, so that CPU time and memory are the
// proxy's alone. What they report are ratios of one run: absolute figures of a
// shared machine mean little.

const proxyEnv = "FERRY_BENCH_PROXY" // "tunnel" or "reverse", then a space and the gateway's address

func TestMain(m *testing.M) {
	if kind, gateway, ok := strings.Cut(os.Getenv(proxyEnv), " "); ok {
		serveProxy(kind, gateway)
		return
	}
	os.Exit(m.Run())
}

// usage is what a proxy process answers to each line on its standard input.
type usage struct {
	Address  string
	CPU      time.Duration
	Resident int64 // bytes
	Tidy     int64 // bytes, after a collection
	Stacks   uint64
	Heap     uint64
}

func serveProxy(kind, gateway string) {
	var h http.Handler
	switch kind {
	case "tunnel":
		limits := limit.Default()
		limits.TunnelUpBytes, limits.TunnelUpFrames, limits.TunnelDownBytes, limits.TunnelDownFrames = 0, 0, 0, 0
		limits.TunnelsAccount, limits.TunnelsAddress, limits.TunnelOpens = 0, 0, 0
		s, err := New(Config{
			Gateway: gateway, Limits: limits, Auth: &auth{account: "a"},
			Origin:  func(*http.Request) bool { return true },
			Address: func(*http.Request) netip.Addr { return netip.IPv6Loopback() },
		})
		if err != nil {
			panic(err)
		}
		h = s
	case "reverse":
		u, err := url.Parse("http" + strings.TrimPrefix(gateway, "ws"))
		if err != nil {
			panic(err)
		}
		h = httputil.NewSingleHostReverseProxy(u)
	}
	srv := httptest.NewServer(h)
	out := json.NewEncoder(os.Stdout)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		u := usage{Address: srv.Listener.Addr().String(), CPU: cpuTime(), Resident: resident()}
		if in.Text() == "memory" {
			debug.FreeOSMemory()
			u.Tidy = resident()
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		u.Stacks, u.Heap = m.StackSys, m.HeapAlloc
		_ = out.Encode(u)
	}
}

// proxy is such a process.
type proxy struct {
	b   *testing.B
	in  io.WriteCloser
	out *json.Decoder
}

func startProxy(b *testing.B, kind, gateway string) *proxy {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), proxyEnv+"="+kind+" "+gateway)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	return &proxy{b: b, in: in, out: json.NewDecoder(out)}
}

func (p *proxy) ask(what string) (u usage) {
	p.b.Helper()
	if _, err := fmt.Fprintln(p.in, what); err != nil {
		p.b.Fatal(err)
	}
	if err := p.out.Decode(&u); err != nil {
		p.b.Fatal(err)
	}
	return u
}

func resident() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	var kb int64
	if _, after, ok := strings.Cut(string(status), "VmRSS:"); ok {
		_, _ = fmt.Sscan(after, &kb)
	}
	return kb << 10
}

// benchGateway sends an empty message back when it has read the payload bytes
// announced by the query, again and again.
func benchGateway(b *testing.B) string {
	return rawGateway(b, nil, func(c net.Conn, r *bufio.Reader) {
		answer := unmasked(opBinary, []byte{1})
		var todo uint64
		buf := make([]byte, 64<<10)
		for {
			if todo == 0 { // a job: the number of raw bytes that follow, in one small frame
				f, err := readFrame(r)
				if err != nil {
					return
				}
				for _, d := range f.payload {
					todo = todo*10 + uint64(d-'0')
				}
			}
			n, err := r.Read(buf[:min(todo, uint64(len(buf)))])
			if err != nil {
				return
			}
			if todo -= uint64(n); todo == 0 {
				if _, err := c.Write(answer); err != nil {
					return
				}
			}
		}
	})
}

// benchClient is a tunnel's client without any cost of its own worth naming.
type benchClient struct {
	b *testing.B
	c net.Conn
	r *bufio.Reader
}

func dialBench(b *testing.B, address string) *benchClient {
	b.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	if _, err := io.WriteString(c, handshake); err != nil {
		b.Fatal(err)
	}
	r := bufio.NewReader(c)
	if resp, err := http.ReadResponse(r, nil); err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		b.Fatalf("handshake: %v, %v", resp, err)
	}
	return &benchClient{b, c, r}
}

// job sends frames of size bytes, batch of them in one write, and waits for the
// gateway to have them all.
func (c *benchClient) job(size, count, batch int) time.Duration {
	one := masked(opBinary, true, make([]byte, size))
	start := time.Now()
	for sent := 0; sent < count; sent += batch {
		out := slices.Repeat(one, min(batch, count-sent))
		if sent == 0 {
			out = append(masked(opBinary, true, fmt.Append(nil, len(one)*count)), out...)
		}
		if _, err := c.c.Write(out); err != nil {
			c.b.Fatal(err)
		}
	}
	for {
		f, err := readFrame(c.r)
		if err != nil {
			c.b.Fatal(err)
		}
		if f.op == opBinary {
			return time.Since(start)
		}
	}
}

// load is one kind of traffic.
type load struct {
	name                      string
	size, count, batch, times int
}

var loads = []load{
	{"512B-pipelined", 512, 100_000, 64, 1},
	{"64KiB", 64 << 10, 4_000, 1, 1},
	{"512B-alone", 512, 1, 1, 4_000},
}

// BenchmarkPipe compares a direct connection, httputil.ReverseProxy and the
// tunnel, one after the other in each round; the median round counts.
func BenchmarkPipe(b *testing.B) {
	gate := benchGateway(b)
	reverse, tunnel := startProxy(b, "reverse", gate), startProxy(b, "tunnel", gate)
	direct := dialBench(b, strings.TrimPrefix(gate, "ws://"))
	viaReverse, viaTunnel := dialBench(b, reverse.ask("").Address), dialBench(b, tunnel.ask("").Address)
	for _, l := range loads {
		b.Run(l.name, func(b *testing.B) {
			rounds := max(b.N, 5)
			var d, r, t []time.Duration
			var cpuR, cpuT []time.Duration
			for range rounds {
				d = append(d, l.run(direct))
				took, cpu := l.through(reverse, viaReverse)
				r, cpuR = append(r, took), append(cpuR, cpu)
				took, cpu = l.through(tunnel, viaTunnel)
				t, cpuT = append(t, took), append(cpuT, cpu)
			}
			b.ReportMetric(ratio(cpuT, cpuR), "cpu/reverseproxy")
			b.ReportMetric(float64(total(cpuT))/float64(max(total(cpuR), 1)), "total-cpu/reverseproxy")
			b.ReportMetric(ratio(d, t), "rate/direct")
			b.ReportMetric(ratio(d, r), "reverseproxy-rate/direct")
			if l.times > 1 {
				each := time.Duration(l.times)
				b.ReportMetric(float64((median(t)-median(d))/each)/1e3, "added-rtt-µs")
				b.ReportMetric(ratio(t, d), "rtt/direct")
				b.ReportMetric(ratio(r, d), "reverseproxy-rtt/direct")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

func (l load) run(c *benchClient) (took time.Duration) {
	for range l.times {
		took += c.job(l.size, l.count, l.batch)
	}
	return took
}

func (l load) through(p *proxy, c *benchClient) (took, cpu time.Duration) {
	before := p.ask("").CPU
	took = l.run(c)
	return took, p.ask("").CPU - before
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

func total(d []time.Duration) (sum time.Duration) {
	for _, one := range d {
		sum += one
	}
	return sum
}

func ratio(a, b []time.Duration) float64 { return float64(median(a)) / float64(max(median(b), 1)) }

// BenchmarkIdle opens 2,000 tunnels, sends a message through each, and reports
// what one keeps resident.
func BenchmarkIdle(b *testing.B) {
	const tunnels = 2000
	for _, kind := range []string{"reverse", "tunnel"} {
		b.Run(kind, func(b *testing.B) {
			p := startProxy(b, kind, benchGateway(b))
			warm := dialBench(b, p.ask("").Address)
			warm.job(512, 100, 10)
			before := p.ask("memory")
			for range tunnels {
				dialBench(b, before.Address).job(512, 10, 1)
			}
			after := p.ask("memory")
			b.ReportMetric(float64(after.Resident-before.Tidy)/tunnels/1000, "kB/tunnel-untidy")
			b.ReportMetric(float64(after.Tidy-before.Tidy)/tunnels/1000, "kB/tunnel")
			b.ReportMetric(float64(after.Stacks-before.Stacks)/tunnels/1000, "kB-stack/tunnel")
			b.ReportMetric(float64(after.Heap-before.Heap)/tunnels/1000, "kB-heap/tunnel")
			b.ReportMetric(float64(after.CPU-before.CPU)/tunnels/1e3, "cpu-µs/opening")
			b.ReportMetric(0, "ns/op")
		})
	}
}
