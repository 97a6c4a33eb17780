package stats

// Resampling says how to resample: the same values give the same figures.
type Resampling struct {
	Confidence float64 // coverage of the interval
	Times      int     // resamples
	Seed       uint64
	// Done, when closed, ends the work early; what comes back then is not to be used. nil: never.
	Done <-chan struct{}
}

func (r Resampling) stopped() bool {
	select {
	case <-r.Done:
		return true
	default:
		return false
	}
}
