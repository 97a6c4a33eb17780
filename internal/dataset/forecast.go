package dataset

import "sync"

// unknown is a number of samples that nothing says before they are read.
const unknown = -1

// forecast tells how many samples a data set has before all of them are read. Files that say how many
// they hold are believed; the others are taken to hold as many for each of their bytes as those that
// are behind. A source fills it when it is opened, its reader tells it how far it came, and anybody may
// ask meanwhile.
type forecast struct {
	mu    sync.Mutex
	files []extent // in the order of reading
	vague bool     // there is one that does not say what it holds

	begun  int    // files that reading has come to
	open   extent // the last of them
	within int64  // bytes of it that are behind
	before int64  // bytes of those before it
	first  int64  // samples of those before it
	seen   int64  // samples that are behind
	ahead  extent // what the files that are not begun hold: known samples, and the bytes of the others
}

// extent is how large a file is, or several files that are read as one.
type extent struct {
	bytes   int64
	samples int64 // unknown where nothing says
}

// add puts a file behind those that are there already.
func (f *forecast) add(bytes, samples int64) {
	f.files = append(f.files, extent{bytes, samples})
	f.vague = f.vague || samples == unknown
	f.ahead.count(extent{bytes, samples}, 1)
}

// count adds a file to a sum, or with -1 takes it away.
func (e *extent) count(file extent, sign int64) {
	if file.samples == unknown {
		e.bytes += sign * file.bytes
	} else {
		e.samples += sign * file.samples
	}
}

// restart says that reading begins at the first file.
func (f *forecast) restart() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.begun, f.within, f.before, f.first, f.seen = 0, 0, 0, 0, 0
	f.open, f.ahead = extent{}, extent{}
	for _, file := range f.files {
		f.ahead.count(file, 1)
	}
}

// next says that reading has come to the next file.
func (f *forecast) next() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.before, f.within, f.first = f.before+f.open.bytes, 0, f.seen
	if f.open = (extent{}); f.begun < len(f.files) {
		f.open = f.files[f.begun]
		f.begun++
		f.ahead.count(f.open, -1)
	}
}

// at says that so many bytes of the open file are behind.
func (f *forecast) at(bytes int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.within = min(bytes, f.open.bytes)
}

// holds says how many samples the open file has.
func (f *forecast) holds(samples int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open.samples = samples
}

// saw says that so many samples more are behind.
func (f *forecast) saw(samples int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen += samples
}

// Samples is how many there are in all: exact when every file says so, else estimated, and 0 as long
// as there is nothing to estimate from.
func (f *forecast) Samples() (samples int64, exact bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	ahead, bytes, in := f.ahead, f.before+f.within, f.seen // and so many samples are in so many bytes
	if f.open.samples == unknown {
		ahead.bytes += f.open.bytes - f.within
	} else {
		bytes, in = f.before+f.open.bytes, max(f.seen, f.first+f.open.samples)
		ahead.samples += in - f.seen
	}
	switch {
	case ahead.bytes == 0:
		return f.seen + ahead.samples, !f.vague
	case bytes == 0 || in == 0:
		return 0, false
	}
	return f.seen + ahead.samples + int64(float64(ahead.bytes)*float64(in)/float64(bytes)), false
}
