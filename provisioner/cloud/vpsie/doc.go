// Package vpsie sells machines of the VPSie cloud through the cloud.Provider port. It speaks VPSie's HTTP API with a client of
// its own; none of the wire types leaves the package.
//
// VPSie publishes no complete description of that API, so some behaviour rests on decisions of ours:
//
//   - A reply is judged by its body before its status, because errors arrive under HTTP 200 and quota errors under HTTP 500.
//     See classify for the order of the rules.
//   - A create is "accepted" when the reply carries no error. Its data is ignored, since it is not known to name the machine.
//   - Creates and deletes are sent once. Reads are repeated after a transient failure.
//   - A machine list without data, or shorter than its own total, is an error: taking it for empty would lose machines.
//   - Plans give memory in MB and disk in GB. MB is read as MiB, as the sizes are powers of two; GB is read as 10^9 bytes,
//     the smaller reading, so that a disk is never promised larger than it is.
//   - Plans of the category "A" use memory ballooning: an image without a balloon driver sees less memory than the plan says.
//     The adapter reports the plan's figure; leave those offerings out of a NodeGroup whose image lacks the driver.
//   - Redirects are refused, because they would carry the token to another host.
//
// The token, the user data and the passwords of machines appear in no error and no log line.
package vpsie
