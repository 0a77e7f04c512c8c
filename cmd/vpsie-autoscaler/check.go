package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/rest"

	"github.com/vpsie/vpsie-autoscaler/extender"
	"github.com/vpsie/vpsie-autoscaler/internal/config"
)

const (
	checkTimeout = 10 * time.Second
	// maxConfiguration is the largest scheduler configuration in bytes.
	maxConfiguration = 1 << 20
)

// schedulerCheck are the flags of `extender --check`.
type schedulerCheck struct {
	wanted            bool
	file, url, caFile string
}

// errFindings ends a check that found errors. They have been printed by then.
var errFindings = errors.New("the scheduler's configuration has errors")

// addCheck makes `extender --check` look at a scheduler's configuration in place of serving.
func addCheck(command *cobra.Command, environ []string) {
	var check schedulerCheck
	flags := command.Flags()
	flags.BoolVar(&check.wanted, "check", false, "check the configuration of kube-scheduler against this one, say what is wrong with it, and end; exit code 1 means errors")
	flags.StringVar(&check.file, "scheduler-config", "", "with --check: file of kind KubeSchedulerConfiguration; without it the running scheduler is asked")
	flags.StringVar(&check.url, "scheduler-url", "https://127.0.0.1:10259", "with --check: origin of the running scheduler; asked with the identity in kubernetes.kubeconfig")
	flags.StringVar(&check.caFile, "scheduler-ca-file", "", "with --check: PEM file with the authority of the scheduler's certificate; needed to send a token, and else its certificate is not verified")
	serve := command.RunE
	command.RunE = func(command *cobra.Command, args []string) error {
		if !check.wanted {
			return serve(command, args)
		}
		settings, err := config.Load(config.LoadOptions{Command: config.CommandExtender, Flags: flags, Environ: environ})
		if err != nil {
			return err
		}
		return check.run(command.Context(), settings, command.OutOrStdout())
	}
}

// run prints what is wrong, one finding a line.
func (c schedulerCheck) run(ctx context.Context, settings *config.Config, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	content, from, err := c.read(ctx, settings)
	if err != nil {
		return err
	}
	scheduler, err := extender.ReadConfiguration(content)
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	findings := extender.Check(scheduler, extender.Expectation{
		Prioritize: settings.Extender.Prioritize, Filter: settings.Extender.Filter, Preempt: settings.Extender.Preempt,
		ClientCertificate: settings.Extender.ClientCAFile != "",
		SchedulerNames:    settings.Controller.SchedulerNames,
	})
	failed := false
	var report strings.Builder
	for _, finding := range findings {
		failed = failed || finding.Severity == extender.SeverityError
		fmt.Fprintln(&report, finding)
	}
	if !failed {
		fmt.Fprintf(&report, "%s: no errors\n", from)
	}
	if _, err := io.WriteString(out, report.String()); err != nil {
		return err
	}
	if failed {
		return fmt.Errorf("%s: %w", from, errFindings)
	}
	return nil
}

// read fetches the configuration and says where it is from.
func (c schedulerCheck) read(ctx context.Context, settings *config.Config) (content []byte, from string, err error) {
	if c.file != "" {
		content, err = os.ReadFile(c.file)
		return content, c.file, err
	}
	from = strings.TrimRight(c.url, "/") + "/configz"
	if !strings.HasPrefix(from, "https://") {
		return nil, from, fmt.Errorf("--scheduler-url %q: want https://HOST:PORT", c.url)
	}
	client, err := c.client(settings.Kubernetes)
	if err != nil {
		return nil, from, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, from, fmt.Errorf("--scheduler-url %q: %w", c.url, err)
	}
	answer, err := client.Do(request)
	if err != nil {
		return nil, from, fmt.Errorf("ask the running scheduler: %w (run this where it listens, or give its file with --scheduler-config)", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, from, fmt.Errorf("%s answered %s: the identity in kubernetes.kubeconfig needs the right to get the URL /configz", from, answer.Status)
	}
	content, err = io.ReadAll(io.LimitReader(answer.Body, maxConfiguration))
	return content, from, err
}

// client shows the identity of the kubeconfig. A token goes to a scheduler only whose certificate is verified; a client
// certificate reveals nothing to whoever it is shown to.
func (c schedulerCheck) client(settings config.Kubernetes) (*http.Client, error) {
	identity, err := restConfig(settings)
	if err != nil {
		return nil, err
	}
	identity = rest.CopyConfig(identity)
	identity.CAData, identity.CAFile, identity.ServerName, identity.Insecure = nil, c.caFile, "", c.caFile == ""
	if identity.Insecure && len(identity.CertData) == 0 && identity.CertFile == "" {
		return nil, errors.New("--scheduler-ca-file is needed: the identity in kubernetes.kubeconfig is a token, which is not sent to a scheduler that anybody could be")
	}
	if identity.Insecure {
		identity.BearerToken, identity.BearerTokenFile = "", ""
	}
	client, err := rest.HTTPClientFor(identity)
	if err != nil {
		return nil, fmt.Errorf("--scheduler-ca-file %q: %w", c.caFile, err)
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client, nil
}
