package vectors

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"os"
)

// writeCodes writes the codes of a file of vectors, whole or not at all.
func writeCodes(ctx context.Context, kind codeKind, path string, m *matrix, is origin) error {
	out, err := createPending(path)
	if err != nil {
		return err
	}
	w := newRowCoder(kind, m)
	return out.whole(w.write(ctx, out.file, is))
}

// write writes the file's codes and, when all are there, its head.
func (w *rowCoder) write(ctx context.Context, to *os.File, is origin) error {
	tables := make([]pieceWriter, w.kind.tables)
	for t := range tables {
		tables[t] = pieceWriter{file: to, at: int64(codeHeader + axisSize(w.m.dimension) + t*tableSize(w.m.rows, w.kind.stride(w.m.dimension)))}
	}
	err := w.blocks(ctx, func(_ int64, blocks [][]byte) error {
		for t, block := range blocks {
			if _, err := tables[t].Write(block); err != nil {
				return err
			}
		}
		return nil
	})
	for t := range tables {
		err = errors.Join(err, tables[t].flush())
	}
	if err != nil {
		return err
	}
	head, err := w.head(is)
	if err != nil {
		return err
	}
	_, err = to.WriteAt(head, 0)
	return err
}

// sameCodes says whether a file of codes is byte for byte what would be written now.
func sameCodes(ctx context.Context, c *codes, m *matrix, is origin) (bool, error) {
	w := newRowCoder(c.kind, m)
	same := true
	err := w.blocks(ctx, func(at int64, blocks [][]byte) error {
		for t, block := range blocks {
			same = same && bytes.Equal(block, c.tables[t].blocks[at:int(at)+len(block)])
		}
		return nil
	})
	if err != nil || !same {
		return false, err
	}
	head, err := w.head(is)
	return err == nil && bytes.Equal(head, c.mapped[:len(head)]), err
}

// blocks codes all rows; visit gets a block of each table, and where in the tables it belongs.
func (w *rowCoder) blocks(ctx context.Context, visit func(at int64, blocks [][]byte) error) error {
	size := blockSize(w.kind.stride(w.m.dimension))
	blocks := make([][]byte, w.kind.tables)
	for t := range blocks {
		blocks[t] = make([]byte, size)
	}
	for first := 0; first < w.m.rows; first += blockRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		w.block(first, blocks)
		if err := visit(int64(first/blockRows*size), blocks); err != nil {
			return err
		}
	}
	return nil
}

// head makes what comes before the tables, once all rows are coded.
func (w *rowCoder) head(is origin) ([]byte, error) {
	description, err := json.Marshal(codeDescription{Origin: is, Rows: w.m.rows, Dimension: w.m.dimension, Reach: w.reach})
	if err != nil || len(description) > codeHeader-12 {
		return nil, errors.Join(errNotCoded, err)
	}
	head := make([]byte, codeHeader+axisSize(w.m.dimension))
	copy(head, codeMark)
	binary.LittleEndian.PutUint32(head[8:], uint32(len(description)))
	copy(head[12:], description)
	for j, x := range w.axis {
		binary.LittleEndian.PutUint32(head[codeHeader+4*j:], math.Float32bits(x))
	}
	return head, nil
}
