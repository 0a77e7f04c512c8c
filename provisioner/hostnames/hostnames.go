// Package hostnames makes the host names of machines and tells them from all others. Nothing else proves that a machine is ours:
// tags can be edited by anybody, and the cloud may not tell them.
package hostnames

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"regexp"
	"strings"
)

const (
	randomLength = 7 // 35 bits, so that nobody guesses a name and none is made twice
	checkLength  = 5 // 25 bits, so that no other name passes for one of ours by chance
)

// ending is the last part of a host name: the random letters and the check.
var ending = regexp.MustCompile(`^[a-z2-7]{12}$`)

// Scheme makes and recognises the host names of one cluster.
type Scheme struct {
	// Prefix starts every name and is for people, such as "prod-". Two clusters may share it by mistake.
	Prefix string
	// ClusterID tells clusters apart that share a prefix: the UID of the namespace kube-system.
	ClusterID string
}

// New makes a name for a machine of a group, one that was never used and that nobody can guess. With a prefix of at most 13
// characters and a group of at most v1alpha1.MaxNodeGroupName it has at most 63 characters.
func (s Scheme) New(group string) string {
	stem := s.Prefix + strings.ReplaceAll(group, ".", "-") + "-" + strings.ToLower(rand.Text()[:randomLength])
	return stem + s.check(stem)
}

// Made reports whether a name was made by New for this very cluster. Case does not matter, as clouds change it.
func (s Scheme) Made(hostname string) bool {
	name := strings.ToLower(hostname)
	last := strings.LastIndex(name, "-") + 1
	if s.Prefix == "" || s.ClusterID == "" || !strings.HasPrefix(name, strings.ToLower(s.Prefix)) || !ending.MatchString(name[last:]) {
		return false
	}
	stem, check := name[:len(name)-checkLength], name[len(name)-checkLength:]
	return s.check(stem) == check
}

// check ties a name to the cluster.
func (s Scheme) check(stem string) string {
	digest := sha256.Sum256([]byte(s.ClusterID + "/" + strings.ToLower(stem)))
	return strings.ToLower(base32.StdEncoding.EncodeToString(digest[:]))[:checkLength]
}
