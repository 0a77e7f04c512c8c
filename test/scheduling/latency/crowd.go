package latency

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/stack"
	"github.com/vpsie/vpsie-autoscaler/test/scheduling/mtls"
)

// crowd are callers that ask at the same time.
type crowd struct {
	url      string
	names    int
	body     []byte
	clients  []*http.Client
	requests int           // of each client
	interval time.Duration // from one request of a client to its next; zero is no wait
}

func newCrowd(files stack.Certificates, url string, options Options, names int) (*crowd, error) {
	body, err := request(names, options.Nodes)
	if err != nil {
		return nil, err
	}
	c := &crowd{url: url, names: names, body: body, requests: max(options.Requests/options.Clients, 1)}
	if options.Rate > 0 {
		c.interval = time.Second * time.Duration(options.Clients) / time.Duration(options.Rate)
	}
	for range options.Clients {
		client, err := mtls.Client(files)
		if err != nil {
			return nil, err
		}
		c.clients = append(c.clients, client)
	}
	return c, nil
}

// request is what kube-scheduler with nodeCacheCapable sends: a pod that one of the nodes was bought for, and the names of nodes.
func request(names, nodes int) ([]byte, error) {
	sent := make([]string, 0, names)
	for _, i := range rand.New(rand.NewPCG(1, 1)).Perm(nodes)[:min(names, nodes)] {
		sent = append(sent, nodeName(i))
	}
	if len(sent) < names {
		return nil, fmt.Errorf("a cluster of %d nodes has no %d names to send", nodes, names)
	}
	return json.Marshal(struct {
		Pod       *corev1.Pod
		Nodes     *corev1.NodeList
		NodeNames []string
	}{Pod: build.Pod(podName(0)).Requests("500m", "512Mi").Obj(), NodeNames: sent})
}

// warmUp has every client make its connection and checks an answer whole.
func (c *crowd) warmUp(ctx context.Context) error {
	for _, client := range c.clients {
		var scores []struct {
			Host  string
			Score int64
		}
		if err := c.post(ctx, client, func(body io.Reader) error { return json.NewDecoder(body).Decode(&scores) }); err != nil {
			return err
		}
		if len(scores) != c.names {
			return fmt.Errorf("the extender gives %d scores for %d names", len(scores), c.names)
		}
	}
	return nil
}

// call lets all clients send their requests and returns how long each waited for its answer.
func (c *crowd) call(ctx context.Context) ([]time.Duration, error) {
	took := make([][]time.Duration, len(c.clients))
	group, ctx := errgroup.WithContext(ctx)
	for i, client := range c.clients {
		group.Go(func() error {
			var err error
			took[i], err = c.callOften(ctx, client, c.interval*time.Duration(i)/time.Duration(len(c.clients)))
			return err
		})
	}
	err := group.Wait()
	var all []time.Duration
	for _, each := range took {
		all = append(all, each...)
	}
	return all, err
}

// callOften sends one client's requests, the first after a while.
func (c *crowd) callOften(ctx context.Context, client *http.Client, after time.Duration) ([]time.Duration, error) {
	took := make([]time.Duration, 0, c.requests)
	begin := time.Now().Add(after)
	for i := range c.requests {
		select {
		case <-time.After(time.Until(begin.Add(time.Duration(i) * c.interval))):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		start := time.Now()
		if err := c.post(ctx, client, drain); err != nil {
			return nil, err
		}
		took = append(took, time.Since(start))
	}
	return took, nil
}

// post sends one request and has the answer read to its end, so that the connection can be used again.
func (c *crowd) post(ctx context.Context, client *http.Client, read func(io.Reader) error) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(c.body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the extender answers %s", response.Status)
	}
	return read(response.Body)
}

func drain(body io.Reader) error {
	_, err := io.Copy(io.Discard, body)
	return err
}
