// Package build makes the objects of tests, so that a test reads as given, when, then. Each builder starts from the plainest
// object of its kind; what matters to the test is said by a method; Obj returns the object.
//
//	pod := build.Pod("web").Requests("500m", "1Gi").Unschedulable().Obj()
//	api := build.API(pod, build.Node("n1").Ready().Obj())
//
// Objects are in the namespace Namespace where their kind has one, and their UID is "uid-" and their name.
package build

import "k8s.io/apimachinery/pkg/types"

// Namespace is where objects are unless a test says otherwise.
const Namespace = "default"

// UID is that of every object called name that a builder made.
func UID(name string) types.UID { return types.UID("uid-" + name) }
