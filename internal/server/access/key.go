// Package access says who may do what: API keys with roles, kept as salted hashes in a file.
package access

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"
)

// Role is what a key allows. Each role may also do what the ones before it may.
type Role string

// The roles, weakest first.
const (
	Read  Role = "read"  // search, rows, evidence
	Audit Role = "audit" // counts, audits and changes of the roster too
	Admin Role = "admin" // the query log too
)

// Allows reports whether r may do what needs the given role. An unknown role may do nothing.
func (r Role) Allows(needed Role) bool { return r.rank() > 0 && r.rank() >= needed.rank() }

func (r Role) rank() int {
	switch r {
	case Read:
		return 1
	case Audit:
		return 2
	case Admin:
		return 3
	default:
		return 0
	}
}

// ParseRole checks a role's name.
func ParseRole(name string) (Role, error) {
	if role := Role(name); role.rank() > 0 {
		return role, nil
	}
	return "", fmt.Errorf("there is no role %q: it is read, audit or admin", name)
}

// Key is one key as its file has it: never the secret itself.
type Key struct {
	ID      string    `json:"id"`   // 12 hexadecimal digits; not secret
	Name    string    `json:"name"` // whose it is
	Role    Role      `json:"role"`
	Created time.Time `json:"created"`
	Salt    []byte    `json:"salt"` // 16 random bytes
	Hash    []byte    `json:"hash"` // 32 bytes of argon2id over the secret and the salt
}

const (
	prefix      = "rollcall"
	idBytes     = 6
	secretBytes = 32
	saltBytes   = 16
	hashBytes   = 32
	maxName     = 200
	// Two passes over 19 MiB are OWASP's minimum for argon2id. More would buy nothing against
	// secrets of 256 random bits, and would let guessing cost memory.
	argonPasses = 2
	argonKiB    = 19 << 10
)

// newKey makes a key and the text that its owner sends: "rollcall_ID_SECRET".
func newKey(name string, role Role, now time.Time) (Key, string) {
	id, secret, salt := make([]byte, idBytes), make([]byte, secretBytes), make([]byte, saltBytes)
	for _, b := range [][]byte{id, secret, salt} {
		rand.Read(b) // never fails
	}
	key := Key{ID: hex.EncodeToString(id), Name: name, Role: role, Created: now.UTC().Truncate(time.Second), Salt: salt}
	key.Hash = hash(secret, salt)
	return key, strings.Join([]string{prefix, key.ID, base64.RawURLEncoding.EncodeToString(secret)}, "_")
}

func hash(secret, salt []byte) []byte {
	return argon2.IDKey(secret, salt, argonPasses, argonKiB, 1, hashBytes)
}

// matches compares in constant time.
func (k Key) matches(secret []byte) bool {
	return subtle.ConstantTimeCompare(hash(secret, k.Salt), k.Hash) == 1
}

// validate checks a key read from a file.
func (k Key) validate() error {
	raw, err := hex.DecodeString(k.ID)
	switch {
	case err != nil || len(raw) != idBytes:
		return fmt.Errorf("id %q is not %d hexadecimal digits", k.ID, 2*idBytes)
	case k.Role.rank() == 0:
		return fmt.Errorf("key %s has the role %q: it is read, audit or admin", k.ID, k.Role)
	case len(k.Salt) != saltBytes || len(k.Hash) != hashBytes:
		return fmt.Errorf("key %s has a salt of %d bytes and a hash of %d, not %d and %d", k.ID, len(k.Salt), len(k.Hash), saltBytes, hashBytes)
	}
	return validName(k.Name)
}

func validName(name string) error {
	if name == "" || len(name) > maxName || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return fmt.Errorf("the name %q: give 1 to %d characters without control characters, such as whose key it is", name, maxName)
	}
	return nil
}

// errForm is the one answer to every text that is no key.
var errForm = errors.New("not a key")

// split reads the text of a key.
func split(text string) (id string, secret []byte, err error) {
	rest, ours := strings.CutPrefix(text, prefix+"_")
	id, encoded, both := strings.Cut(rest, "_")
	if !ours || !both || len(id) != 2*idBytes || len(encoded) != base64.RawURLEncoding.EncodedLen(secretBytes) {
		return "", nil, errForm
	}
	secret, err = base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil || bytes.Equal(secret, make([]byte, secretBytes)) {
		return "", nil, errForm
	}
	return id, secret, nil
}
