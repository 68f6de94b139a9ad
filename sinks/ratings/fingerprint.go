package ratings

import (
	"math/bits"
	"unicode"
	"unicode/utf8"
)

// fingerprint is 64 bits in which similar texts are similar: the SimHash of
// M. Charikar, "Similarity estimation techniques from rounding algorithms", STOC
// 2002, over runs of three words. 0 is a text too short to tell apart.
type fingerprint uint64

// What fingerprints are made of, and how many bits of two may differ for the texts
// to be one. A tenth of the words may have changed; of two texts that have nothing
// in common, half of the bits do, give or take four.
const (
	fewestWords   = 40
	similarWithin = 14
)

// similar reports that two texts are one, edited at most.
func (p fingerprint) similar(q fingerprint) bool {
	return p != 0 && q != 0 && bits.OnesCount64(uint64(p^q)) <= similarWithin
}

// fingerprintOf reads a text once. Words are letters and digits without regard to
// case; in scripts that put no spaces between words each sign is one.
func fingerprintOf(text string) fingerprint {
	var s sketch
	word, open := uint64(fnvOffset), false
	end := func() {
		if open {
			s.word(word)
			word, open = fnvOffset, false
		}
	}
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		i += size
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
		case 'A' <= r && r <= 'Z':
			r += 'a' - 'A'
		case r < utf8.RuneSelf || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r):
			end()
			continue
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai):
			end()
		default:
			r = unicode.ToLower(r)
		}
		word, open = (word^uint64(r))*fnvPrime, true
		if r >= utf8.RuneSelf && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai) {
			end()
		}
	}
	end()
	return s.fingerprint()
}

// The constants of FNV-1a for 64 bits (draft-eastlake-fnv), over code points.
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

// sketch counts, for each of 64 bits, in how many runs of words it is set. The
// counters stand side by side: bit i of planes[k] is digit k of counter i, so a run
// is added to all 64 at once.
type sketch struct {
	planes      [20]uint64
	words, runs int
	last        [2]uint64
}

func (s *sketch) word(h uint64) {
	s.words++
	if s.words >= 3 && s.runs < 1<<len(s.planes)-1 {
		s.run(scramble(h ^ bits.RotateLeft64(s.last[1], 21) ^ bits.RotateLeft64(s.last[0], 42)))
	}
	s.last = [2]uint64{s.last[1], h}
}

func (s *sketch) run(h uint64) {
	s.runs++
	for k := 0; h != 0; k++ {
		s.planes[k], h = s.planes[k]^h, s.planes[k]&h
	}
}

func (s *sketch) fingerprint() fingerprint {
	if s.words < fewestWords {
		return 0
	}
	var f fingerprint
	for i := range 64 {
		count := 0
		for k, plane := range s.planes {
			count += int(plane>>i&1) << k
		}
		if 2*count > s.runs {
			f |= 1 << i
		}
	}
	return max(f, 1)
}

// scramble spreads what differs over all bits: the finalizer of MurmurHash3 by
// A. Appleby, which is in the public domain.
func scramble(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
