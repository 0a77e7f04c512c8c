package main

import "runtime/debug"

// version is that of the module that the binary was built from; "devel" when it was built from a checkout.
func version() string {
	info, known := debug.ReadBuildInfo()
	if !known || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}
