package cloud

// Fate is what goes wrong with a machine. The zero value is a machine that works.
type Fate string

// Fates that an order can be given.
const (
	FateStuckPending   Fate = "stuck-pending"   // accepted and never built
	FateVanish         Fate = "vanish"          // accepted, and forgotten when it should have been listed
	FateInactive       Fate = "inactive"        // listed, never active and never powered on
	FateNoAddress      Fate = "no-address"      // listed and powered on, without any address
	FateNoAgent        Fate = "no-agent"        // listed and powered on, nothing runs on it, and its agent never answers
	FateNeverJoin      Fate = "never-join"      // listed and powered on, its agent answers, but it does not join
	FateNeverReady     Fate = "never-ready"     // joins, and its Node never gets Ready
	FateMixedCase      Fate = "mixed-case"      // the lists write its host name with a capital letter
	FateFreeze         Fate = "freeze"          // works, and after Order.FateAfter nothing on it moves any more
	FateDeletedOutside Fate = "deleted-outside" // works, and after Order.FateAfter somebody deletes it
)

// boots tells whether a machine of this fate is powered on by itself.
func (f Fate) boots() bool { return f != FateInactive }

// runsGuest tells whether the software on a machine of this fate starts.
func (f Fate) runsGuest() bool { return f != FateNoAgent && f != FateNeverJoin }
