// Package chaos holds the tests of what goes wrong between kube-scheduler and the extender. The scheduler is the real one, with the
// configuration of manifests/scheduler; the extender is the real one that is stopped or killed, or one that lies.
//
// What each test asks is the same: every pod is placed in its first cycle, no cycle calls the extender more than once a verb, no pod
// is rejected, and no pod is evicted but where the scheduler alone would have evicted the same one. Where two replicas of the scheduler
// are at work at once, each pod is bound once, by whichever comes first.
package chaos
