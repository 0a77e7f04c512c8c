package extender

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/vpsie/vpsie-autoscaler/extender/score"
)

// prioritize scores every node it is sent. A host that is left out counts as zero, so none is.
func (v *verbs) prioritize(w http.ResponseWriter, r *http.Request) {
	in, err := readArgs(w, r)
	if err != nil {
		refuse(w, err)
		return
	}
	v.warnOfFullNodes(in)
	snapshot, pod := v.source.Snapshot(), score.PodOf(in.pod)
	answer := make([]byte, 0, len(in.nodes)*lengthOfScore)
	answer = append(answer, '[')
	for i, node := range in.nodes {
		if i > 0 {
			answer = append(answer, ',')
		}
		answer = appendScore(answer, node, snapshot.Score(pod, node))
	}
	send(w, append(answer, ']'))
}

// lengthOfScore is about how many bytes the score of a node takes.
const lengthOfScore = 64

// appendScore appends an extenderv1.HostPriority as JSON.
func appendScore(answer []byte, node string, score int64) []byte {
	answer = append(answer, `{"Host":`...)
	if plain(node) {
		answer = append(append(append(answer, '"'), node...), '"')
	} else if quoted, err := json.Marshal(node); err == nil { // always, for a string
		answer = append(answer, quoted...)
	}
	answer = append(answer, `,"Score":`...)
	return append(strconv.AppendInt(answer, score, 10), '}')
}

// plain tells whether JSON writes a name as it is, as it does all names that nodes can have.
func plain(name string) bool {
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

// warnOfFullNodes tells the operator once that the scheduler is not configured as it should be.
func (v *verbs) warnOfFullNodes(in args) {
	if in.full != nil && v.warnedFullNodes.CompareAndSwap(false, true) {
		v.log.Info("The scheduler sends whole Node objects: set nodeCacheCapable to true in its configuration. " +
			"Without it every cycle costs megabytes, and the scheduler's own scoring by resources does not work")
	}
}
