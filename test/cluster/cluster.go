package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"
)

// Options of [Up].
type Options struct {
	// Bin is the folder that [Build] filled.
	Bin string
	// SchedulerConfig is a file of kind KubeSchedulerConfiguration. Empty: the defaults of kube-scheduler.
	SchedulerConfig string
	// Progress gets one line a step.
	Progress io.Writer
}

// Info tells how to reach a running control plane.
type Info struct {
	// Kubeconfig is the path of the administrator's kubeconfig.
	Kubeconfig string `json:"kubeconfig"`
	// Server is the URL of the API server.
	Server string `json:"server"`
	// CACertFile and CAKeyFile are the paths of the cluster's certificate authority, in PEM.
	CACertFile string `json:"caCertFile"`
	CAKeyFile  string `json:"caKeyFile"`
	// CACertHash pins the authority's public key, in the form that `kubeadm join` takes.
	CACertHash string `json:"caCertHash"`
	// Dir holds all files of this control plane, the components' logs among them.
	Dir string `json:"dir"`
	// SchedulerMetrics is the URL of kube-scheduler's metrics, for the administrator's client certificate.
	SchedulerMetrics string `json:"schedulerMetrics"`
}

// Cluster is a running control plane.
type Cluster struct {
	layout   *layout
	options  Options
	ports    *ports
	health   *http.Client
	began    time.Time
	stopping chan struct{}
	failed   chan error

	// In the order of their start: each one needs only those before it.
	processes []*process
}

// Up starts a control plane and returns when all of it is ready. When it fails, everything it started is stopped
// again, and the error carries the end of the log of the component to blame and names the folder with all logs,
// which stays. When ctx ends before the control plane is ready, nothing stays.
func Up(ctx context.Context, options Options) (*Cluster, error) {
	dir, err := os.MkdirTemp("", "vpsie-cluster-")
	if err != nil {
		return nil, fmt.Errorf("create the folder of the control plane: %w", err)
	}
	c := &Cluster{
		options:  options,
		ports:    &ports{},
		began:    time.Now(),
		stopping: make(chan struct{}),
		failed:   make(chan error, 1),
	}
	if c.layout, err = newLayout(dir, c.ports, options.SchedulerConfig); err != nil {
		return nil, errors.Join(err, c.ports.release(), os.RemoveAll(dir))
	}
	c.health = c.layout.pki.healthClient()
	if err := c.start(ctx); err != nil {
		c.stop()
		if ctx.Err() != nil {
			return nil, errors.Join(ctx.Err(), os.RemoveAll(dir))
		}
		return nil, fmt.Errorf("start the control plane (files kept in %s): %w", dir, err)
	}
	return c, nil
}

// Info tells how to reach the control plane.
func (c *Cluster) Info() Info {
	ca := c.layout.pki.cluster
	return Info{
		Kubeconfig:       c.layout.admin,
		Server:           c.layout.server(),
		CACertFile:       ca.files.cert,
		CAKeyFile:        ca.files.key,
		CACertHash:       ca.publicKeyHash(),
		Dir:              c.layout.dir,
		SchedulerMetrics: localURL("https", c.layout.schedulerPort, "/metrics"),
	}
}

// Failed receives the first component that ends by itself after a successful start, with the end of its log.
func (c *Cluster) Failed() <-chan error { return c.failed }

// Down stops all components and removes the files of the control plane unless keep is set. Call it once.
func (c *Cluster) Down(keep bool) error {
	c.stop()
	if keep {
		c.progress("stopped; files kept in %s", c.layout.dir)
		return nil
	}
	if err := os.RemoveAll(c.layout.dir); err != nil {
		return fmt.Errorf("remove the files of the control plane: %w", err)
	}
	c.progress("stopped")
	return nil
}

// stop ends the API server's clients together, then the API server, then etcd.
func (c *Cluster) stop() {
	close(c.stopping)
	servers := min(2, len(c.processes))
	stopAll(c.processes[servers:])
	for i := servers - 1; i >= 0; i-- {
		stopAll(c.processes[i : i+1])
	}
	c.ports.release()
}

func stopAll(processes []*process) {
	var all sync.WaitGroup
	for _, p := range processes {
		all.Go(func() {
			if err := p.signal(syscall.SIGTERM); err == nil {
				p.waitStopped()
			}
		})
	}
	all.Wait()
}

func (c *Cluster) progress(format string, args ...any) {
	fmt.Fprintf(c.options.Progress, "[%5.1f s] %s\n", time.Since(c.began).Seconds(), fmt.Sprintf(format, args...))
}
