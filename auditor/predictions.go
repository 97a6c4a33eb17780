package auditor

// PredictionSink takes every single decision of a run, prompt by prompt, and within a prompt by
// person and photo in roster order. The slice is reused after the call. Its error ends the run.
type PredictionSink interface {
	Predictions(model string, rows []Prediction) error
}

// Prediction is the decision on one photo by one prompt.
type Prediction struct {
	Person         string  // id
	Photo          string  // path below the photo folder
	Prompt         string  // template
	Winner         string  // the candidate name most similar to the photo
	TrueSimilarity float32 // cosine of photo and true name
	BestDecoy      float32 // largest cosine of photo and a decoy; NaN without decoys
	Rank           int     // 1 + decoys at or above the true name
}
