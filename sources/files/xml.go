package files

import (
	"errors"
	"slices"

	"github.com/filmwire/filmwire/pipeline"
)

// xml hands out what an export of WordPress holds. A folder may well hold other XML,
// a site map or a feed that a site generator left there: that is a file of another
// kind, unless somebody asked for it by name.
func (r *reading) xml(f found) error {
	asked := slices.Contains(r.options.Path, pipeline.Path(f.path))
	return r.env.Export(r.ctx, pipeline.Export{Path: f.path}, perhaps{exported{r}, asked})
}

// perhaps passes over what is no export.
type perhaps struct {
	exported
	asked bool
}

func (p perhaps) Problem(problem pipeline.Problem) error {
	if !p.asked && errors.Is(problem.Err, pipeline.ErrNotExport) {
		p.ignored++
		return nil
	}
	return p.exported.Problem(problem)
}
