package provisioner

import (
	"time"

	"k8s.io/apimachinery/pkg/util/uuid"
)

// burst identifies plans that belong together: when many pods come at once, kube-scheduler comes to them little by little, and each plan
// buys for those that are known so far.
type burst struct {
	id   string
	last time.Time // when it last bought something
}

// next identifies a plan that buys something now. It is of the last burst if that bought something within the given time.
func (b *burst) next(within time.Duration) string {
	now := time.Now()
	if b.id == "" || now.Sub(b.last) > within {
		b.id = string(uuid.NewUUID())
	}
	b.last = now
	return b.id
}
