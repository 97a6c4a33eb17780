package dataset

import "rollcall/indexer"

// counter hands samples on, all but the first skip ones and those that visit answers not to want.
type counter struct {
	skip  int64
	seen  int64
	ahead *forecast // is told how far reading came
	visit func(indexer.Sample) error
	each  func(*indexer.Sample) // sees every sample first, those that are passed over too; nil: nobody
}

// newCounter begins to read the source of a forecast.
func newCounter(ahead *forecast, skip int64, visit func(indexer.Sample) error) *counter {
	ahead.restart()
	return &counter{ahead: ahead, skip: skip, visit: visit}
}

// wanted says whether the next sample will be handed on: if not, its files need not be read.
func (c *counter) wanted() bool { return c.seen >= c.skip }

// pass passes over so many samples at once, when none of them is wanted.
func (c *counter) pass(samples int64) bool {
	if c.each != nil || c.seen+samples > c.skip {
		return false
	}
	c.seen += samples
	c.ahead.saw(samples)
	return true
}

func (c *counter) emit(samples []indexer.Sample) error {
	for _, s := range samples {
		if c.each != nil {
			c.each(&s)
		}
		c.seen++
		c.ahead.saw(1)
		if c.seen <= c.skip {
			continue
		}
		err := c.visit(s)
		if to, skipping := err.(indexer.SkipTo); skipping {
			c.skip = int64(to)
		} else if err != nil {
			return err
		}
	}
	return nil
}
