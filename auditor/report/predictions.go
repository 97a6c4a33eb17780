package report

import (
	"fmt"
	"io"
	"math"

	"github.com/parquet-go/parquet-go"

	"rollcall/auditor"
)

// prediction is one row of predictions.parquet.
type prediction struct {
	Model          string   `parquet:"model,dict"`
	Person         string   `parquet:"person,dict"`
	Photo          string   `parquet:"photo,dict"`
	Prompt         string   `parquet:"prompt,dict"`
	Winner         string   `parquet:"winner,dict"`
	TrueSimilarity float32  `parquet:"true_similarity"`
	BestDecoy      *float32 `parquet:"best_decoy_similarity,optional"`
	Rank           int32    `parquet:"rank"`
}

// rowsPerGroup bounds what the writer keeps in memory.
const rowsPerGroup = 100_000

// Predictions writes every single decision to a Parquet file: person, photo, prompt, winner, the
// true name's and the best decoy's cosine, and the rank of the true name among the decoys (1: above
// all of them). Rows come model by model, prompt by prompt, then by person and photo. It is a
// PredictionSink; Close ends the file.
type Predictions struct {
	to      *parquet.GenericWriter[prediction]
	rows    []prediction
	inGroup int
}

// NewPredictions writes to w.
func NewPredictions(w io.Writer) *Predictions {
	return &Predictions{to: parquet.NewGenericWriter[prediction](w, parquet.Compression(&parquet.Zstd))}
}

// Predictions writes the rows.
func (p *Predictions) Predictions(model string, rows []auditor.Prediction) error {
	for len(rows) > 0 {
		batch := rows[:min(len(rows), rowsPerGroup)]
		rows = rows[len(batch):]
		if err := p.write(model, batch); err != nil {
			return fmt.Errorf("the predictions cannot be written: %w", err)
		}
	}
	return nil
}

func (p *Predictions) write(model string, batch []auditor.Prediction) error {
	p.rows = p.rows[:0]
	for i := range batch {
		r := &batch[i]
		row := prediction{model, r.Person, r.Photo, r.Prompt, r.Winner, r.TrueSimilarity, &r.BestDecoy, int32(r.Rank)}
		if math.IsNaN(float64(r.BestDecoy)) {
			row.BestDecoy = nil
		}
		p.rows = append(p.rows, row)
	}
	if _, err := p.to.Write(p.rows); err != nil {
		return err
	}
	p.inGroup += len(batch)
	if p.inGroup < rowsPerGroup {
		return nil
	}
	p.inGroup = 0
	return p.to.Flush()
}

// Close writes the file's footer.
func (p *Predictions) Close() error { return p.to.Close() }
