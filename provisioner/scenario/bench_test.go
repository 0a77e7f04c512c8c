package scenario_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vpsie/vpsie-autoscaler/provisioner/scenario"
)

// BenchmarkRead reads 10,000 pods of 100 Deployments.
func BenchmarkRead(b *testing.B) {
	pods := make([]string, 10_000)
	for i := range pods {
		pods[i] = fmt.Sprintf(`{"metadata": {"name": "d%d-%d", "uid": "uid-%d", "labels": {"app": "d%d"}}, "spec": {"containers": [{"name": "c",
			"resources": {"requests": {"cpu": "%dm", "memory": "1Gi"}}}]}, "status": {"phase": "Pending"}}`, i/100, i, i, i/100, 100+i/100)
	}
	text := withPods(pods...)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := scenario.Read(strings.NewReader(text), "bench"); err != nil {
			b.Fatal(err)
		}
	}
}
