// Package planner has the tests that hold provisioner/plan to the rules of package verify over thousands of random clusters, and the
// tests of that package itself.
package planner
