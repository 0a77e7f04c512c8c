package gc

import (
	"strings"

	"github.com/vpsie/vpsie-autoscaler/provisioner/gc/orphans"
)

// counted are the kinds that the gauge of orphans tells apart.
var counted = []orphans.Kind{orphans.KindMachine, orphans.KindNode, orphans.KindSuspect}

// report publishes how many orphans there are, and logs each verdict about one when it changes.
func (s *Sweeper) report(verdicts []orphans.Verdict) {
	counts := map[orphans.Kind]int{}
	told := map[orphans.Subject]string{}
	for _, verdict := range verdicts {
		if verdict.Action == orphans.Keep {
			continue
		}
		counts[verdict.Subject.Kind]++
		news := string(verdict.Action) + " " + string(verdict.Reason)
		told[verdict.Subject] = news
		if s.told[verdict.Subject] != news {
			s.Log.Info(sentences[verdict.Reason], "kind", verdict.Subject.Kind, "name", verdict.Subject.Name, "id", verdict.Subject.ID,
				"action", verdict.Action, "reason", verdict.Reason)
		}
	}
	s.told = told
	for _, kind := range counted {
		s.Metrics.Orphans.WithLabelValues(string(kind)).Set(float64(counts[kind]))
	}
}

// sentences say in the log what the reasons mean.
var sentences = map[orphans.Reason]string{
	orphans.UnprovenName:   "a machine's host name starts like this cluster's and was not made by it: it is left alone; rename or delete it by hand if it is not wanted",
	orphans.ForeignTag:     "a machine's host name is this cluster's and its tag names another: it is left alone",
	orphans.MachineMissing: "a VPSieNode's machine is no longer listed",
	orphans.GracePeriod:    "found something without its counterpart, waiting whether that lasts",
	orphans.Young:          "a machine has no VPSieNode and is young, waiting whether one comes",
	orphans.Pending:        "a machine without VPSieNode is not built yet, it can be deleted when it is",
	orphans.Ending:         "a machine without VPSieNode is being deleted",
	orphans.NoVPSieNode:    "a machine has no VPSieNode, deleting it",
	orphans.NoMachine:      "a Node has neither VPSieNode nor machine, deleting it",
}

// deletionAsked is the progress of a machine whose deletion the cloud has accepted.
const deletionAsked = "deletion asked for"

// settle forgets the machines that are gone, and counts those whose deletion was asked for here.
func (s *Sweeper) settle(snapshot *orphans.Snapshot) {
	listed := map[string]bool{}
	for i := range snapshot.Machines {
		listed[strings.ToLower(snapshot.Machines[i].Hostname)] = true
	}
	for hostname, progress := range s.progress {
		if listed[hostname] {
			continue
		}
		delete(s.progress, hostname)
		if progress == deletionAsked {
			s.Log.Info("an orphaned machine is gone", "name", hostname)
			s.Metrics.OrphansRemoved.WithLabelValues(string(orphans.KindMachine)).Inc()
		}
	}
}
