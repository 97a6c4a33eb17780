package server

import (
	"math"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// maxRates bounds the memory of a table of rates.
	maxRates = 10_000
	// guessRate is how many wrong keys a second an address may send, after twice as many at once
	// (but at least ten).
	guessRate = 0.2
	minBurst  = 10
)

// rates is one token bucket for each key or address. A nil table limits nothing.
type rates struct {
	limit    rate.Limit
	burst    int
	mu       sync.Mutex
	buckets  map[string]*rate.Limiter
	overflow *rate.Limiter // shared by whoever finds the table full
}

func newRates(perSecond float64) *rates {
	if perSecond <= 0 {
		return nil
	}
	r := &rates{limit: rate.Limit(perSecond), burst: max(minBurst, int(math.Ceil(2*perSecond))), buckets: map[string]*rate.Limiter{}}
	r.overflow = rate.NewLimiter(r.limit, r.burst)
	return r
}

// take takes a token, or says how long there will be none.
func (r *rates) take(who string, now time.Time) (wait time.Duration) {
	if r == nil {
		return 0
	}
	reservation := r.bucket(who, now).ReserveN(now, 1)
	if wait = reservation.DelayFrom(now); wait > 0 {
		reservation.CancelAt(now)
	}
	return wait
}

// spent says how long there will be no token, and takes none.
func (r *rates) spent(who string, now time.Time) (wait time.Duration) {
	reservation := r.bucket(who, now).ReserveN(now, 1)
	defer reservation.CancelAt(now)
	return reservation.DelayFrom(now)
}

func (r *rates) bucket(who string, now time.Time) *rate.Limiter {
	r.mu.Lock()
	defer r.mu.Unlock()
	if bucket := r.buckets[who]; bucket != nil {
		return bucket
	}
	if len(r.buckets) >= maxRates {
		for name, bucket := range r.buckets {
			if bucket.TokensAt(now) >= float64(r.burst) {
				delete(r.buckets, name) // a full bucket is the same as a new one
			}
		}
	}
	if len(r.buckets) >= maxRates {
		return r.overflow
	}
	bucket := rate.NewLimiter(r.limit, r.burst)
	r.buckets[who] = bucket
	return bucket
}

// network is what an address is limited as: of IPv6, whose users have many, the /64.
func network(address string) string {
	parsed, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	parsed = parsed.Unmap().WithZone("")
	if parsed.Is4() {
		return parsed.String()
	}
	prefix, err := parsed.Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}
