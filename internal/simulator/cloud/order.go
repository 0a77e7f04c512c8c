package cloud

import (
	"errors"
	"fmt"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
)

// Reasons for which an order is refused; test for them with errors.Is.
var (
	ErrUnknownDatacenter = errors.New("datacenter not found")
	ErrUnknownImage      = errors.New("operating system not found")
	ErrNotSold           = errors.New("resource is not available in the selected datacenter")
	ErrMachineLimit      = errors.New("machine limit of the account reached")
	ErrBalance           = errors.New("balance of the account used up")
)

// Order asks for one machine. It holds secrets (Password, UserData, Script): never log it.
type Order struct {
	Hostname     string
	PlanID       string // identifier of a plan
	ImageID      string
	DatacenterID string
	ProjectID    string

	PublicIPv4, PublicIPv6, PrivateIP            bool
	Backup, WeeklyBackup, MonthlyBackup          bool
	Password                                     string // generated when empty
	UserData                                     string // base64, as it came; the guest decodes it
	Script                                       string // content of the script ScriptID
	Tags                                         []string
	Notes                                        *string
	SSHKeyID, ScriptID, ProcessID, CallerAddress string

	Fate Fate
	// FateAfter is how long after it was listed a machine of FateDeletedOutside or FateFreeze meets its fate.
	FateAfter time.Duration
	// QueueFor is how long the order is accepted and on no list, not even the pending one.
	QueueFor time.Duration
}

// check returns the plan and data centre that an order names, or why it is refused.
func (o Order) check() (catalogue.Datacenter, catalogue.Plan, error) {
	datacenter, known := catalogue.FindDatacenter(o.DatacenterID)
	if !known {
		return datacenter, catalogue.Plan{}, fmt.Errorf("datacenter %q: %w", o.DatacenterID, ErrUnknownDatacenter)
	}
	if o.ImageID != catalogue.Image.Identifier {
		return datacenter, catalogue.Plan{}, fmt.Errorf("image %q: %w", o.ImageID, ErrUnknownImage)
	}
	plan, sold := datacenter.FindPlan(o.PlanID)
	if !sold {
		return datacenter, plan, fmt.Errorf("plan %q in %s: %w", o.PlanID, datacenter.Name, ErrNotSold)
	}
	return datacenter, plan, nil
}

// forget removes what nobody may know about a machine that is gone.
func (o *Order) forget() { o.UserData, o.Script, o.Password = "", "", "" }
