// Package managed buys workers of a managed VPSie Kubernetes cluster through the cloud.Provider port. VPSie installs them, makes
// them join and names them; it takes no user data, image, tags or keys, and its answer to an order does not say which worker was
// ordered.
//
// A machine is therefore attributed by difference. Before a worker is asked for, the intent is recorded in a Ledger together with
// the workers that there are. The worker is ours when exactly one that is no older than the order has shown up since, its group has
// grown by exactly one, and no other group has grown. For that to prove anything there is one order at a time in a cluster: while
// one is open, Create says to come back, and so does Delete where it would change the group that is counted. When two workers show
// up, because somebody added one by hand, neither is claimed; the log names them, and the order is reported as pending until its
// time is up.
//
// What is not in the ledger is not listed and cannot be deleted through this package. The ledger is the only record of whose the
// workers are: whoever deletes it leaves them to be removed by hand. Two workers that differ in nothing the API tells are told
// apart by nothing: one that somebody adds by hand to the same group, or to any group within the minute before our order, and
// that shows up before ours does, is mistaken for ours.
package managed
