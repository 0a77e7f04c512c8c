package extender

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	extenderv1 "k8s.io/kube-scheduler/extender/v1"

	"github.com/vpsie/vpsie-autoscaler/extender/serving"
)

// maxBody bounds a request. A request with node names takes some kilobytes; one with the full Node objects of the 750 nodes
// that the scheduler sends of the largest clusters takes 9 MB.
const maxBody = 16 << 20

var errNoPod = errors.New("Pod is missing: the scheduler sends the pod that it looks a node for")

// refuse answers a request that could not be read. Any status but 200 makes the scheduler skip an ignorable extender.
func refuse(w http.ResponseWriter, err error) {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		http.Error(w, fmt.Sprintf("the request has more than %d bytes: set nodeCacheCapable to true, so that only the names "+
			"of the nodes are sent", tooLarge.Limit), http.StatusRequestEntityTooLarge)
		return
	}
	http.Error(w, err.Error(), http.StatusBadRequest)
}

// reply writes the answer only once it is complete, so that a failure never leaves half an answer behind a 200.
func reply(w http.ResponseWriter, answer any) {
	body, err := json.Marshal(answer)
	if err != nil {
		http.Error(w, fmt.Sprintf("encode the answer: %v", err), http.StatusInternalServerError)
		return
	}
	send(w, body)
}

func send(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // a scheduler that hung up has gone on without us
}

// args are the arguments of filter and prioritize, whichever way the scheduler sends its nodes.
type args struct {
	pod   *corev1.Pod
	nodes []string
	// full are the Node objects when the scheduler sends those in place of names.
	full *corev1.NodeList
}

func readArgs(w http.ResponseWriter, r *http.Request) (args, error) {
	body, err := serving.ReadBody(w, r, maxBody)
	if err != nil {
		return args{}, err
	}
	if in, ok := readLean(body); ok {
		return in, nil
	}
	var wire extenderv1.ExtenderArgs
	if err := serving.DecodeJSON(body, &wire); err != nil {
		return args{}, err
	}
	if wire.Pod == nil {
		return args{}, errNoPod
	}
	if wire.NodeNames != nil {
		return args{pod: wire.Pod, nodes: *wire.NodeNames}, nil
	}
	in := args{pod: wire.Pod, full: wire.Nodes}
	if wire.Nodes != nil {
		for i := range wire.Nodes.Items {
			in.nodes = append(in.nodes, wire.Nodes.Items[i].Name)
		}
	}
	return in, nil
}
