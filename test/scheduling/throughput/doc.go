// Package throughput measures how many pods a second the real kube-scheduler places without an extender, with one that does nothing,
// and with ours. The arms take turns, so that what else the machine does hits all of them alike.
package throughput
