package indexer

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
)

// Record is one line of a ledger: an input sample that is not a row, and why.
type Record struct {
	Sample   int64  `json:"sample"`   // its number in the input, from 0
	Key      string `json:"key"`      // the data set's own; "" when it was not reached
	Position string `json:"position"` // where in the input it is
	Stage    Stage  `json:"stage"`
	Reason   Reason `json:"reason"`
	Detail   string `json:"detail"`
}

// ledgerPath is the ledger of a partition, relative to the index.
func ledgerPath(number, digits int) string {
	return fmt.Sprintf("ledger/ledger_%0*d.jsonl", digits, number)
}

// ledger writes the records of one partition, one JSON object a line.
type ledger struct {
	file *os.File
	buf  *bufio.Writer
	sum  hash.Hash
}

func createLedger(path string) (*ledger, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, err
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	return &ledger{f, bufio.NewWriter(io.MultiWriter(f, sum)), sum}, nil
}

func (l *ledger) add(r Record) error {
	line, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	if _, err := l.buf.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return nil
}

// close puts the ledger on disk and gives its SHA-256.
func (l *ledger) close() (string, error) {
	err := errors.Join(l.buf.Flush(), l.file.Sync())
	if err = errors.Join(err, l.file.Close()); err != nil {
		return "", fmt.Errorf("ledger: %w", err)
	}
	return hex.EncodeToString(l.sum.Sum(nil)), nil
}

// abort gives the ledger up. What it leaves lies in the staging folder, which the next run removes.
func (l *ledger) abort() { _ = l.file.Close() }
