// Package httpapi speaks the HTTP API of VPSie on top of a simulated cloud: paths, envelopes, field names and the types of
// fields are those that clients of the real service use.
//
// What the public record does not tell is decided here, and a client must not depend on it:
//
//   - a refused creation for want of stock is 200 {"error":true,"code":409,"message":MessageSoldOut};
//   - a plan that the data centre does not sell is 400 with MessageNotSold;
//   - the machine limit is 500 with MessageMachineLimit, like the known limit of worker nodes;
//   - an incomplete or malformed body is 400 with MessageMalformed;
//   - a prepaid account without money is refused with 402 and MessageNoBalance;
//   - the wrong password for a deletion is 400 with MessageWrongPassword;
//   - a node group of a size that another one has is 400 with VPSie's own text;
//   - what is unknown and shall be used, changed or deleted is 404 with a message that ends in "not found";
//   - a machine, key, script, tag or project that is unknown and shall be read is 200 with data:false;
//   - nodes_count of a node group and the counts of a cluster are of workers that are accepted and not yet gone, built or not;
//   - a node group goes with its workers, and a reduction takes the newest one;
//   - balanceData is beside data in the estimated usages.
//
// Every path is served under /apps/v2 and /api/v2.
package httpapi
