package lifecycle

import (
	"testing"
	"time"
)

func TestOneCallGoesFirstWhenAPauseIsOver(t *testing.T) {
	const probe = 2 * time.Second
	now := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	var p pause
	wait := func() time.Duration {
		left, _, _ := p.left(now, probe)
		return left
	}
	if wait() != 0 {
		t.Error("calls wait although nothing was refused")
	}
	p.begin(now.Add(time.Minute), "Reason", "message")
	if left, reason, message := p.left(now, probe); left != time.Minute || reason != "Reason" || message != "message" {
		t.Errorf("wait %v for %s, %q", left, reason, message)
	}
	now = now.Add(time.Minute)
	if first, second := wait(), wait(); first != 0 || second != probe {
		t.Errorf("when it is over the first call waits %v and the second %v, want 0 and %v", first, second, probe)
	}
	p.end()
	if first, second := wait(), wait(); first != 0 || second != 0 {
		t.Errorf("after a call that went through the next wait %v and %v", first, second)
	}
}
