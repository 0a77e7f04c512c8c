package plan

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/canon"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/topology"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/volumes"
)

// attachPrefix starts the name of the resource that stands for the volumes of a CSI driver which a node can attach.
const attachPrefix = "attachable-volumes-csi-"

// attachment is a volume that counts against the limit of its driver.
type attachment = volumes.Attachment

// storage knows the volumes of pods.
type storage struct {
	catalog *volumes.Catalog
	// users is the number of pods, waiting and running, that use each volume which a waiting pod attaches.
	users map[attachment]int
	// sharers is the number of waiting pods that use each claim whose node is not decided.
	sharers map[string]int
}

func newStorage(s *Storage) storage {
	return storage{catalog: volumes.NewCatalog(s.Claims, s.Volumes, s.Classes), users: map[attachment]int{},
		sharers: map[string]int{}}
}

// demand is what the volumes of a pod ask of its node, nil when they ask nothing.
func (s *storage) demand(pod *corev1.Pod) *volumes.Demand {
	if volumes.Simple(pod) {
		return nil
	}
	d := s.catalog.Demand(pod)
	return &d
}

// count notes who uses the volumes that waiting pods attach.
func (s *storage) count(pods []waiting, digests []*digest) {
	for i := range pods {
		if d := pods[i].demand; d != nil {
			for _, a := range d.Attach {
				s.users[a]++
			}
			for _, claim := range d.Unbound {
				s.sharers[claim]++
			}
		}
	}
	if len(s.users) == 0 {
		return
	}
	for _, node := range digests {
		for _, pod := range node.holding {
			if d := s.demand(pod); d != nil {
				for _, a := range d.Attach {
					if s.users[a] > 0 {
						s.users[a]++
					}
				}
			}
		}
	}
}

// shared are the volumes of a demand that other pods use too.
func (s *storage) shared(d *volumes.Demand) []attachment {
	var shared []attachment
	for _, a := range d.Attach {
		if s.users[a] > 1 {
			shared = append(shared, a)
		}
	}
	slices.SortFunc(shared, func(a, b attachment) int {
		return cmp.Or(cmp.Compare(a.Driver, b.Driver), cmp.Compare(a.Handle, b.Handle))
	})
	return shared
}

// claims gives the demand where it is about claims that choose among volumes, or that tie several pods to one node: such a pod is like
// no other.
func (s *storage) claims(d *volumes.Demand) *volumes.Demand {
	if len(d.Static) > 0 || slices.ContainsFunc(d.Unbound, func(claim string) bool { return s.sharers[claim] > 1 }) {
		return d
	}
	return nil
}

func appendClaims(key []byte, d *volumes.Demand) []byte {
	if d == nil {
		return key
	}
	for i := range d.Static {
		key = canon.Text(append(key, 'C'), d.Static[i].Claim)
	}
	return canon.Set(append(key, 'U'), d.Unbound)
}

func appendShared(key []byte, shared []attachment) []byte {
	for _, a := range shared {
		key = canon.Text(key, a.Driver, a.Handle)
	}
	return key
}

// withAttachments adds the volumes that a pod attaches to its requests.
func (s *storage) withAttachments(requests corev1.ResourceList, d *volumes.Demand) corev1.ResourceList {
	if d == nil || len(d.Attach) == 0 {
		return requests
	}
	requests = maps.Clone(requests)
	if requests == nil {
		requests = corev1.ResourceList{}
	}
	for _, a := range d.Attach {
		q := requests[attachName(a.Driver)]
		q.Add(*resource.NewQuantity(1, resource.DecimalSI))
		requests[attachName(a.Driver)] = q
	}
	return requests
}

func attachName(driver string) corev1.ResourceName { return corev1.ResourceName(attachPrefix + driver) }

// attachDriver is the driver of a resource that stands for volumes.
func attachDriver(name corev1.ResourceName) (string, bool) {
	return strings.CutPrefix(string(name), attachPrefix)
}

// tokens are what the pod's volumes do not let it share.
func (w *waiting) tokens() []topology.Token { return tokens(w.demand) }

func tokens(d *volumes.Demand) []topology.Token {
	if d == nil {
		return nil
	}
	var list []topology.Token
	for _, id := range d.Exclusive {
		list = append(list, topology.Token{Kind: topology.ClusterVolume, ID: id})
	}
	for _, disk := range d.NodeExclusive {
		list = append(list, topology.Token{Kind: topology.NodeDisk, ID: disk.ID, ReadOnly: disk.ReadOnly})
	}
	return list
}
