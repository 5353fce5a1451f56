package admin

import (
	"github.com/prometheus/client_golang/prometheus"

	"ferry/relay/internal/media"
)

// Media is the metrics of the media host, read when they are asked for. There is no
// series by user, address or file.
type Media struct{ Stats func() media.Stats }

var (
	mediaTransfers = prometheus.NewDesc("ferry_media_transfers", "Uploads and downloads in progress.", []string{"direction"}, nil)
	mediaBytes     = prometheus.NewDesc("ferry_media_bytes_total", "Bytes of files that came and went; those of the gateway's files count as down.", []string{"direction"}, nil)
	mediaCompleted = prometheus.NewDesc("ferry_media_completed_total", "Uploads that were completed and verified.", nil, nil)
)

// Describe lists the metrics.
func (Media) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{mediaTransfers, mediaBytes, mediaCompleted} {
		ch <- d
	}
}

// Collect reads them.
func (m Media) Collect(ch chan<- prometheus.Metric) {
	s := m.Stats()
	now := func(v int64, direction string) {
		ch <- prometheus.MustNewConstMetric(mediaTransfers, prometheus.GaugeValue, float64(v), direction)
	}
	counter := func(d *prometheus.Desc, v uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	now(s.Uploads, "up")
	now(s.Downloads, "down")
	counter(mediaBytes, s.UpBytes, "up")
	counter(mediaBytes, s.DownBytes, "down")
	counter(mediaCompleted, s.Completed)
}
