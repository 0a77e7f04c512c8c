package orphans

// Kind is what a verdict is about. Its values are also those of the label kind of the metrics.
type Kind string

// Kinds of subjects.
const (
	// KindMachine is a machine that is provably this cluster's.
	KindMachine Kind = "machine"
	// KindNode is a Node that the autoscaler made.
	KindNode Kind = "node"
	// KindSuspect is a machine that looks like this cluster's and cannot be proven to be.
	KindSuspect Kind = "suspect"
	// KindVPSieNode is a VPSieNode without machine.
	KindVPSieNode Kind = "vpsienode"
)

// Subject names what a verdict is about.
type Subject struct {
	Kind Kind
	// Name is the host name of a machine, or the name of an object.
	Name string
	// ID is the identifier of the machine, empty while it is pending, or the UID of the object.
	ID string
}

// Action is what is to be done about a subject.
type Action string

// Actions, from the mildest.
const (
	// Keep: all is well.
	Keep Action = "Keep"
	// Report: something is wrong, and none of this package's business to repair.
	Report Action = "Report"
	// Wait: it may be an orphan; look again.
	Wait Action = "Wait"
	// Delete: it is an orphan and may go, once a last look at it has confirmed that.
	Delete Action = "Delete"
)

// Reason says why. Its values are part of the API.
type Reason string

// Reasons to keep.
const (
	Owned         Reason = "Owned"         // its VPSieNode exists
	MachineListed Reason = "MachineListed" // the machine under the Node exists
	NodeReady     Reason = "NodeReady"     // the Node answers, so something runs it
	OtherPrefix   Reason = "OtherPrefix"   // the machine under the Node would not be in the list
)

// Reasons to report.
const (
	UnprovenName   Reason = "UnprovenName"   // the host name starts like ours and was not made by this cluster
	ForeignTag     Reason = "ForeignTag"     // its tag names another cluster
	MachineMissing Reason = "MachineMissing" // the VPSieNode's machine has not been listed for the grace period
)

// Reasons to wait.
const (
	GracePeriod Reason = "GracePeriod" // it has not been an orphan for long enough, as far as this process knows
	Young       Reason = "Young"       // the machine itself is younger than the grace period
	Pending     Reason = "Pending"     // a machine that is not built yet cannot be deleted
	Ending      Reason = "Ending"      // the machine is being deleted
)

// Reasons to delete.
const (
	NoVPSieNode Reason = "NoVPSieNode" // a machine whose VPSieNode does not exist
	NoMachine   Reason = "NoMachine"   // a Node with neither VPSieNode nor machine
)

// Verdict is what is to be done about a subject, and why.
type Verdict struct {
	Subject Subject
	Action  Action
	Reason  Reason
}
