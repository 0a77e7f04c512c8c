// Package contest holds what planners are compared by, and measures them alike: each in a process of its own, so that none pays for
// another's memory, several times, with the file's decoding left out of the times and counted in the memory.
package contest
