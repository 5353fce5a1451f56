package admin

import (
	"github.com/prometheus/client_golang/prometheus"

	"ferry/relay/internal/tunnel"
)

// Tunnels is the metrics of a tunnel server, read when they are asked for. There
// is no series by user, address or session.
type Tunnels struct{ Stats func() tunnel.Stats }

var (
	tunnelsOpen   = prometheus.NewDesc("ferry_tunnels_open", "Tunnels open now.", nil, nil)
	tunnelsOpened = prometheus.NewDesc("ferry_tunnels_opened_total", "Tunnels that were admitted.", nil, nil)
	tunnelsEnded  = prometheus.NewDesc("ferry_tunnels_ended_total", "Tunnels that ended or were refused, by reason.", []string{"reason"}, nil)
	tunnelBytes   = prometheus.NewDesc("ferry_tunnel_bytes_total", "Bytes passed on, WebSocket headers included.", []string{"direction"}, nil)
	tunnelPauses  = prometheus.NewDesc("ferry_tunnel_pauses_total", "Reads that a rate delayed.", nil, nil)
)

// Describe lists the metrics.
func (Tunnels) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{tunnelsOpen, tunnelsOpened, tunnelsEnded, tunnelBytes, tunnelPauses} {
		ch <- d
	}
}

// Collect reads them.
func (t Tunnels) Collect(ch chan<- prometheus.Metric) {
	s := t.Stats()
	counter := func(d *prometheus.Desc, v uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	ch <- prometheus.MustNewConstMetric(tunnelsOpen, prometheus.GaugeValue, float64(s.Open))
	counter(tunnelsOpened, s.Opened)
	counter(tunnelBytes, s.UpBytes, "up")
	counter(tunnelBytes, s.DownBytes, "down")
	counter(tunnelPauses, s.Pauses)
	for _, r := range tunnel.Reasons() {
		counter(tunnelsEnded, s.Ended[r], r.String())
	}
}
