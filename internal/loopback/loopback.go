// Package loopback tells the machine itself from all others. To itself it may talk in the clear.
package loopback

import "net"

// Host reports whether a host, by its name or address, is this machine to itself.
func Host(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}
