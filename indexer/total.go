package indexer

// total is how many samples will be done when this run is: those that were done when it began, and
// those of its share of the partitions that are missing. 0 is not known; about says that it is an
// estimate.
func (b *build) total() (samples int64, about bool) {
	input, about := b.inputSamples()
	if input == 0 {
		return 0, false
	}
	rows := int64(b.PartitionRows)
	partitions := (input + rows - 1) / rows
	samples = b.resumed + max(0, b.Task.share(partitions)-b.own)*rows
	if last := partitions - 1; b.Task.owns(last) && !b.done[last] {
		samples -= partitions*rows - input
	}
	return samples, about
}

// inputSamples is how many samples of the input are to be indexed, by all tasks together.
func (b *build) inputSamples() (samples int64, about bool) {
	if b.length > 0 {
		return b.length, false
	}
	exact := false
	if source, says := b.Source.(Forecaster); says {
		samples, exact = source.Samples()
	}
	if b.Limit > 0 && (samples == 0 || samples > b.Limit) {
		return b.Limit, samples == 0
	}
	return samples, !exact
}
