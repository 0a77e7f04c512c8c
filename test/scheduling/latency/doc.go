// Package latency measures how long the extender takes for one request, over TLS with certificates on both sides, with many callers, a
// large cluster in its feed, and changes that make the feed publish again and again.
package latency
