package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// pattern is one path of the config: a folder that is there, and which files
// below it are meant.
type pattern struct {
	base     string   // absolute, without wildcards
	glob     string   // below base, with slashes; "" for the file base itself
	segments []string // of glob
	hidden   bool     // it names hidden files
}

// everything is what a folder by itself stands for.
const everything = "**/*"

// newPattern takes a path apart. What is there under exactly this name is meant
// literally, wildcards or not.
func newPattern(path string) (pattern, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return pattern{}, fmt.Errorf("%s: %w", path, err)
	}
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		return pattern{base: path, glob: everything, segments: strings.Split(everything, "/")}, nil
	case err == nil && !info.Mode().IsRegular():
		return pattern{}, fmt.Errorf("%s is neither a file nor a folder", path)
	case err == nil:
		return pattern{base: path}, nil
	case !errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(path, `*?[{\`):
		return pattern{}, fmt.Errorf("%s cannot be looked at: %w", path, errors.Unwrap(err))
	}
	slashed := filepath.ToSlash(path)
	if !doublestar.ValidatePattern(slashed) {
		return pattern{}, fmt.Errorf("%s is no valid pattern; a [ or { that is meant literally takes a \\ before it", path)
	}
	base, glob := doublestar.SplitPattern(slashed)
	base = filepath.FromSlash(unescape.Replace(base))
	if !strings.ContainsAny(glob, `*?[{\`) {
		return pattern{}, fmt.Errorf("there is no file or folder %s", path)
	}
	switch info, err := os.Stat(base); {
	case errors.Is(err, fs.ErrNotExist):
		return pattern{}, fmt.Errorf("there is no folder %s", base)
	case err != nil:
		return pattern{}, fmt.Errorf("%s cannot be looked at: %w", base, errors.Unwrap(err))
	case !info.IsDir():
		return pattern{}, fmt.Errorf("%s is no folder", base)
	}
	p := pattern{base: base, glob: glob, segments: strings.Split(glob, "/")}
	for _, s := range p.segments {
		p.hidden = p.hidden || strings.HasPrefix(s, ".") || strings.HasPrefix(s, `\.`)
	}
	return p, nil
}

// unescape takes the \ off wildcards that are meant literally.
var unescape = strings.NewReplacer(`\\`, `\`, `\*`, `*`, `\?`, `?`, `\[`, `[`, `\]`, `]`, `\{`, `{`, `\}`, `}`)

// named reports that the pattern is a file by its own name.
func (p *pattern) named() bool { return p.glob == "" }

// matches reports whether the file at rel, a slash path below base, is meant.
func (p *pattern) matches(rel string) bool {
	return doublestar.MatchUnvalidated(p.glob, rel)
}

// enters reports whether files below the folder rel may be meant.
func (p *pattern) enters(rel string) bool {
	if strings.Contains(p.glob, "{") { // alternatives may hold slashes
		return true
	}
	for i, name := range strings.Split(rel, "/") {
		switch {
		case i < len(p.segments) && p.segments[i] == "**":
			return true
		case i >= len(p.segments)-1:
			return false
		case !doublestar.MatchUnvalidated(p.segments[i], name):
			return false
		}
	}
	return true
}

// skips reports that a file or folder is passed over for its name: hidden ones,
// unless the pattern names such, and what is left lying about.
func (p *pattern) skips(name string) bool {
	if strings.HasPrefix(name, ".") {
		return !p.hidden
	}
	return leftover(name) || name == draftsFolder && !slices.Contains(p.segments, draftsFolder)
}

// draftsFolder is where site generators keep what is not for readers yet.
const draftsFolder = "_drafts"

// leftover reports what editors and downloads leave lying about.
func leftover(name string) bool {
	if strings.HasSuffix(name, "~") || strings.HasPrefix(name, "#") && strings.HasSuffix(name, "#") || strings.HasPrefix(name, "~$") {
		return true
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".swp", ".swx", ".tmp", ".part", ".crdownload", ".bak", ".orig":
		return true
	}
	return false
}

// covers reports whether the pattern means the file at an absolute path.
func (p *pattern) covers(path string) bool {
	if p.named() {
		return path == p.base
	}
	rel, err := filepath.Rel(p.base, path)
	if err != nil || !filepath.IsLocal(rel) {
		return false
	}
	rel = filepath.ToSlash(rel)
	if !p.matches(rel) {
		return false
	}
	for name := range strings.SplitSeq(rel, "/") {
		if p.skips(name) {
			return false
		}
	}
	return true
}

// holds reports whether a file with this GUID is there for the pattern.
func (p *pattern) holds(guid string) bool {
	path := p.join(guid)
	if !p.covers(path) {
		return false
	}
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

func (p *pattern) join(guid string) string {
	if p.named() {
		return filepath.Join(filepath.Dir(p.base), filepath.FromSlash(guid))
	}
	return filepath.Join(p.base, filepath.FromSlash(guid))
}
