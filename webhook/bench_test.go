package webhook_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrlwebhook "sigs.k8s.io/controller-runtime/pkg/webhook"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/webhook"
	"github.com/vpsie/vpsie-autoscaler/webhook/eviction"
	"github.com/vpsie/vpsie-autoscaler/webhook/pod"
)

// Size of the cluster that answers are measured in.
const (
	benchNodes     = 5_000
	benchPods      = 100_000
	benchPerOwner  = 10
	benchGroups    = 20
	benchOfferings = 100
)

// cache answers as informers do: what is asked for is in memory already.
type cache struct {
	client.Reader // nil: nothing else is asked for
	groups        []v1alpha1.NodeGroup
	nodes         []v1alpha1.VPSieNode
}

// List implements client.Reader.
func (c *cache) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	switch list := list.(type) {
	case *v1alpha1.NodeGroupList:
		list.Items = c.groups
	case *v1alpha1.VPSieNodeList:
		list.Items = c.nodes
	}
	return nil
}

// Get implements client.Reader.
func (c *cache) Get(_ context.Context, key client.ObjectKey, object client.Object, _ ...client.GetOption) error {
	if group, ok := object.(*v1alpha1.NodeGroup); ok {
		for i := range c.groups {
			if client.ObjectKeyFromObject(&c.groups[i]) == key {
				c.groups[i].DeepCopyInto(group)
			}
		}
	}
	object.SetName(key.Name)
	return nil
}

// newLargeEndpoint serves the webhook of a large cluster over TLS.
func newLargeEndpoint(b *testing.B) *httptest.Server {
	b.Helper()
	known, stock, index := &cache{}, &pod.Stock{}, eviction.NewIndex(100_000)
	for i := range benchOfferings {
		stock.Offerings = append(stock.Offerings, plan.Offering{
			ID: fmt.Sprintf("size-%d", i), DatacenterID: "fra1", Price: 1, Labels: map[string]string{corev1.LabelInstanceTypeStable: fmt.Sprint(i)},
			Allocatable: corev1.ResourceList{
				corev1.ResourceCPU: *resource.NewQuantity(1<<(i%5), resource.DecimalSI), corev1.ResourceMemory: *resource.NewQuantity(2<<(30+i%7), resource.BinarySI),
				corev1.ResourcePods: resource.MustParse("110"),
			},
		})
	}
	for i := range benchGroups {
		group := build.NodeGroup(fmt.Sprintf("group-%d", i)).Datacenter("fra1").Label("pool", fmt.Sprint(i)).Obj()
		group.Namespace = "vpsie-system"
		known.groups = append(known.groups, *group)
	}
	stock.Groups = known.groups
	for i := range benchNodes {
		node := build.Node(fmt.Sprintf("n%d", i)).Ready().Obj()
		node.Labels = map[string]string{"pool": fmt.Sprint(i % benchGroups), corev1.LabelHostname: node.Name}
		node.Status.Allocatable = stock.Offerings[i%benchOfferings].Allocatable
		stock.Nodes = append(stock.Nodes, *node)
		index.Put(node)
		known.nodes = append(known.nodes, *build.VPSieNode(node.Name, fmt.Sprintf("group-%d", i%benchGroups)).Obj())
	}
	for i := range benchPods {
		index.Put(benchPod(i))
	}
	supply := pod.NewSupply(stock)
	metrics, err := webhook.NewMetrics(nil)
	if err != nil {
		b.Fatal(err)
	}
	server := ctrlwebhook.NewServer(ctrlwebhook.Options{})
	webhook.Register(server, build.Scheme(), webhook.Readers{
		Cached: known, Live: known, Supply: func() *pod.Supply { return supply }, Evictions: index, Events: &build.Events{}, Metrics: metrics,
	}, webhook.Options{Namespace: "vpsie-system"})
	endpoint := httptest.NewTLSServer(server.WebhookMux())
	b.Cleanup(endpoint.Close)
	return endpoint
}

func benchPod(i int) *corev1.Pod {
	replica := build.Pod(fmt.Sprintf("p%d", i)).On(fmt.Sprintf("n%d", i%benchNodes)).OwnedBy("ReplicaSet", fmt.Sprintf("web-%d", i/benchPerOwner)).Obj()
	replica.Namespace = "shop"
	replica.Spec.RestartPolicy = corev1.RestartPolicyAlways
	replica.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	return replica
}

// benchRequests make the nth request to a path.
func benchRequests(b *testing.B) map[string]func(n int) string {
	b.Helper()
	group := &v1alpha1.NodeGroup{ObjectMeta: metav1.ObjectMeta{Namespace: "vpsie-system", Name: "group-1"}, Spec: v1alpha1.NodeGroupSpec{MaxNodes: 5, DatacenterID: "fra1"}}
	larger := group.DeepCopy()
	larger.Spec.MaxNodes = 500
	changed := review(b, admissionv1.Update, larger, group)
	fits := build.Pod("p").Requests("1", "1Gi").Selects("pool", "7").Obj()
	fits.Labels = map[string]string{v1alpha1.LabelPodNodeGroup: "group-7"}
	created := review(b, admissionv1.Create, fits, nil)
	evicted := review(b, admissionv1.Create, &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "NAME"}}, nil)
	evicted = strings.Replace(evicted, `"operation"`, `"subResource":"eviction","name":"NAME","operation"`, 1)
	return map[string]func(int) string{
		webhook.PathNodeGroup:     func(int) string { return changed },
		webhook.PathPod:           func(int) string { return created },
		webhook.PathPodValidation: func(int) string { return created },
		webhook.PathEviction:      func(n int) string { return strings.ReplaceAll(evicted, "NAME", fmt.Sprintf("p%d", n*7919%benchPods)) },
	}
}

// BenchmarkAnswer measures answers over HTTPS, one after another, in a cluster of 5,000 nodes and 100,000 pods: the median and the 99th
// of 100.
func BenchmarkAnswer(b *testing.B) {
	endpoint := newLargeEndpoint(b)
	caller := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}}
	for path, request := range benchRequests(b) {
		b.Run(strings.ReplaceAll(strings.Trim(path, "/"), "/", "-"), func(b *testing.B) {
			took := make([]time.Duration, 0, b.N)
			for n := 0; b.Loop(); n++ {
				start := time.Now()
				if err := call(caller, endpoint.URL+path, request(n)); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
		})
	}
}

func call(caller *http.Client, url, body string) error {
	response, err := caller.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && !strings.Contains(string(answer), `"allowed":`) {
		err = fmt.Errorf("%s: %s", response.Status, answer)
	}
	return err
}
