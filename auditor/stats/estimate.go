package stats

import (
	"encoding/json"
	"math"
)

// Confidence is the coverage that reports use when nobody asks for another.
const Confidence = 0.95

// Estimate is one figure with what is needed to judge it.
//
// Value, Low and High are in the unit of the statistic; NaN stands for "undefined" and an infinite
// bound for "the data set no bound on this side". In JSON a NaN is null and an infinity is the
// string "-inf" or "+inf".
type Estimate struct {
	Value      float64  // the figure itself
	Low, High  float64  // bounds of the interval
	Confidence float64  // coverage of the interval, 0.95 for 95 %
	N          int      // observations the figure rests on
	Method     string   // how figure and interval were made
	Warnings   []string // what a reader must know before using the figure
}

// Undefined is the estimate of something that these data cannot tell, with the reason.
func Undefined(n int, confidence float64, method, why string) Estimate {
	nan := math.NaN()
	return Estimate{Value: nan, Low: nan, High: nan, Confidence: confidence, N: n, Method: method, Warnings: []string{why}}
}

// Defined reports whether the estimate has a value.
func (e Estimate) Defined() bool { return !math.IsNaN(e.Value) }

// wire is Estimate as JSON has it.
type wire struct {
	Value      Number   `json:"value"`
	Low        Number   `json:"low"`
	High       Number   `json:"high"`
	Confidence float64  `json:"confidence"`
	N          int      `json:"n"`
	Method     string   `json:"method"`
	Warnings   []string `json:"warnings,omitempty"`
}

// MarshalJSON writes undefined figures as null and infinite ones as strings.
func (e Estimate) MarshalJSON() ([]byte, error) {
	return json.Marshal(wire{Number(e.Value), Number(e.Low), Number(e.High), e.Confidence, e.N, e.Method, e.Warnings})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (e *Estimate) UnmarshalJSON(data []byte) error {
	var w wire
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*e = Estimate{float64(w.Value), float64(w.Low), float64(w.High), w.Confidence, w.N, w.Method, w.Warnings}
	return nil
}

// normalQuantile is the two-sided critical value of the standard normal for a confidence.
func normalQuantile(confidence float64) float64 {
	return math.Sqrt2 * math.Erfinv(confidence)
}

// twoSidedNormal is the two-sided p-value of a standard normal deviate.
func twoSidedNormal(z float64) float64 { return math.Erfc(math.Abs(z) / math.Sqrt2) }
