package extender

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	configv1 "k8s.io/kube-scheduler/config/v1"

	"github.com/vpsie/vpsie-autoscaler/internal/loopback"
)

// Severity says how bad a finding is.
type Severity string

// Severities.
const (
	SeverityError   Severity = "error"   // pods are lost, delayed or placed wrongly
	SeverityWarning Severity = "warning" // it works, but not as well as it could
)

// Finding is one thing about a scheduler's configuration that should be changed.
type Finding struct {
	Severity Severity
	Field    string // as in the file, such as "extenders[0].httpTimeout"
	Message  string // what is wrong, and the remedy
}

// String is the finding on one line.
func (f Finding) String() string { return fmt.Sprintf("%-7s %s: %s", f.Severity, f.Field, f.Message) }

// Expectation is what the extender serves, and for whom.
type Expectation struct {
	// Prioritize, Filter and Preempt are the verbs that are served.
	Prioritize, Filter, Preempt bool
	// ClientCertificate says that the scheduler must show a certificate.
	ClientCertificate bool
	// SchedulerNames are the schedulers whose pods get nodes.
	SchedulerNames []string
}

const (
	// maxTimeout is the longest that a hanging extender may cost each pod.
	maxTimeout = 300 * time.Millisecond
	// defaultTimeout is the scheduler's when none is set.
	defaultTimeout = 5 * time.Second
	// maxAdvice is the weight up to which our scores advise and do not overrule what pods prefer.
	maxAdvice = 2
	// slowQPS is the rate of requests below which the scheduler takes long to tell many unschedulable pods apart.
	slowQPS = 100
)

// Check says what should be changed about a scheduler's configuration, the worst first. It finds the extender by its path.
func Check(config *Configuration, want Expectation) []Finding {
	c := &checker{config: config, want: want}
	c.checkScheduler()
	c.checkPlugin()
	var ours []int
	for i := range config.Extenders {
		if strings.HasSuffix(strings.TrimRight(config.Extenders[i].URLPrefix, "/"), PathPrefix) {
			ours = append(ours, i)
		}
	}
	switch len(ours) {
	case 0:
		c.bad("extenders", "none of %d has a urlPrefix that ends in %s: the scheduler never asks us", len(config.Extenders), PathPrefix)
	case 1:
		c.checkExtender(fmt.Sprintf("extenders[%d]", ours[0]), &config.Extenders[ours[0]])
	default:
		c.bad("extenders", "%d of them end in %s: each pod is scored that often; keep one", len(ours), PathPrefix)
	}
	slices.SortStableFunc(c.findings, func(a, b Finding) int { return strings.Compare(string(a.Severity), string(b.Severity)) })
	return c.findings
}

// checker collects findings.
type checker struct {
	config   *Configuration
	want     Expectation
	findings []Finding
}

func (c *checker) bad(field, format string, args ...any) {
	c.findings = append(c.findings, Finding{SeverityError, field, fmt.Sprintf(format, args...)})
}

func (c *checker) doubt(field, format string, args ...any) {
	c.findings = append(c.findings, Finding{SeverityWarning, field, fmt.Sprintf(format, args...)})
}

// checkScheduler looks at what is not about one extender.
func (c *checker) checkScheduler() {
	var served []string
	for _, profile := range c.config.Profiles {
		if profile.SchedulerName != nil {
			served = append(served, *profile.SchedulerName)
		}
	}
	shared := slices.ContainsFunc(c.want.SchedulerNames, func(name string) bool { return slices.Contains(served, name) })
	if len(served) > 0 && len(c.want.SchedulerNames) > 0 && !shared {
		c.bad("profiles", "schedule for %s, but controller.schedulerNames is %s: pods of this scheduler get no nodes; add its name there",
			strings.Join(served, ", "), strings.Join(c.want.SchedulerNames, ", "))
	}
	if qps := c.config.ClientConnection.QPS; qps > 0 && qps < slowQPS {
		c.doubt("clientConnection.qps", "%v: a thousand unschedulable pods take %.0f s to be told apart; 200, with burst 400, is better", qps, 1000/qps)
	}
}

