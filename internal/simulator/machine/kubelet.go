package machine

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/userdata"
)

// Version is the version that the kubelets report.
const Version = "v1.37.2"

// Kubelet is a cloud.Guest that joins the cluster which its user data names. The zero value is ready to use.
type Kubelet struct {
	// RetryInterval is the pause between attempts of a step; 0 stands for 5 s.
	RetryInterval time.Duration
	// RetryTimeout is how long a step is attempted before the machine gives up for good; 0 stands for 5 min.
	RetryTimeout time.Duration
}

var _ cloud.Guest = Kubelet{}

// Run implements cloud.Guest. A machine that has joined before goes on with the identity on its disk, as a kubelet does: its first
// boot is over, and the token in its user data may be long gone.
func (k Kubelet) Run(ctx context.Context, host cloud.Host, report cloud.Report) {
	if !pause(ctx, host.JoinAfter) {
		return
	}
	node, err := prepare(host)
	if err != nil {
		report.JoinFailed(err)
		return
	}
	installed, joinedBefore := host.Disk.Load().(installation)
	if !joinedBefore {
		if installed, err = k.join(ctx, node, report); err != nil {
			return
		}
		host.Disk.Store(installed)
	}
	connected, registered, err := k.register(ctx, installed, node, report)
	if err != nil {
		return
	}
	defer connected.close()
	report.Joined()
	connected.keepAlive(ctx, registered, report)
}

// installation is what kubeadm join leaves on a disk. It holds a secret (the key of the certificate).
type installation struct {
	server string
	own    identity
}

// nodeSpec is everything that is known about a Node before it joins.
type nodeSpec struct {
	name string
	host cloud.Host
	join userdata.Join
	args kubeletArgs
}

// prepare does what needs no network.
func prepare(host cloud.Host) (nodeSpec, error) {
	document := host.UserData
	if document == "" && host.Script != "" {
		var err error
		if document, err = userdata.FromScript(host.Script); err != nil {
			return nodeSpec{}, err
		}
	}
	join, err := userdata.Parse(document)
	if err != nil {
		return nodeSpec{}, err
	}
	args, err := parseKubeletArgs(join.KubeletArgs)
	if err != nil {
		return nodeSpec{}, err
	}
	if host.InternalIP == "" {
		return nodeSpec{}, errors.New("no network: the machine was created without any address")
	}
	node := nodeSpec{name: join.NodeName, host: host, join: join, args: args}
	if node.name == "" {
		node.name = strings.ToLower(host.Hostname)
	}
	return node, nil
}

// join takes the steps of kubeadm join, each with its own attempts. It reports every failed attempt.
func (k Kubelet) join(ctx context.Context, node nodeSpec, report cloud.Report) (installation, error) {
	cluster, err := retry(ctx, k, report, func() (clusterInfo, error) { return discover(ctx, node.join) })
	if err != nil {
		return installation{}, err
	}
	own, err := retry(ctx, k, report, func() (identity, error) { return k.requestIdentity(ctx, cluster, node) })
	return installation{server: cluster.server, own: own}, err
}

// register starts the kubelet, which registers its Node.
func (k Kubelet) register(ctx context.Context, installed installation, node nodeSpec, report cloud.Report) (*connection, registration, error) {
	connected, err := retry(ctx, k, report, func() (*connection, error) { return installed.own.connect(installed.server) })
	if err != nil {
		return nil, registration{}, err
	}
	registered, err := retry(ctx, k, report, func() (registration, error) { return connected.register(ctx, node) })
	if err != nil {
		connected.close()
	}
	return connected, registered, err
}

// permanentError is a failure that no further attempt can mend.
type permanentError struct{ error }

// Unwrap returns the failure itself.
func (p permanentError) Unwrap() error { return p.error }

// retry attempts a step until it succeeds, fails for good, or has been tried for too long. It reports every failure.
func retry[T any](ctx context.Context, k Kubelet, report cloud.Report, step func() (T, error)) (T, error) {
	deadline := time.Now().Add(orDefault(k.RetryTimeout, 5*time.Minute))
	interval := orDefault(k.RetryInterval, 5*time.Second)
	for {
		result, err := step()
		if err == nil || ctx.Err() != nil {
			return result, err
		}
		report.JoinFailed(err)
		var permanent permanentError
		if errors.As(err, &permanent) || time.Now().Add(interval).After(deadline) || !pause(ctx, interval) {
			return result, err
		}
	}
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

// pause waits for d and reports false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
