package rules

import (
	"fmt"
	"time"
)

// TooFast holds every pod while the cluster has evicted as many as it may in a minute.
const TooFast Reason = "TooManyEvictions"

func pace(s *Snapshot) *Refusal {
	if s.Pace.Limit <= 0 || s.Pace.Evicted < s.Pace.Limit {
		return nil
	}
	wait := max(s.Pace.Free.Sub(s.Now), 0)
	return &Refusal{TooFast, fmt.Sprintf("the cluster evicted %d pods in the last minute and may evict %d (webhook.evictionsPerMinute): "+
		"wait %s", s.Pace.Evicted, s.Pace.Limit, wait.Round(time.Second))}
}
