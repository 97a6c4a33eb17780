package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"rollcall/internal/config"
)

func flagSet() *pflag.FlagSet {
	fs := pflag.NewFlagSet("index", pflag.ContinueOnError)
	fs.String("data-dir", "./rollcall-data", "")
	fs.Int("batch", 64, "")
	fs.StringArray("model", nil, "")
	fs.String("milvus-password", "", "")
	fs.Lookup("milvus-password").Annotations = map[string][]string{config.Secret: nil}
	return fs
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "settings.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestApplyPrefersFlagThenEnvironmentThenSectionThenTopLevel(t *testing.T) {
	path := write(t, "batch: 8\ndata-dir: /from/file\nmodel: [a, b]\nindex:\n  batch: 16\n")
	t.Setenv("ROLLCALL_DATA_DIR", "/from/env")
	s, err := config.Open(path)
	require.NoError(t, err)

	fs := flagSet()
	settings, err := s.Apply("index", fs)
	require.NoError(t, err)
	require.Equal(t, []config.Setting{
		{Name: "batch", Value: "16", Origin: config.FromFile, Where: path},
		{Name: "data-dir", Value: "/from/env", Origin: config.FromEnv, Where: "ROLLCALL_DATA_DIR"},
		{Name: "milvus-password", Value: "", Origin: config.FromDefault},
		{Name: "model", Value: "[a,b]", Origin: config.FromFile, Where: path},
	}, settings)

	fs = flagSet()
	require.NoError(t, fs.Parse([]string{"--data-dir", "/from/flag"}))
	_, err = s.Apply("search", fs)
	require.NoError(t, err)
	require.Equal(t, "/from/flag", fs.Lookup("data-dir").Value.String())
	require.Equal(t, "8", fs.Lookup("batch").Value.String(), "another command does not see index's section")
}

func TestSecretsAreNeverShown(t *testing.T) {
	t.Setenv("ROLLCALL_MILVUS_PASSWORD", "hunter2")
	s, err := config.Open(write(t, "batch: 1\n"))
	require.NoError(t, err)
	fs := flagSet()
	settings, err := s.Apply("index", fs)
	require.NoError(t, err)
	require.Equal(t, "(hidden)", settings[2].Value)
	require.Equal(t, "hunter2", fs.Lookup("milvus-password").Value.String())
}

func TestRefusals(t *testing.T) {
	_, err := config.Open(filepath.Join(t.TempDir(), "absent.yaml"))
	require.ErrorContains(t, err, "absent.yaml")

	_, err = config.Open(write(t, "batch: [1\n"))
	require.ErrorContains(t, err, "settings.yaml")

	s, err := config.Open(write(t, "batch: many\n"))
	require.NoError(t, err)
	_, err = s.Apply("index", flagSet())
	require.ErrorContains(t, err, "batch")
}

func TestUnknownKeysAreListed(t *testing.T) {
	s, err := config.Open(write(t, "batch: 1\nbach: 2\nindex:\n  batch: 3\n  modle: x\n"))
	require.NoError(t, err)
	require.Equal(t, []string{"bach", "index.modle"}, s.Unknown(map[string][]string{"index": {"batch", "model"}}))
}
