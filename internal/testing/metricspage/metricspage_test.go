package metricspage_test

import (
	"testing"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/metricspage"
)

const page = `# HELP attempts_total Attempts.
# TYPE attempts_total counter
attempts_total{result="scheduled",profile="a b"} 3
attempts_total{result="scheduled",profile="c"} 4
attempts_total{result="error"} 1
attempts_total_other 9
plain 2.5
`

func TestSeriesAreAddedUpByNameAndLabels(t *testing.T) {
	for _, test := range []struct {
		name   string
		labels []string
		want   float64
	}{
		{"attempts_total", nil, 8},
		{"attempts_total", []string{`result="scheduled"`}, 7},
		{"attempts_total", []string{`result="scheduled"`, `profile="a b"`}, 3},
		{"plain", nil, 2.5},
		{"plain", []string{`result="scheduled"`}, 0},
		{"missing", nil, 0},
	} {
		if got, err := metricspage.Sum([]byte(page), test.name, test.labels...); err != nil || got != test.want {
			t.Errorf("%s %v: got %v, %v, want %v", test.name, test.labels, got, err, test.want)
		}
	}
}

func TestAValueThatIsNoNumberIsAnError(t *testing.T) {
	if _, err := metricspage.Sum([]byte("broken x\n"), "broken"); err == nil {
		t.Error("got no error")
	}
}
