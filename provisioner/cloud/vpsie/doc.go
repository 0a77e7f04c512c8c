// Package vpsie sells machines of the VPSie cloud through the cloud.Provider port. It speaks VPSie's HTTP API with a client of
// its own; none of the wire types leaves the package.
//
// VPSie publishes no complete description of that API, so some behaviour rests on decisions of ours:
//
//   - A reply is judged by its body before its status, because errors arrive under HTTP 200 and quota errors under HTTP 500.
//     See classify for the order of the rules.
//   - A create is "accepted" when the reply carries no error. Its data is ignored, since it is not known to name the machine.
//   - Creates, deletes and other changes are sent once. Reads are repeated after a transient failure. Only a refusal of the
//     credentials, which proves that nothing was done, has a call of any kind sent once more, with other credentials.
//   - A token is shown as Vpsie-Auth, and that of a login as Authorization: Bearer. No refresh call is known: a session is renewed
//     by a login, five minutes before its end or after half of its life. A login in whatever words refused means bad credentials.
//   - A Retry-After holds all requests back, as it is the account that is limited. More than an hour is not believed.
//   - Five outages in a row (no answer, an answer of a gateway, 5xx that is no refusal) stop all requests for half a minute.
//   - A machine list without data, or shorter than its own total, is an error: taking it for empty would lose machines.
//   - Plans give memory in MB and disk in GB. MB is read as MiB, as the sizes are powers of two; GB is read as 10^9 bytes,
//     the smaller reading, so that a disk is never promised larger than it is.
//   - Plans of the category "A" use memory ballooning: an image without a balloon driver sees less memory than the plan says.
//     The adapter reports the plan's figure; leave those offerings out of a NodeGroup whose image lacks the driver.
//   - Tags are texts of the form key=value. Those that people set are not taken off; see Client.Configure.
//   - With ViaScript the user data is in a stored script while the machine is being built. The script is deleted when the machine
//     is listed, when the order is refused, and when the machine is deleted. One whose machine exists nowhere is deleted when it is
//     15 minutes old, if it has the cluster's prefix and its content says that this package stored it.
//   - Redirects are refused, because they would carry the token to another host.
//
// Tokens, secrets, the user data and the passwords of machines appear in no error, log line or span.
package vpsie
