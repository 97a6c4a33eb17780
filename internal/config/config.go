// Package config fills a command's flags from the environment and from rollcall.yaml, and says
// where each value came from. It is the only package that reads the environment.
package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// FileName is the settings file that is looked for in the working directory.
const FileName = "rollcall.yaml"

// EnvPrefix begins the name of every environment variable: --data-dir is ROLLCALL_DATA_DIR.
const EnvPrefix = "ROLLCALL_"

// Origin says where a setting's value comes from.
type Origin string

// The origins, strongest first.
const (
	FromFlag    Origin = "flag"
	FromEnv     Origin = "environment"
	FromFile    Origin = "file"
	FromDefault Origin = "default"
)

// Setting is one value in force.
type Setting struct {
	Name   string `json:"name"`
	Value  string `json:"value"` // "(hidden)" for a secret that is set
	Origin Origin `json:"origin"`
	Where  string `json:"where,omitempty"` // the variable or file
}

// Secret is the annotation of a flag whose value is never shown.
const Secret = "rollcall_secret"

// Settings knows the settings file and reads values from it.
type Settings struct {
	path string // "" when there is no settings file
	file *viper.Viper
}

// Open reads the settings file: the given one, else the one that ROLLCALL_CONFIG names, else
// rollcall.yaml in the working directory where it exists. A path that was given must exist.
func Open(path string) (*Settings, error) {
	if path == "" {
		path = os.Getenv(Variable("config"))
	}
	s := &Settings{path: path, file: viper.New()}
	if path == "" {
		if _, err := os.Stat(FileName); errors.Is(err, os.ErrNotExist) {
			return s, nil
		}
		s.path = FileName
	}
	s.file.SetConfigFile(s.path)
	if filepath.Ext(s.path) == "" {
		s.file.SetConfigType("yaml")
	}
	if err := s.file.ReadInConfig(); err != nil {
		return nil, fmt.Errorf("reading settings from %s: %w", s.path, err)
	}
	return s, nil
}

// Apply sets every flag that was not given on the command line from its environment variable,
// else from the file: first from the section named after the command ("index.batch"), then from
// the top level ("batch"). It returns all settings in force, by name.
func (s *Settings) Apply(command string, flags *pflag.FlagSet) ([]Setting, error) {
	var settings []Setting
	var errs []error
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Name == "help" {
			return
		}
		setting, err := s.apply(command, f)
		if err != nil {
			errs = append(errs, err)
		}
		settings = append(settings, setting)
	})
	return settings, errors.Join(errs...)
}

func (s *Settings) apply(command string, f *pflag.Flag) (Setting, error) {
	setting := Setting{Name: f.Name, Origin: FromDefault}
	variable := Variable(f.Name)
	switch key := s.key(command, f.Name); {
	case f.Changed:
		setting.Origin = FromFlag
	case os.Getenv(variable) != "":
		setting.Origin, setting.Where = FromEnv, variable
		if err := f.Value.Set(os.Getenv(variable)); err != nil {
			return setting, fmt.Errorf("%s: %w", variable, err)
		}
	case key != "":
		setting.Origin, setting.Where = FromFile, s.path
		if err := setAll(f, s.file.GetStringSlice(key), s.file.GetString(key)); err != nil {
			return setting, fmt.Errorf("%s: %s: %w", s.path, key, err)
		}
	}
	setting.Value = f.Value.String()
	if _, secret := f.Annotations[Secret]; secret && setting.Value != "" {
		setting.Value = "(hidden)"
	}
	return setting, nil
}

// key is where the file sets a flag, or "" when it does not.
func (s *Settings) key(command, name string) string {
	for _, key := range []string{command + "." + name, name} {
		if s.file.IsSet(key) {
			return key
		}
	}
	return ""
}

// setAll sets a flag to a value of the file; a list flag takes the file's whole list.
func setAll(f *pflag.Flag, list []string, one string) error {
	if slice, ok := f.Value.(pflag.SliceValue); ok {
		return slice.Replace(list)
	}
	return f.Value.Set(one)
}

// Variable is the environment variable of a flag.
func Variable(flag string) string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// Unknown lists the file's keys that no flag of any command has, so that a misspelt setting is an
// error and not silence. known maps each command's name to its flags; "" holds flags of all.
func (s *Settings) Unknown(known map[string][]string) []string {
	var unknown []string
	for _, key := range s.file.AllKeys() {
		if !knows(known, key) {
			unknown = append(unknown, key)
		}
	}
	slices.Sort(unknown)
	return unknown
}

func knows(known map[string][]string, key string) bool {
	section, name, nested := strings.Cut(key, ".")
	if nested {
		return slices.Contains(known[section], name)
	}
	for _, flags := range known {
		if slices.Contains(flags, key) {
			return true
		}
	}
	return false
}
