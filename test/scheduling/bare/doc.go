// Package bare makes Nodes and pods without kubelets and controllers, many at a time.
package bare
