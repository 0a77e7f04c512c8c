// Package kubescheduler runs the real kube-scheduler beside the one of a local control plane, as a process that a test owns: it may
// be killed, started again, and given an extender that misbehaves. It schedules the pods that name it and no others.
package kubescheduler
