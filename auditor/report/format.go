package report

import (
	"fmt"
	"math"
	"strconv"

	"rollcall/auditor"
	"rollcall/auditor/stats"
)

// notMeasured stands where a figure could not be had.
const notMeasured = "not measured"

// rate writes a share with its interval and n: "72.7 % (65.0 to 79.6 %, n = 154)".
func rate(e stats.Estimate) string {
	if !e.Defined() {
		return notMeasured
	}
	return fmt.Sprintf("%s %% (%s, n = %d)", percent(e.Value), between(e), e.N)
}

func between(e stats.Estimate) string {
	if math.IsNaN(e.Low) || math.IsNaN(e.High) {
		return "no interval"
	}
	return fmt.Sprintf("%s to %s %%", percent(e.Low), percent(e.High))
}

// percent writes a share in percent with as many decimals as a small one needs.
func percent(share float64) string {
	switch p := share * 100; {
	case math.IsNaN(p):
		return "-"
	case p > 1e-9 && p < 0.1:
		return fmt.Sprintf("%.3f", p)
	case p > 1e-9 && p < 1:
		return fmt.Sprintf("%.2f", p)
	default:
		return fmt.Sprintf("%.1f", p)
	}
}

// figure writes an estimate that is not a share: "0.981 (0.965 to 0.997, n = 320)".
func figure(e stats.Estimate) string {
	if !e.Defined() {
		return notMeasured
	}
	interval := "no finite interval"
	if !math.IsNaN(e.Low) && !math.IsNaN(e.High) {
		interval = short(e.Low) + " to " + short(e.High)
	}
	return fmt.Sprintf("%s (%s, n = %d)", short(e.Value), interval, e.N)
}

// short writes a number in three figures or so.
func short(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v):
		return "-"
	case a >= 1000 || math.IsInf(v, 0):
		return fmt.Sprintf("%.4g", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	case a >= 1:
		return fmt.Sprintf("%.2f", v)
	case a >= 0.001 || a == 0:
		return fmt.Sprintf("%.3f", v)
	default:
		return fmt.Sprintf("%.1e", v)
	}
}

// optional writes a figure that may be absent.
func optional(v *float64) string {
	if v == nil {
		return ""
	}
	return short(*v)
}

// exact writes a figure so that it reads back the same; "" when absent.
func exact(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'g', -1, 64)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func label(member *bool) string {
	if member == nil {
		return ""
	}
	return yesNo(*member)
}

func count(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}

// drawRate writes a rate over draws: mean, standard deviation over draws, interval over persons.
func drawRate(r auditor.DrawRate) string {
	if !r.Mean.Defined() {
		return notMeasured
	}
	sd := "one draw"
	if !math.IsNaN(float64(r.SD)) {
		sd = "sd " + percent(float64(r.SD))
	}
	return fmt.Sprintf("%s %% (%s; %s, n = %d)", percent(r.Mean.Value), sd, between(r.Mean), r.Mean.N)
}
