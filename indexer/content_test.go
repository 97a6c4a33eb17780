package indexer_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/indexer"
)

// countingEncoder counts what it is given.
type countingEncoder struct {
	arithmeticEncoder
	mutex                  sync.Mutex
	decoded, images, texts int
}

func (c *countingEncoder) Decode(dst indexer.Pixels, image []byte) (indexer.Pixels, error) {
	c.mutex.Lock()
	c.decoded++
	c.mutex.Unlock()
	return c.arithmeticEncoder.Decode(dst, image)
}

func (c *countingEncoder) EncodePixels(ctx context.Context, batch []indexer.Pixels) ([][]float32, error) {
	c.images += len(batch)
	return c.arithmeticEncoder.EncodePixels(ctx, batch)
}

func (c *countingEncoder) EncodeTexts(ctx context.Context, batch []string) ([][]float32, error) {
	c.texts += len(batch)
	return c.arithmeticEncoder.EncodeTexts(ctx, batch)
}

// repeating are n samples of three images, one of which cannot be decoded, and four captions.
func repeating(n int) list {
	source := numbered(n, nil)
	for i := range source.samples {
		s := &source.samples[i]
		s.Image = []byte([]string{"image a", "image b", "broken"}[i%3])
		s.Caption = fmt.Sprintf("caption %d", i%4)
	}
	return source
}

// In every partition each image is decoded and embedded once, however often it is there; the index
// is that of an encoder that gets them all.
func TestEqualContentsAreEmbeddedOnce(t *testing.T) {
	encoder := &countingEncoder{}
	o := options(t.TempDir(), repeating(120))
	o.PartitionRows, o.Encoder = 60, encoder
	m, err := indexer.Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, []int64{80, 40}, []int64{m.Rows, m.Failures})
	// Two partitions of three images, two of them good, and four captions; a caption is embedded
	// for rows alone, and each of the four stands beside a good image.
	require.Equal(t, []int{6, 4, 8}, []int{encoder.decoded, encoder.images, encoder.texts})
	for partition := range 2 {
		images := npyValues(t, filepath.Join(o.Dir, "img_emb", fmt.Sprintf("img_emb_%d.npy", partition)))
		texts := npyValues(t, filepath.Join(o.Dir, "text_emb", fmt.Sprintf("text_emb_%d.npy", partition)))
		row := 0
		for i := range 60 {
			if i%3 == 2 {
				continue
			}
			s := o.Source.(list).samples[60*partition+i]
			for d := range dimension {
				require.InDelta(t, arithmetic(string(s.Image))[d], images[row*dimension+d], 1.0/4096)
				require.InDelta(t, arithmetic(s.Caption)[d], texts[row*dimension+d], 1.0/4096)
			}
			row++
		}
	}
	require.Len(t, ledgerOf(t, o.Dir), 40, "a record for each sample with the broken image")
}

// promising is an encoder whose images of "large" say that they are, and which notes how many of these,
// and of others, were decoded at once.
type promising struct {
	arithmeticEncoder
	now, most [2]atomic.Int64
}

func (p *promising) Promised(image []byte) int {
	if bytes.Contains(image, []byte("large")) {
		return 24<<20 + 1
	}
	return 24 << 20
}

func (p *promising) Decode(dst indexer.Pixels, image []byte) (indexer.Pixels, error) {
	kind := 0
	if p.Promised(image) > 24<<20 {
		kind = 1
	}
	at := p.now[kind].Add(1)
	for most := p.most[kind].Load(); at > most && !p.most[kind].CompareAndSwap(most, at); most = p.most[kind].Load() {
	}
	time.Sleep(5 * time.Millisecond)
	defer p.now[kind].Add(-1)
	return p.arithmeticEncoder.Decode(dst, image)
}

// However many workers there are, the pixels of one large image are in memory.
func TestLargeImagesOneAtATime(t *testing.T) {
	samples := map[int]indexer.Sample{}
	for i := 0; i < 60; i += 2 {
		samples[i] = photo(fmt.Sprint("large ", i))
	}
	o := options(t.TempDir(), numbered(60, samples))
	p := &promising{}
	o.Encoder, o.Workers = p, 8
	m, err := indexer.Run(t.Context(), o)
	require.NoError(t, err)
	require.EqualValues(t, 60, m.Rows)
	require.EqualValues(t, 1, p.most[1].Load())
	require.Greater(t, p.most[0].Load(), int64(1))
}
