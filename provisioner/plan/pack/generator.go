package pack

// generator draws the numbers that decide what the local searches try. It starts at a fixed state, so that they do the same every time.
type generator uint64

// draw gives a number below n.
func (g *generator) draw(n int) int {
	*g = *g*6364136223846793005 + 1442695040888963407
	return int((*g >> 33) % generator(n))
}
