package feed

// press puts documents together in memory that it uses again for the next batch:
// a feed of 50 entries in three formats would leave 200 kB behind each time.
//
// What it printed may be kept until Apply is called again, which the engine does
// once the documents of the batch before are written or given up.
type press struct {
	spare []buffer // not in use
	used  []buffer // handed out since the last reset
}

type buffer []byte

// roomForSpare bounds what is kept for the next batch, in bytes. A batch that
// changes a thousand feeds of films gives the rest back.
const roomForSpare = 4 << 20

// reset takes all buffers back.
func (p *press) reset() {
	all := append(p.spare, p.used...)
	room, kept := roomForSpare, 0
	for kept < len(all) && cap(all[kept]) <= room {
		room -= cap(all[kept])
		kept++
	}
	clear(all[kept:])
	clear(p.used)
	p.spare, p.used = all[:kept], p.used[:0]
}

// print joins the parts of a document.
func (p *press) print(parts [][]byte) []byte {
	size := 0
	for _, part := range parts {
		size += len(part)
	}
	b := p.take(size)
	for _, part := range parts {
		b = append(b, part...)
	}
	p.used = append(p.used, b)
	return b
}

// take finds the smallest spare buffer that holds size bytes, or makes one with
// room to grow.
func (p *press) take(size int) buffer {
	best := -1
	for i, b := range p.spare {
		if cap(b) >= size && (best < 0 || cap(b) < cap(p.spare[best])) {
			best = i
		}
	}
	if best < 0 {
		return make(buffer, 0, size+size/8)
	}
	b := p.spare[best]
	last := len(p.spare) - 1
	p.spare[best], p.spare = p.spare[last], p.spare[:last]
	return b[:0]
}
