// Package diary notes what happens to the pods of a namespace, and counts how many came to run where they were planned.
package diary
