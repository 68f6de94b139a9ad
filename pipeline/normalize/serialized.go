package normalize

import (
	"strconv"
	"strings"
)

// phpValue is what a value that PHP serialized holds: a text, or a list of pairs.
// Objects are lists of their properties.
type phpValue struct {
	text string
	list []phpPair
}

// phpPair is an element of an array or a property of an object.
type phpPair struct {
	key   string
	value phpValue
}

// The limits on what is read of a serialized value.
const (
	maxSerialized = 256 << 10 // bytes
	maxPHPDepth   = 16
	maxPHPPairs   = 2000
)

// unserialize reads a value as PHP's serialize writes it: a:1:{s:1:"a";i:2;}. No
// object is made of anything. A text whose stated length is wrong, as after a
// search and replace in a database, is read to its closing quote.
func unserialize(s string) (phpValue, bool) {
	if len(s) > maxSerialized || len(s) < 4 || (s[0] != 'a' && s[0] != 'O') || s[1] != ':' {
		return phpValue{}, false
	}
	p := phpReader{s: s, pairs: maxPHPPairs}
	v, ok := p.value(0)
	return v, ok
}

// phpReader reads a serialized value from front to back.
type phpReader struct {
	s     string
	pairs int // that may still be read
}

// value reads one value.
func (p *phpReader) value(depth int) (v phpValue, ok bool) {
	if len(p.s) < 2 || depth > maxPHPDepth {
		return v, false
	}
	kind := p.s[0]
	switch kind {
	case 'N':
		_, ok = p.until(";")
	case 'b', 'i', 'd', 'r', 'R':
		p.s = p.s[2:]
		if v.text, ok = p.until(";"); kind == 'r' || kind == 'R' {
			v.text = "" // points at another value
		}
	case 's', 'E':
		v.text, ok = p.text()
	case 'a':
		p.s = p.s[2:]
		v.list, ok = p.array(depth)
	case 'O':
		// O:8:"stdClass":1:{...}
		if _, ok = p.until(`":`); ok {
			v.list, ok = p.array(depth)
		}
	}
	return v, ok
}

// until takes what stands before a sign, and the sign.
func (p *phpReader) until(sign string) (string, bool) {
	before, rest, ok := strings.Cut(p.s, sign)
	p.s = rest
	return before, ok
}

// text reads s:3:"abc";
func (p *phpReader) text() (string, bool) {
	head, rest, ok := strings.Cut(p.s, `:"`)
	if !ok {
		return "", false
	}
	_, length, _ := strings.Cut(head, ":")
	n, err := strconv.Atoi(length)
	if err != nil || n < 0 {
		return "", false
	}
	if n > len(rest) || !strings.HasPrefix(rest[n:], `";`) {
		if n = strings.Index(rest, `";`); n < 0 {
			return "", false
		}
	}
	p.s = rest[n+2:]
	return rest[:n], true
}

// array reads 2:{key value key value}
func (p *phpReader) array(depth int) (list []phpPair, ok bool) {
	count, ok := p.until(":{")
	if n, err := strconv.Atoi(count); !ok || err != nil || n < 0 {
		return nil, false
	}
	for {
		if strings.HasPrefix(p.s, "}") {
			p.s = p.s[1:]
			return list, true
		}
		if p.pairs--; p.pairs < 0 {
			return list, false
		}
		key, ok := p.value(maxPHPDepth) // a key is no list
		if !ok {
			return list, false
		}
		value, ok := p.value(depth + 1)
		if !ok {
			return list, false
		}
		list = append(list, phpPair{key.text, value})
	}
}

// get is the value a key has.
func (v phpValue) get(key string) phpValue {
	for _, p := range v.list {
		if p.key == key {
			return p.value
		}
	}
	return phpValue{}
}

// only is the text of a value, or of the only element of a list, as checkboxes
// and choices are kept.
func (v phpValue) only() string {
	for len(v.list) == 1 {
		v = v.list[0].value
	}
	return v.text
}
