package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"sync"
)

// ErrUnknown answers every text that is not the text of a key, whatever is wrong with it.
var ErrUnknown = errors.New("the key is unknown")

// Keyring checks texts against a set of keys that can be replaced while it is in use.
//
// The first use of a key costs argon2id, one at a time in the process, so that guessing takes
// neither all cores nor all memory. After it, the digest of the text is compared in constant time.
type Keyring struct {
	mu      sync.Mutex
	keys    map[string]Key
	known   map[string][sha256.Size]byte // digest of the text that was checked, by key ID
	pepper  [32]byte                     // of the digests, new in each process
	hashing chan struct{}
}

// NewKeyring makes a keyring of keys.
func NewKeyring(keys []Key) *Keyring {
	r := &Keyring{hashing: make(chan struct{}, 1)}
	rand.Read(r.pepper[:]) // never fails
	r.Replace(keys)
	return r
}

// Replace puts other keys in the place of the ring's. A key that is gone is refused from now on.
func (r *Keyring) Replace(keys []Key) {
	byID := make(map[string]Key, len(keys))
	for _, key := range keys {
		byID[key.ID] = key
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys, r.known = byID, map[string][sha256.Size]byte{}
}

// Len is the number of keys.
func (r *Keyring) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.keys)
}

// Check finds the key that a text is of. It returns ErrUnknown, or ctx's error while it waits for
// its turn.
func (r *Keyring) Check(ctx context.Context, text string) (Key, error) {
	id, secret, err := split(text)
	if err != nil {
		return Key{}, ErrUnknown
	}
	digest := sha256.Sum256(append(r.pepper[:], text...))
	r.mu.Lock()
	key, exists := r.keys[id]
	known, checked := r.known[id]
	r.mu.Unlock()
	switch {
	case !exists:
		return Key{}, ErrUnknown
	case checked && subtle.ConstantTimeCompare(known[:], digest[:]) == 1:
		return key, nil
	case checked:
		return Key{}, ErrUnknown // the right text is known, and this is another
	}
	return r.checkSlowly(ctx, key, secret, digest)
}

func (r *Keyring) checkSlowly(ctx context.Context, key Key, secret []byte, digest [sha256.Size]byte) (Key, error) {
	select {
	case r.hashing <- struct{}{}:
		defer func() { <-r.hashing }()
	case <-ctx.Done():
		return Key{}, ctx.Err()
	}
	if !key.matches(secret) {
		return Key{}, ErrUnknown
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	current, exists := r.keys[key.ID]
	if !exists || subtle.ConstantTimeCompare(current.Hash, key.Hash) != 1 {
		return Key{}, ErrUnknown // replaced meanwhile
	}
	r.known[key.ID] = digest
	return current, nil
}
