// Package fake is a cloud that lives in memory and does what a test tells it to: machines appear after a delay, calls fail on
// demand, offerings sell out, machines vanish. It reads the time from time.Now and starts no goroutine that outlives its work,
// so it runs on the virtual clock of testing/synctest as well as on the real one.
//
// A test builds a Cloud with New, hands it to the code under test as a cloud.Provider, and afterwards looks at Calls.
package fake
