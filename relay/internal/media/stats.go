package media

// Stats is what a Host counts. Nothing is counted by account, address or file.
type Stats struct {
	Uploads, Downloads int64  // in progress
	Completed          uint64 // uploads that became files
	UpBytes, DownBytes uint64 // DownBytes with what was passed on from the gateway
}

// Stats returns the counts of this process.
func (h *Host) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.stats
}

func (h *Host) count(change func(*Stats)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(&h.stats)
}
