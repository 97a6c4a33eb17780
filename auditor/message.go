package auditor

import "rollcall/auditor/stats"

// Protocol names the form of the stream; a reader refuses another one.
const Protocol = "rollcall-audit/1"

// Message is one record of an audit's stream. Exactly one field is set. The order is: Config, near
// duplicates, then model by model its Findings, Failures and control rows, then a Summary per model,
// Comparisons, and one Timing.
type Message struct {
	Config     *Config        `json:"config,omitempty"`
	Duplicate  *NearDuplicate `json:"near_duplicate,omitempty"`
	Finding    *Finding       `json:"finding,omitempty"`
	Failure    *Failure       `json:"failure,omitempty"`
	Control    *ControlRow    `json:"control,omitempty"`
	Summary    *Summary       `json:"summary,omitempty"`
	Comparison *Comparison    `json:"comparison,omitempty"`
	Timing     *Timing        `json:"timing,omitempty"`
}

// Handler takes the messages of a run, or of a stored stream, in order. Its error ends the run.
type Handler interface {
	Handle(Message) error
}

// Config says what was run: enough to run it again.
type Config struct {
	Protocol     string      `json:"protocol"`
	Tool         string      `json:"tool"` // version of the tool
	Models       []ModelInfo `json:"models"`
	Modes        []Mode      `json:"modes"`
	Persons      int         `json:"persons"`       // on the roster
	Photos       int         `json:"photos"`        // files found for them
	RosterDigest string      `json:"roster_digest"` // SHA-256 of ids, names, sexes, labels, counts and aliases
	PhotosDigest string      `json:"photos_digest"` // SHA-256 of paths and contents
	NamesDigest  string      `json:"names_digest"`  // SHA-256 of the names, one a line
	Prompts      []string    `json:"prompts"`
	NamesFrom    string      `json:"names_from"` // "file", "invented" or "roster"
	Names        []string    `json:"names"`      // every candidate, in index order
	Decoys       int         `json:"decoys"`     // how many of them belong to nobody on the roster
	MatchDecoys  []Match     `json:"match_decoys,omitempty"`
	Controls     []Control   `json:"controls,omitempty"`
	Covariates   []Covariate `json:"covariates,omitempty"`
	Training     *Compared   `json:"training,omitempty"` // absent: not compared with training images
	Seed         uint64      `json:"seed"`
	Tau          int         `json:"tau"`
	Ks           []int       `json:"ks,omitempty"` // as asked; absent: 1, 3, 5, ... as far as the photos go
	Draws        int         `json:"draws"`
	MinPhotos    int         `json:"min_photos"`          // of a person in the sweep over k
	MaxCount     int64       `json:"max_count,omitempty"` // persons with this count or more stay out of the sweep; 0: no limit
	Confidence   float64     `json:"confidence"`
	Resamples    int         `json:"resamples"` // of every bootstrap
	Notes        []string    `json:"notes,omitempty"`
}

// ModelInfo identifies a model under audit.
type ModelInfo struct {
	Name   string            `json:"name"`
	Digest string            `json:"digest"`         // SHA-256 of its files
	Info   map[string]string `json:"info,omitempty"` // dimension, activation, preprocessing, ...

	Reference bool `json:"reference,omitempty"` // known not to have seen the data
}

// Finding is what one model showed about one person, by all the person's photos.
type Finding struct {
	Model          string   `json:"model"`
	ID             string   `json:"id"`
	Name           string   `json:"name"`
	Member         *bool    `json:"member,omitempty"` // the label, absent when unknown
	Count          *int64   `json:"count,omitempty"`  // training count, absent when unknown
	Photos         int      `json:"photos"`           // used
	PhotosFailed   int      `json:"photos_failed,omitempty"`
	CorrectPrompts int      `json:"correct_prompts"`
	Detected       bool     `json:"detected"`                // correct prompts >= tau
	ElectedBy      []int    `json:"elected_by,omitempty"`    // numbers of the correct prompts, from 0
	Score          *float64 `json:"score,omitempty"`         // mean cosine of photos and the true name over all prompts
	DecoyMean      *float64 `json:"decoy_mean,omitempty"`    // mean of the decoys' scores on the same photos
	DecoySD        *float64 `json:"decoy_sd,omitempty"`      // their standard deviation
	Z              *float64 `json:"z,omitempty"`             // (score - decoy mean) / decoy sd
	Decoys         int      `json:"decoys,omitempty"`        // decoys ranked against
	P              *float64 `json:"p,omitempty"`             // rank p-value
	Q              *float64 `json:"q,omitempty"`             // Benjamini-Hochberg over this model's persons
	POthers        *float64 `json:"p_others,omitempty"`      // rank p-value of the name on the other persons' photos; read it two-sided
	SwapDetected   *bool    `json:"swap_detected,omitempty"` // face swap: this name on another person's photos, by the same rule
	SwapP          *float64 `json:"swap_p,omitempty"`        // and its rank p-value there
	Notes          []string `json:"notes,omitempty"`
}

// Failure is a photo or a person that could not be used, with the reason.
type Failure struct {
	Model  string `json:"model"`
	ID     string `json:"id"`
	Photo  string `json:"photo,omitempty"` // path below the photo folder; empty when the person has none
	Reason string `json:"reason"`
}

// Timing is how long stages took, in seconds. It is the only message that differs between runs on
// the same inputs and seed, and it is the last.
type Timing struct {
	Seconds []StageTime `json:"seconds"`
}

// StageTime is one stage's time.
type StageTime struct {
	Model   string  `json:"model,omitempty"`
	Stage   string  `json:"stage"`
	Seconds float64 `json:"seconds"`
}

// Comparison sets two models side by side on the same persons: the control of a model that did not
// see the data.
type Comparison struct {
	A      string       `json:"a"`
	B      string       `json:"b"`
	Groups []PairedRate `json:"groups"`
}

// PairedRate counts how two models decide on the persons of one label.
type PairedRate struct {
	Group   string       `json:"group"` // "members", "non-members" or "unlabelled"
	Persons int          `json:"persons"`
	Both    int          `json:"both"` // detected by both
	OnlyA   int          `json:"only_a"`
	OnlyB   int          `json:"only_b"`
	Neither int          `json:"neither"`
	P       stats.Number `json:"p"` // McNemar's exact two-sided p-value
}
