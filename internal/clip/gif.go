package clip

import (
	"bytes"
	"compress/lzw"
	"encoding/binary"
	"io"
)

// gifReader reads the blocks of a GIF up to its first frame. The standard
// library's reader blanks the transparent colour, which Pillow keeps.
type gifReader struct {
	rest          []byte
	width, height int
	palette       []byte // red, green, blue; nil if there is none
	transparent   byte   // index that fills what the frame leaves out
}

// decodeGIF decodes the first frame on its canvas.
func decodeGIF(data []byte) (*raster, error) {
	g := gifReader{rest: data[6:]}
	if err := g.toFrame(); err != nil {
		return nil, err
	}
	return g.readFrame()
}

// toFrame reads what is before the first frame.
func (g *gifReader) toFrame() error {
	if err := g.readScreen(); err != nil {
		return err
	}
	for {
		tag, err := g.take(1)
		if err != nil {
			return err
		}
		switch tag[0] {
		case '!':
			if err := g.readExtension(); err != nil {
				return err
			}
		case ',':
			return nil
		case ';':
			return broken("GIF has no frame")
		}
	}
}

// take reads n bytes.
func (g *gifReader) take(n int) ([]byte, error) {
	if len(g.rest) < n {
		return nil, broken("GIF is cut short")
	}
	out := g.rest[:n]
	g.rest = g.rest[n:]
	return out, nil
}

// readScreen reads the canvas size and the global palette.
func (g *gifReader) readScreen() error {
	head, err := g.take(7)
	if err != nil {
		return err
	}
	g.width = int(binary.LittleEndian.Uint16(head))
	g.height = int(binary.LittleEndian.Uint16(head[2:]))
	return g.readPalette(head[4])
}

// readPalette reads the palette that flags announce, if they do.
func (g *gifReader) readPalette(flags byte) (err error) {
	if flags&0x80 != 0 {
		g.palette, err = g.take(3 << (flags&7 + 1))
	}
	return err
}

// readExtension skips an extension, but for the transparent index.
func (g *gifReader) readExtension() error {
	label, err := g.take(1)
	if err != nil {
		return err
	}
	for first := true; ; first = false {
		block, err := g.block()
		if err != nil || len(block) == 0 {
			return err
		}
		if first && label[0] == 0xf9 && len(block) >= 4 && block[0]&1 != 0 {
			g.transparent = block[3]
		}
	}
}

// block reads one data block; an empty one ends a sequence.
func (g *gifReader) block() ([]byte, error) {
	size, err := g.take(1)
	if err != nil {
		return nil, err
	}
	return g.take(int(size[0]))
}

// reach is the size of the canvas with a frame on it, by the frame's header.
func (g *gifReader) reach(head []byte) (width, height int) {
	le := binary.LittleEndian
	return max(g.width, int(le.Uint16(head))+int(le.Uint16(head[4:]))), max(g.height, int(le.Uint16(head[2:]))+int(le.Uint16(head[6:])))
}

// readFrame reads the frame and puts it on the canvas, which grows if the frame
// sticks out.
func (g *gifReader) readFrame() (*raster, error) {
	head, err := g.take(9)
	if err != nil {
		return nil, err
	}
	left, top := int(binary.LittleEndian.Uint16(head)), int(binary.LittleEndian.Uint16(head[2:]))
	width, height := int(binary.LittleEndian.Uint16(head[4:])), int(binary.LittleEndian.Uint16(head[6:]))
	if err := g.readPalette(head[8]); err != nil {
		return nil, err
	}
	g.width, g.height = g.reach(head)
	if err := checkSize(g.width, g.height); err != nil {
		return nil, err
	}
	pixels, err := g.pixels(width, height)
	if err != nil {
		return nil, err
	}
	out := g.canvas()
	rows := gifRows(height, head[8]&0x40 != 0)
	for i, y := range rows {
		copy(out.pix[(top+y)*g.width+left:][:width], pixels[i*width:])
	}
	return out, nil
}

// canvas gives an image filled with the transparent index. A palette that maps
// every index to the same grey level is no palette.
func (g *gifReader) canvas() *raster {
	out := newRaster(modeGray, g.width, g.height)
	var palette [256][3]byte
	for i := 0; i < len(g.palette); i += 3 {
		level := byte(i / 3)
		palette[level] = [3]byte(g.palette[i : i+3])
		if palette[level] != [3]byte{level, level, level} {
			out.mode, out.palette = modePalette, &palette
		}
	}
	if g.transparent != 0 {
		copy(out.pix, bytes.Repeat([]byte{g.transparent}, len(out.pix)))
	}
	return out
}

// pixels unpacks the frame's indices in the order of the file.
func (g *gifReader) pixels(width, height int) ([]byte, error) {
	size, err := g.take(1)
	if err != nil {
		return nil, err
	}
	if size[0] < 1 || size[0] > 8 {
		return nil, broken("GIF has %d-bit codes, 1 to 8 exist", size[0])
	}
	unpacked := lzw.NewReader(&gifBlocks{gif: g}, lzw.LSB, int(size[0]))
	defer unpacked.Close()
	out := make([]byte, width*height)
	if n, err := io.ReadFull(unpacked, out); err != nil {
		return nil, broken("GIF frame has %d of %d pixels: %v", n, len(out), err)
	}
	return out, nil
}

// gifBlocks joins data blocks to one stream.
type gifBlocks struct {
	gif   *gifReader
	block []byte
}

// Read implements io.Reader.
func (b *gifBlocks) Read(dst []byte) (int, error) {
	for len(b.block) == 0 {
		block, err := b.gif.block()
		if err != nil {
			return 0, err
		}
		if len(block) == 0 {
			return 0, io.EOF
		}
		b.block = block
	}
	n := copy(dst, b.block)
	b.block = b.block[n:]
	return n, nil
}

// gifRows gives the place of each row in the order of the file.
func gifRows(height int, interlaced bool) []int {
	rows := make([]int, 0, height)
	passes := [][2]int{{0, 1}}
	if interlaced {
		passes = [][2]int{{0, 8}, {4, 8}, {2, 4}, {1, 2}}
	}
	for _, pass := range passes {
		for y := pass[0]; y < height; y += pass[1] {
			rows = append(rows, y)
		}
	}
	return rows
}
