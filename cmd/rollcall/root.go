package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rollcall/internal/config"
)

// app is what every command shares: where it writes, and the settings that all commands have.
type app struct {
	stdout, stderr io.Writer
	configFile     string
	dataDir        string
	onnxruntime    string
	json           bool
	quiet          bool
	verbose        bool
	milvus         milvusFlags
	settings       *config.Settings
	log            *slog.Logger
}

// run is the whole program but for the process: it returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	a := &app{stdout: stdout, stderr: stderr}
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	command, err := root.ExecuteContextC(ctx)
	if err != nil && ctx.Err() != nil {
		_, resumes := command.Annotations[resumesNote]
		err = interruptedError{err, resumes}
	}
	a.report(err)
	return exitCode(err)
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "rollcall",
		Short: "Who is in the data, how often, and does a model know them",
		Long: `Rollcall indexes image-text data sets with CLIP, searches them, counts how often each person
appears, and audits whether a CLIP model knows a person's face by name.

` + exitCodesHelp + `

Settings come from flags, then ROLLCALL_* variables (--data-dir is ROLLCALL_DATA_DIR), then
rollcall.yaml. rollcall config shows what is in force and from where.`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRunE: a.prepare,
		Args:              cobra.ArbitraryArgs,
		RunE:              helpOrUnknown,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: false},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	flags := root.PersistentFlags()
	flags.StringVar(&a.configFile, "config", "", "settings file (default rollcall.yaml where it exists)")
	flags.StringVar(&a.dataDir, "data-dir", "./rollcall-data", "folder of the indexes: --name N is a folder in it")
	flags.StringVar(&a.onnxruntime, "onnxruntime", "", "ONNX Runtime library (default: beside the program, then what make setup fetched, then the system's)")
	flags.BoolVar(&a.json, "json", false, "print results and errors as JSON")
	flags.BoolVar(&a.quiet, "quiet", false, "print no progress")
	flags.BoolVarP(&a.verbose, "verbose", "v", false, "log what is being done")
	root.AddCommand(
		a.indexCommand(), a.searchCommand(), a.countCommand(), a.discoverCommand(), a.auditCommand(), a.planCommand(), a.reportCommand(),
		a.embedCommand(), a.modelCommand(), a.deriveCommand(), a.forgetCommand(), a.verifyCommand(), a.serveCommand(), a.keyCommand(), a.configCommand(), a.versionCommand(),
	)
	return root
}

// helpOrUnknown is a command that only holds others: its help, or a refusal of what it does not
// hold.
func helpOrUnknown(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	text := fmt.Sprintf("there is no command %q; see %s --help", args[0], cmd.CommandPath())
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		text += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return usageError{errors.New(text)}
}

// prepare runs before every command: it fills the flags from the environment and the settings
// file.
func (a *app) prepare(cmd *cobra.Command, _ []string) error {
	settings, err := config.Open(a.configFile)
	if err != nil {
		return usageError{err}
	}
	if unknown := settings.Unknown(knownSettings(cmd.Root())); len(unknown) > 0 {
		return usageError{fmt.Errorf("the settings file sets what no command knows: %s", strings.Join(unknown, ", "))}
	}
	inForce, err := settings.Apply(cmd.Name(), cmd.Flags())
	if err != nil {
		return usageError{err}
	}
	a.milvus.given = slices.ContainsFunc(inForce, func(s config.Setting) bool {
		return s.Name == "milvus-address" && s.Origin != config.FromDefault
	})
	a.settings = settings
	a.log = slog.New(slog.DiscardHandler)
	if a.verbose {
		a.log = slog.New(slog.NewTextHandler(a.stderr, nil))
	}
	return nil
}

// knownSettings lists the flags of every command, for the check of the settings file.
func knownSettings(root *cobra.Command) map[string][]string {
	known := map[string][]string{}
	add := func(name string) func(*pflag.Flag) {
		return func(f *pflag.Flag) { known[name] = append(known[name], f.Name) }
	}
	root.PersistentFlags().VisitAll(add(""))
	for _, cmd := range root.Commands() {
		root.PersistentFlags().VisitAll(add(cmd.Name()))
		cmd.LocalFlags().VisitAll(add(cmd.Name()))
	}
	return known
}
