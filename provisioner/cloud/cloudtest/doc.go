// Package cloudtest holds the tests that every cloud.Provider must pass, so that a new way of buying machines can be added
// without a look at its callers: whatever passes here can be put in their hands.
//
// A test of a provider calls Run with a function that makes a fresh cloud and says how to make it misbehave. Every behaviour runs
// in a bubble of testing/synctest, so hours of waiting take no time; the provider and its cloud have to live inside of it.
package cloudtest
