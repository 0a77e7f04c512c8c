package scenarios_test

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/test/bench/scenarios"
)

func TestScenariosAreTheSameEachTime(t *testing.T) {
	for _, standard := range scenarios.All() {
		if standard.Slow {
			continue // the same code as its smaller variants
		}
		t.Run(standard.Name, func(t *testing.T) {
			if first, second := encoded(t, standard.Make()), encoded(t, standard.Make()); first != second {
				t.Errorf("two runs differ:\n%s", cmp.Diff(first, second))
			}
		})
	}
}

func encoded(t *testing.T, s *scenarios.Scenario) string {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Each pod must fit somewhere, or the price of a plan says nothing.
func TestEachPodFitsAnOffering(t *testing.T) {
	for _, standard := range scenarios.All() {
		t.Run(standard.Name, func(t *testing.T) {
			s := standard.Make()
			for _, pod := range s.Pods {
				want := pod.Spec.Containers[0].Resources.Requests
				if !fitsSomewhere(s, pod.Spec.NodeSelector, want.Cpu().MilliValue(), want.Memory().Value()>>20) {
					t.Fatalf("%s asks for %v with %v: no offering has it", pod.Name, want, pod.Spec.NodeSelector)
				}
			}
		})
	}
}

func fitsSomewhere(s *scenarios.Scenario, selector map[string]string, milliCPU, mib int64) bool {
	for _, o := range s.Offerings {
		matches := o.MilliCPU-o.Overhead.MilliCPU >= milliCPU && o.MemoryMiB-o.Overhead.MemoryMiB >= mib
		for key, value := range selector {
			matches = matches && o.Labels[key] == value
		}
		if matches {
			return true
		}
	}
	return false
}

func TestSizesOfMarkets(t *testing.T) {
	want := map[string]int{
		"shapes-1000-steep": 10, "shapes-1000-discount": 40, "equal-500": 120, "selectors-5000-wild": 300, "deployments-5000-large": 300,
	}
	for _, standard := range scenarios.All() {
		if size, listed := want[standard.Name]; listed {
			if got := len(standard.Make().Offerings); got != size {
				t.Errorf("%s has %d offerings, want %d", standard.Name, got, size)
			}
		}
	}
}

func TestOfferingsHaveNamesOfTheirOwn(t *testing.T) {
	for _, standard := range scenarios.All() {
		if standard.Slow {
			continue
		}
		seen := map[string]bool{}
		for _, o := range standard.Make().Offerings {
			if seen[o.ID] {
				t.Errorf("%s has two offerings %s", standard.Name, o.ID)
			}
			seen[o.ID] = true
		}
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	for _, name := range []string{"s.json", "s.json.gz"} {
		t.Run(name, func(t *testing.T) {
			// given
			want := scenarios.All()[0].Make()
			path := filepath.Join(t.TempDir(), name)
			// when
			if err := want.Write(path); err != nil {
				t.Fatal(err)
			}
			got, err := scenarios.Read(path)
			if err != nil {
				t.Fatal(err)
			}
			// then
			if diff := cmp.Diff(want.Offerings, got.Offerings); diff != "" {
				t.Errorf("offerings differ:\n%s", diff)
			}
			if len(got.Pods) != len(want.Pods) || !got.Pods[0].Spec.Containers[0].Resources.Requests.Cpu().Equal(
				*want.Pods[0].Spec.Containers[0].Resources.Requests.Cpu()) {
				t.Errorf("pods differ: got %d, the first %v", len(got.Pods), got.Pods[0].Spec)
			}
		})
	}
}
