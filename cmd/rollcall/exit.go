package main

import (
	"encoding/json"
	"errors"
	"fmt"
)

// The exit codes, as every --help says.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitFound       = 3
	exitInterrupted = 130
)

// resumesNote annotates the commands that go on where they were interrupted.
const resumesNote = "resumes"

const exitCodesHelp = `Exit codes: 0 done; 1 failed; 2 wrong usage or bad input file, nothing was changed;
3 done, and --fail-on was given and met; 130 interrupted, and the same command resumes.`

// usageError is wrong usage or a bad input file: nothing was changed.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// outputError is an output that could not be written, whatever was on its way when that was found.
type outputError struct{ error }

func (e outputError) Unwrap() error { return e.error }

// interruptedError is what ended when the user or the system asked the program to stop.
type interruptedError struct {
	error
	resumes bool // the command goes on from there when it is run again, rather than from the start
}

func (e interruptedError) Unwrap() error { return e.error }

// foundError is a run that ended well and met --fail-on.
type foundError struct{ what string }

func (e foundError) Error() string { return e.what }

func exitCode(err error) int {
	var usage usageError
	var output outputError
	var interrupted interruptedError
	var found foundError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &interrupted):
		return exitInterrupted
	case errors.As(err, &found):
		return exitFound
	case errors.As(err, &output):
		return exitFailed
	case errors.As(err, &usage):
		return exitUsage
	default:
		return exitFailed
	}
}

// report prints an error for a person or, with --json, for a program.
func (a *app) report(err error) {
	if err == nil {
		return
	}
	text := err.Error()
	var interrupted interruptedError
	if errors.As(err, &interrupted) {
		text = "interrupted; nothing was left half written, and the same command starts again"
		if interrupted.resumes {
			text = "interrupted; what was finished is kept, and the same command goes on from there"
		}
	}
	if !a.json {
		fmt.Fprintf(a.stderr, "rollcall: %s\n", text)
		return
	}
	// An error that cannot be written has nowhere else to go.
	_ = json.NewEncoder(a.stderr).Encode(map[string]any{"error": map[string]any{"message": text, "exit_code": exitCode(err)}})
}
