package unschedulable

// maxSize is how large all findings together may be, in names of nodes, 16 bytes each. Findings beyond it are cut: 200 different ones of
// a cluster with 5,000 nodes are kept whole.
const maxSize = 1 << 20

// shelf keeps each finding once, however many pods share it, for as long as one of them does.
type shelf struct {
	kept map[fingerprint]*held
	size int
}

type held struct {
	*finding
	users int
}

// take gives the finding that is kept in place of this one, for one more user.
func (s *shelf) take(f *finding) *finding {
	known := s.kept[f.mark]
	if known == nil {
		if s.size+f.size() > maxSize {
			f = f.cut()
		}
		known = &held{finding: f}
		if s.kept == nil {
			s.kept = map[fingerprint]*held{}
		}
		s.kept[f.mark] = known
		s.size += f.size()
	}
	known.users++
	return known.finding
}

// release takes a user away; nil is nobody's.
func (s *shelf) release(f *finding) {
	if f == nil {
		return
	}
	known := s.kept[f.mark]
	if known.users--; known.users == 0 {
		delete(s.kept, f.mark)
		s.size -= f.size()
	}
}
