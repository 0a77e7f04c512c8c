// Package cloud is the state of the simulated cloud: orders become machines that are pending, listed, booted, joined and in the
// end gone, each step after a latency, and every machine is billed by started hours. Workers of managed Kubernetes clusters are
// machines as well, on lists of their own. What goes wrong with a machine is decided when it is ordered: its Fate.
//
// It uses the clock of package time and nothing else that waits, so that a test inside testing/synctest runs in virtual time.
// All random draws for a machine come from the seed and its host name: two runs that create machines of the same names see the
// same latencies, whatever the order of the calls.
package cloud
