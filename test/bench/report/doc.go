// Package report writes what was measured of the planners as tables in Markdown.
package report

// Subject is what the tables are about, by which a document knows their place.
const Subject = "planner"
