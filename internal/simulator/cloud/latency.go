package cloud

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// Latency is how long a step takes: log-normal around Median, with about 95 % of the unbounded draws between Min and Max, and
// never outside them. The zero value takes no time.
type Latency struct {
	Median, Min, Max time.Duration
}

// Draw returns one duration.
func (l Latency) Draw(random *rand.Rand) time.Duration {
	if l.Median <= 0 || l.Min <= 0 || l.Max <= l.Min {
		return max(l.Median, 0)
	}
	// Min and Max are taken as two standard deviations below and above.
	sigma := math.Log(float64(l.Max)/float64(l.Min)) / 4
	drawn := time.Duration(float64(l.Median) * math.Exp(sigma*random.NormFloat64()))
	return min(max(drawn, l.Min), l.Max)
}

// Latencies are the latencies of all steps in the life of a machine. The zero value takes no time anywhere.
type Latencies struct {
	Accept Latency // order placed -> the call is answered
	Build  Latency // order placed -> it leaves the pending list
	Gap    Latency // off the pending list -> on the machine list
	Boot   Latency // listed -> powered on
	Join   Latency // powered on -> kubeadm join starts
	Ready  Latency // Node registered -> Ready
	Gone   Latency // deletion accepted -> off the machine list
	Power  Latency // start, stop or restart accepted -> it happens
	// WorkerGone is Gone for workers of managed clusters.
	WorkerGone Latency
}

// LatencyProfile returns the latencies that go by a name: "realistic" (minutes, our estimate of the real service), "fast" (seconds,
// for demonstrations) or "none".
func LatencyProfile(name string) (Latencies, error) {
	const ms, s = time.Millisecond, time.Second
	switch name {
	case "realistic":
		return Latencies{
			Accept: Latency{800 * ms, 300 * ms, 2 * s},
			Build:  Latency{70 * s, 30 * s, 180 * s},
			Gap:    Latency{2 * s, 200 * ms, 10 * s},
			Boot:   Latency{20 * s, 10 * s, 40 * s},
			Join:   Latency{42 * s, 20 * s, 90 * s},
			Ready:  Latency{12 * s, 5 * s, 30 * s},
			Gone:   Latency{12 * s, 5 * s, 30 * s},
			Power:  Latency{6 * s, 2 * s, 15 * s},

			WorkerGone: Latency{25 * s, 10 * s, 60 * s},
		}, nil
	case "fast":
		return Latencies{
			Accept: Latency{100 * ms, 50 * ms, 200 * ms},
			Build:  Latency{2 * s, 1500 * ms, 3 * s},
			Gap:    Latency{100 * ms, 20 * ms, 300 * ms},
			Boot:   Latency{1500 * ms, 1 * s, 2 * s},
			Join:   Latency{500 * ms, 300 * ms, 1 * s},
			Ready:  Latency{1 * s, 700 * ms, 1500 * ms},
			Gone:   Latency{2 * s, 1500 * ms, 3 * s},
			Power:  Latency{500 * ms, 300 * ms, 1 * s},

			WorkerGone: Latency{2 * s, 1500 * ms, 3 * s},
		}, nil
	case "none":
		return Latencies{}, nil
	}
	return Latencies{}, fmt.Errorf("latency profile %q: want realistic, fast or none", name)
}

// schedule is one draw of every latency, for one machine.
type schedule struct {
	accept, build, gap, boot, join, ready, gone, power, workerGone time.Duration
}

func (l Latencies) draw(random *rand.Rand) schedule {
	return schedule{
		accept: l.Accept.Draw(random),
		build:  l.Build.Draw(random),
		gap:    l.Gap.Draw(random),
		boot:   l.Boot.Draw(random),
		join:   l.Join.Draw(random),
		ready:  l.Ready.Draw(random),
		gone:   l.Gone.Draw(random),
		power:  l.Power.Draw(random),

		workerGone: l.WorkerGone.Draw(random),
	}
}
