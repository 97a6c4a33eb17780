package access_test

import (
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/argon2"

	"rollcall/internal/server/access"
)

func TestRolesContainTheWeakerOnes(t *testing.T) {
	roles := []access.Role{access.Read, access.Audit, access.Admin}
	for i, have := range roles {
		for j, need := range roles {
			require.Equal(t, i >= j, have.Allows(need), "%s allows %s", have, need)
		}
	}
	require.False(t, access.Role("").Allows(""), "nobody is nobody")
	_, err := access.ParseRole("root")
	require.ErrorContains(t, err, "read, audit or admin")
}

// TestAddedKeyOpens adds two keys, and checks their texts and every near miss of one.
func TestAddedKeyOpens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	first, text, err := access.Add(path, "Ada", access.Read)
	require.NoError(t, err)
	second, other, err := access.Add(path, "Ben", access.Admin)
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NotContains(t, string(data), strings.SplitN(text, "_", 3)[2], "the secret is not in the file")

	keys, err := access.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, []access.Key{first, second}, keys)
	ring := access.NewKeyring(keys)
	for range 2 { // slowly, then by digest
		got, err := ring.Check(t.Context(), text)
		require.NoError(t, err)
		require.Equal(t, first, got)
	}
	got, err := ring.Check(t.Context(), other)
	require.NoError(t, err)
	require.Equal(t, access.Admin, got.Role)

	for name, guess := range map[string]string{
		"nothing": "", "id only": "rollcall_" + first.ID, "no prefix": text[len("rollcall_"):], "cut": text[:len(text)-1], "longer": text + "A",
		"other secret": "rollcall_" + first.ID + "_" + strings.SplitN(other, "_", 3)[2], "unknown id": "rollcall_000000000000_" + strings.SplitN(text, "_", 3)[2],
		"zero secret": "rollcall_" + first.ID + "_" + strings.Repeat("A", 43), "line end": text + "\n", "the hash": "rollcall_" + first.ID + "_" + hex.EncodeToString(first.Hash)[:43],
	} {
		_, err := ring.Check(t.Context(), guess)
		require.ErrorIs(t, err, access.ErrUnknown, name)
	}
}

// TestHashIsArgon2id computes the hash again from the documented parameters.
func TestHashIsArgon2id(t *testing.T) {
	key, text, err := access.Add(filepath.Join(t.TempDir(), "keys"), "Ada", access.Read)
	require.NoError(t, err)
	secret, err := base64URL(strings.SplitN(text, "_", 3)[2])
	require.NoError(t, err)
	require.Equal(t, argon2.IDKey(secret, key.Salt, 2, 19*1024, 1, 32), key.Hash)
}

func TestRemovedKeyIsRefusedAfterReplace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	key, text, err := access.Add(path, "Ada", access.Read)
	require.NoError(t, err)
	ring := access.NewKeyring([]access.Key{key})
	_, err = ring.Check(t.Context(), text)
	require.NoError(t, err)
	require.ErrorContains(t, access.Remove(path, "abc"), "rollcall key list")
	require.NoError(t, access.Remove(path, key.ID))
	keys, err := access.ReadFile(path)
	require.NoError(t, err)
	require.Empty(t, keys)
	ring.Replace(keys)
	require.Zero(t, ring.Len())
	_, err = ring.Check(t.Context(), text)
	require.ErrorIs(t, err, access.ErrUnknown)
}

func TestKeysAddedAtOnceAreAllKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			_, _, err := access.Add(path, "Ada", access.Read)
			require.NoError(t, err)
		})
	}
	wait.Wait()
	keys, err := access.ReadFile(path)
	require.NoError(t, err)
	require.Len(t, keys, 8)
}

func TestKeyFilesThatCannotBeTrusted(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "keys")
	_, _, err := access.Add(path, "Ada", access.Read)
	require.NoError(t, err)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)

	_, _, err = access.Add(path, "two\r\nlines", access.Read)
	require.ErrorContains(t, err, "control characters")
	_, err = access.ReadFile(filepath.Join(dir, "absent"))
	require.ErrorContains(t, err, "rollcall key add")
	_, err = access.ReadFile(dir)
	require.ErrorContains(t, err, "no regular file")
	for says, text := range map[string]string{
		"line 2: key":         string(whole) + string(whole),
		"line 1 is not a key": "{]\n",
		"line 1: id":          `{"id":"x"}`,
		`the role "root"`:     strings.Replace(string(whole), `"read"`, `"root"`, 1),
		"a salt of":           `{"id":"000000000000","role":"read","name":"x"}`,
	} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err = access.ReadFile(path)
		require.ErrorContains(t, err, says)
		require.ErrorContains(t, err, path)
	}
	require.NoError(t, os.WriteFile(path, whole, 0o600))
	require.NoError(t, os.Chmod(path, 0o666))
	_, err = access.ReadFile(path)
	require.ErrorContains(t, err, "chmod 600")
}

func FuzzParse(f *testing.F) {
	f.Add(`{"id":"000000000000","name":"x","role":"read","salt":"AAAAAAAAAAAAAAAAAAAAAA==","hash":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}`)
	f.Add("\n\n{}\n")
	f.Fuzz(func(t *testing.T, text string) {
		keys, err := access.Parse(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, key := range keys {
			require.True(t, key.Role.Allows(access.Read))
			require.Len(t, key.Hash, 32)
			require.NotContains(t, key.Name, "\n")
		}
	})
}

func base64URL(text string) ([]byte, error) { return base64.RawURLEncoding.DecodeString(text) }
