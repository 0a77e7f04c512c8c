package scenario_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/vpsie/vpsie-autoscaler/provisioner/scenario"
)

// Whatever the bytes, there is a scenario or an error with a place that lies in them.
func FuzzRead(f *testing.F) {
	valid := with(`"nodes": [{"metadata": {"name": "n"}, "status": {"capacity": {"cpu": "1"}}}], "limits": {"maxNodes": 3}`)
	for _, seed := range []string{valid, withPods(pod("a", `"nodeName": "n", `)), withOffering(`"cpu": -1`), "{}", "[", "{\"\xfe\"", "{\"pods\": {\"items\": [", ""} {
		f.Add([]byte(seed))
		f.Add(pack(f, seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		s, err := scenario.Read(bytes.NewReader(content), "fuzz")
		if err == nil {
			if s == nil || len(s.Snapshot.Offerings) == 0 {
				t.Fatalf("no error and no offerings: %+v", s)
			}
			return
		}
		var faults *scenario.Error
		if !errors.As(err, &faults) || len(faults.Faults) == 0 || len(faults.Faults) > scenario.MaxFaults {
			t.Fatalf("error %v, want one with 1 to %d faults", err, scenario.MaxFaults)
		}
		packed := bytes.HasPrefix(content, []byte{0x1f, 0x8b})
		lines := strings.Split(string(content), "\n")
		for _, fault := range faults.Faults {
			if fault.Line < 1 || fault.Column < 1 || fault.Message == "" {
				t.Errorf("fault %+v has no place or no message", fault)
			}
			if !packed && (fault.Line > len(lines) || fault.Column > len(lines[fault.Line-1])+1) {
				t.Errorf("fault %+v lies outside of the file", fault)
			}
		}
	})
}
