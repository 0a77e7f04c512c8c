// Package receiver takes the reports of package diagnosis over HTTP and hands them on.
package receiver
