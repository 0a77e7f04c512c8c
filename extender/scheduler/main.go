// Command vpsie-kube-scheduler is kube-scheduler with one plugin more, which tells the autoscaler for each node why a pod does not fit
// there. Without the plugin in its configuration it behaves like kube-scheduler.
package main

import (
	"os"

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"          // --logging-format=json
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // as kube-scheduler itself has them
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/kubernetes/cmd/kube-scheduler/app"

	"github.com/vpsie/vpsie-autoscaler/extender/scheduler/postfilter"
)

func main() {
	os.Exit(cli.Run(app.NewSchedulerCommand(app.WithPlugin(postfilter.Name, postfilter.New))))
}