func (c *checker) checkExtender(at string, e *configv1.Extender) {
	c.checkAddress(at, e)
	c.checkVerbs(at, e)
	timeout := e.HTTPTimeout.Duration
	switch {
	case timeout == 0:
		c.bad(at+".httpTimeout", "is not set, which means %v: an extender that hangs would cost every pod that much, one after another; set 200ms", defaultTimeout)
	case timeout > maxTimeout:
		c.bad(at+".httpTimeout", "%v: an extender that hangs costs every pod that much, one after another; set 200ms", timeout)
	}
	if !e.Ignorable {
		c.bad(at+".ignorable", "is false: no pod is scheduled while the extender is down; set true")
	}
	if !e.NodeCacheCapable {
		c.bad(at+".nodeCacheCapable", "is false: the scheduler's own scoring by resources does not work, and every call takes whole Node objects; set true")
	}
	if len(e.ManagedResources) > 0 {
		c.doubt(at+".managedResources", "pods that ask for none of the %d resources are never scored; leave it empty", len(e.ManagedResources))
	}
}

// checkVerbs compares the verbs that the scheduler calls with those that are served.
func (c *checker) checkVerbs(at string, e *configv1.Extender) {
	for _, verb := range []struct {
		field, called, name, setting string
		served                       bool
	}{
		{"prioritizeVerb", e.PrioritizeVerb, "prioritize", "extender.prioritize", c.want.Prioritize},
		{"filterVerb", e.FilterVerb, "filter", "extender.filter", c.want.Filter},
		{"preemptVerb", e.PreemptVerb, "preempt", "extender.preempt", c.want.Preempt},
	} {
		switch field := at + "." + verb.field; {
		case verb.called != "" && verb.called != verb.name:
			c.bad(field, "%q is not served: want %q", verb.called, verb.name)
		case verb.called != "" && !verb.served:
			c.bad(field, "is called, but %s is off: each call fails with 404; turn it on or leave the verb out", verb.setting)
		case verb.called == "" && verb.served:
			c.doubt(field, "is not called, but %s is on: set %q or turn it off", verb.setting, verb.name)
		}
	}
	if e.BindVerb != "" {
		c.bad(at+".bindVerb", "%q: the extender binds no pods, so that none would ever start; leave it out", e.BindVerb)
	}
	if percentage := c.config.PercentageOfNodesToScore; e.FilterVerb != "" && (percentage == nil || *percentage != 100) {
		c.bad("percentageOfNodesToScore", "must be 100 with filterVerb: otherwise pods are called unschedulable because of the nodes that were sampled")
	}
	switch {
	case e.PrioritizeVerb != "" && e.Weight <= 0:
		c.bad(at+".weight", "%d: the scheduler does not start; set 2", e.Weight)
	case e.Weight > maxAdvice:
		c.doubt(at+".weight", "%d: our scores overrule what pods prefer; 1 or 2 advises", e.Weight)
	}
}

// checkAddress looks at how the scheduler reaches the extender, and whether it knows whom it talks to.
func (c *checker) checkAddress(at string, e *configv1.Extender) {
	target, err := url.Parse(e.URLPrefix)
	if err != nil || target.Host == "" {
		c.bad(at+".urlPrefix", "%q is no URL: want https://HOST:PORT%s", e.URLPrefix, PathPrefix)
		return
	}
	switch {
	case target.Scheme == "https":
		c.checkTLS(at+".tlsConfig", e)
	case c.want.ClientCertificate:
		c.bad(at+".urlPrefix", "%s shows no certificate, which extender.clientCAFile demands: use https", e.URLPrefix)
	case !loopback.Host(target.Hostname()):
		c.bad(at+".urlPrefix", "%s is not encrypted: use https, or the loopback", e.URLPrefix)
	}
}

// checkTLS looks at whether scheduler and extender can know each other.
func (c *checker) checkTLS(at string, e *configv1.Extender) {
	tls := e.TLSConfig
	switch {
	case tls == nil && e.EnableHTTPS:
		c.bad(at, "is not set with enableHTTPS: the scheduler verifies nothing; set caFile")
	case tls == nil:
		c.doubt(at, "is not set: the certificate must come from an authority of the scheduler's system; set caFile")
	case tls.Insecure:
		c.bad(at+".insecure", "is true: the scheduler verifies nothing; set caFile in its place")
	case e.EnableHTTPS && tls.CAFile == "" && len(tls.CAData) == 0:
		c.bad(at+".caFile", "is not set: the scheduler verifies nothing")
	}
	if tls != nil && len(tls.KeyData) > 0 {
		c.bad(at+".keyData", "is written to the scheduler's log: use keyFile")
	}
	if c.want.ClientCertificate && (tls == nil || tls.CertFile == "" && len(tls.CertData) == 0) {
		c.bad(at+".certFile", "is not set, but extender.clientCAFile demands a certificate: every call is refused")
	}
}
