package account

// Owner of everything, and its project.
const (
	ID          = 9001
	Name        = "simulated"
	ProjectID   = 71001
	ProjectUUID = "0000b001-5a11-11f0-a000-000000000001"
)
