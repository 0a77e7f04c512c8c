package diagnosis

// Result is what became of a report about one pod. Its values are part of the API.
type Result string

// Results.
const (
	// Taken: the pod waits for a node, and this says why.
	Taken Result = "taken"
	// Early: the pod, or this version of it, has not been seen yet; the report is kept for a while.
	Early Result = "early"
	// Stale: the pod was changed since.
	Stale Result = "stale"
	// Ignored: the pod waits for something else, such as a gate or the victims of a preemption.
	Ignored Result = "ignored"
	// Dropped: it came too early, as too many others did.
	Dropped Result = "dropped"
	// Malformed: the request was no report, whatever it was about.
	Malformed Result = "malformed"
)

// Results lists them all.
func Results() []Result { return []Result{Taken, Early, Stale, Ignored, Dropped, Malformed} }
