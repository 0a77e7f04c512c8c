package controlplane

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"syscall"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// stopTimeout is longer than the command needs to stop its components one after the other.
const stopTimeout = 30 * time.Second

// Options of [Start].
type Options struct {
	// SchedulerConfig is a file of kind KubeSchedulerConfiguration; its connection to the API server is filled in.
	// Empty: the defaults of kube-scheduler.
	SchedulerConfig string
	// Progress gets what is being built and started, a line a step. Nil: nothing is shown.
	Progress io.Writer
}

// Info tells where a control plane is. The command of test/cluster prints it as JSON.
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
	// Dir holds all files of the control plane, the components' logs among them. It goes with a clean stop.
	Dir string `json:"dir"`
	// SchedulerMetrics is the URL of kube-scheduler's metrics, for the administrator's client certificate.
	SchedulerMetrics string `json:"schedulerMetrics"`
}

// Cluster is a running control plane.
type Cluster struct {
	Info

	config *rest.Config
	stdin  io.Closer
	cmd    *exec.Cmd
	output *tail
	ended  chan struct{} // closed when the command has ended; waitErr is set by then

	waitErr error
}

// Start builds what is missing, starts a control plane, and returns when all of it is ready. ctx bounds the start
// only. The error of a failed start carries the end of the log of the component to blame.
func Start(ctx context.Context, options Options) (*Cluster, error) {
	binary, err := buildCommand(ctx, options.Progress)
	if err != nil {
		return nil, err
	}
	c, announcement, err := launch(binary, options)
	if err != nil {
		return nil, err
	}
	if err := c.awaitAnnouncement(ctx, announcement); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	if c.config, err = clientcmd.BuildConfigFromFlags("", c.Kubeconfig); err != nil {
		return nil, errors.Join(fmt.Errorf("load the administrator's kubeconfig: %w", err), c.Stop())
	}
	// The client's own throttle would make the caller, not the control plane, the slow part.
	c.config.QPS, c.config.Burst = 300, 500
	return c, nil
}

// launch starts the command. The reader yields what the command prints on its standard output.
func launch(binary string, options Options) (*Cluster, io.Reader, error) {
	args := []string{"up", "-until-stdin-closes"}
	if options.SchedulerConfig != "" {
		args = append(args, "-scheduler-config", options.SchedulerConfig)
	}
	c := &Cluster{
		cmd:    exec.Command(binary, args...),
		output: newTail(options.Progress),
		ended:  make(chan struct{}),
	}
	c.cmd.Stderr = c.output
	// An interrupt from the terminal is this process's to handle: the control plane goes last.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, nil, fmt.Errorf("open the input of %s: %w", binary, err)
	}
	c.stdin = stdin
	announcement, announce := io.Pipe()
	c.cmd.Stdout = announce
	if err := c.cmd.Start(); err != nil {
		return nil, nil, fmt.Errorf("start the local control plane: %w", err)
	}
	go func() {
		c.waitErr = c.cmd.Wait()
		announce.CloseWithError(errors.New("the command ended before it was ready"))
		close(c.ended)
	}()
	return c, announcement, nil
}

func (c *Cluster) awaitAnnouncement(ctx context.Context, announcement io.Reader) error {
	read := make(chan error, 1)
	go func() { read <- json.NewDecoder(announcement).Decode(&c.Info) }()
	select {
	case err := <-read:
		if err != nil {
			return fmt.Errorf("start the local control plane: %w", err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("start the local control plane: %w", ctx.Err())
	}
}

// Done is closed when the control plane has ended, by Stop or because a component died; Stop then tells which.
func (c *Cluster) Done() <-chan struct{} { return c.ended }

// Stop stops the control plane and returns when none of its processes is left. It returns an error with the end of
// the output when the control plane had failed before or had to be killed. It may be called more than once.
func (c *Cluster) Stop() error {
	_ = c.stdin.Close() // fails only when closed before
	timer := time.NewTimer(stopTimeout)
	defer timer.Stop()
	select {
	case <-c.ended:
	case <-timer.C:
		_ = c.cmd.Process.Kill() // fails only when it has ended; the kernel then kills its components
		<-c.ended
	}
	if c.waitErr != nil {
		return fmt.Errorf("local control plane: %w\n%s", c.waitErr, c.output)
	}
	return nil
}

// Config returns a client configuration of the administrator. The caller owns it.
func (c *Cluster) Config() *rest.Config { return rest.CopyConfig(c.config) }
