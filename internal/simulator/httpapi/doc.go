// Package httpapi speaks the HTTP API of VPSie on top of a simulated cloud: paths, envelopes, field names and the types of
// fields are those that clients of the real service use.
//
// What the public record does not tell is decided here, and a client must not depend on it:
//
//   - a refused creation for want of stock is 200 {"error":true,"code":409,"message":MessageSoldOut};
//   - a plan that the data centre does not sell is 400 with MessageNotSold;
//   - the machine limit is 500 with MessageMachineLimit, like the known limit of worker nodes;
//   - an incomplete or malformed body is 400 with MessageMalformed;
//   - an unknown data centre, image or machine to delete is 404 with a message that ends in "not found";
//   - an unknown machine to read is 200 with data:false.
package httpapi
