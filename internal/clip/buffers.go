package clip

import "sync"

// bufferPool lends scratch space to concurrent calls, so that a long run does
// not leave one buffer per image to the garbage collector.
type bufferPool struct{ pool sync.Pool }

// maxPooled keeps the scratch of one huge image from staying for good.
const maxPooled = 16 << 20

// get lends n bytes with arbitrary contents.
func (b *bufferPool) get(n int) *[]byte {
	buf, _ := b.pool.Get().(*[]byte)
	if buf == nil || cap(*buf) < n {
		fresh := make([]byte, n)
		return &fresh
	}
	*buf = (*buf)[:n]
	return buf
}

// put takes back what get lent; nil is nothing.
func (b *bufferPool) put(buf *[]byte) {
	if buf != nil && cap(*buf) <= maxPooled {
		b.pool.Put(buf)
	}
}
