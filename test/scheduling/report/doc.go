// Package report writes what was measured of the extender as tables in Markdown, each figure beside the bar it is held to and what peers
// were measured at.
package report
