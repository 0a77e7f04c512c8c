// Package planners brings the planners that compete to the same form: a scenario file goes in, an outcome with a checked plan comes out.
package planners
