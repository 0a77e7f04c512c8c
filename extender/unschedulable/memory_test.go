package unschedulable_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vpsie/vpsie-autoscaler/extender/diagnosis"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

// wide is a report on one pod of a cluster with 5,000 nodes. Reports of different kinds differ in one node.
func wide(pod string, kind int) *diagnosis.Report {
	report := about(pod)
	report.Nodes = 5000
	fit, taint := &report.Groups[0], diagnosis.Group{Plugin: "TaintToleration", Code: "UnschedulableAndUnresolvable"}
	fit.Nodes = nil
	for i := range report.Nodes {
		name := fmt.Sprintf("node-%04d.example.com", i)
		if i == kind {
			taint.Nodes = append(taint.Nodes, name)
		} else {
			fit.Nodes = append(fit.Nodes, name)
		}
	}
	report.Groups = append(report.Groups, taint)
	return report
}

// heap is what is in use, in megabytes.
func heap() float64 {
	runtime.GC()
	runtime.GC() // the first one only finds what may go
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc) / (1 << 20)
}

func TestTheMemoryOfReportsIsBounded(t *testing.T) {
	pods := &podCache{}
	d := newDetector(t, pods)
	const count = 400
	for i := range count {
		pods.put(unjudged(fmt.Sprint(i)).Obj())
	}
	before := heap()
	for i := range count {
		received(t, d, wide(fmt.Sprint(i), 0), diagnosis.Taken)
	}
	if used := heap() - before; used > 2 {
		t.Errorf("the same report on %d pods takes %.1f MB, want less than 2: it should be kept once", count, used)
	}
	for i := range count {
		received(t, d, wide(fmt.Sprint(i), i), diagnosis.Taken)
	}
	if used := heap() - before; used > 24 {
		t.Errorf("%d different reports take %.1f MB, want less than 24", count, used)
	}
	// The last of them was cut, and tells the same to people.
	last := pods.pods[build.UID(fmt.Sprint(count-1))]
	const want = "4999 by NodeResourcesFit (Insufficient cpu): node-0000.example.com, node-0001.example.com, node-0002.example.com and 4996 more; " +
		"1 by TaintToleration: node-0399.example.com"
	if got := d.State(last).Message; !strings.HasSuffix(got, want) {
		t.Errorf("message %q, want it to end with %q", got, want)
	}
	for i := range count {
		pods.put(unjudged(fmt.Sprint(i)).On("n").Obj())
	}
	if used := heap() - before; used > 2 {
		t.Errorf("reports on pods that have a node still take %.1f MB", used)
	}
	runtime.KeepAlive(d)
}

func TestTheMemoryOfLongWordsIsBounded(t *testing.T) {
	pods := &podCache{}
	d := newDetector(t, pods)
	const count = 100
	before := heap()
	for i := range count {
		name := fmt.Sprint(i)
		pods.put(unjudged(name).Obj())
		report := about(name)
		for range 1000 {
			report.Groups[0].Reasons = append(report.Groups[0].Reasons, name+strings.Repeat("long", 250))
		}
		received(t, d, report, diagnosis.Taken)
	}
	if used := heap() - before; used > 2 {
		t.Errorf("%d reports of a megabyte each take %.1f MB, want less than 2", count, used)
	}
	runtime.KeepAlive(d)
}

func TestOnlyTheNewestReportOnAPodIsKept(t *testing.T) {
	pods := &podCache{}
	d := newDetector(t, pods)
	pods.put(unjudged("p").Obj())
	before := heap()
	for kind := range 100 {
		received(t, d, wide("p", kind), diagnosis.Taken)
	}
	if used := heap() - before; used > 2 {
		t.Errorf("after 100 reports on one pod, they take %.1f MB, want less than 2", used)
	}
	runtime.KeepAlive(d)
}

func TestReportsWhosePodsNeverComeAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDetector(t, &podCache{})
		before := heap()
		for i := range 100 {
			received(t, d, wide(fmt.Sprint(i), i), diagnosis.Early)
		}
		if used := heap() - before; used < 2 {
			t.Fatalf("100 reports take %.1f MB: this test shows nothing", used)
		}
		time.Sleep(time.Minute)
		pending(t, d)
		if used := heap() - before; used > 2 {
			t.Errorf("a minute later they still take %.1f MB, want less than 2", used)
		}
		runtime.KeepAlive(d)
	})
}
