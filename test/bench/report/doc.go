// Package report writes what was measured as tables in Markdown, and puts them where a document wants them.
package report
