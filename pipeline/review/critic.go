package review

import "strings"

// Critic is who wrote the review.
type Critic struct {
	ID     CriticID `json:"id,omitempty" doc:"The critic's id, made of the name unless the config says."`
	Name   string   `json:"name,omitempty" doc:"The critic's name."`
	URL    string   `json:"url,omitempty" doc:"The critic's page."`
	Outlet Outlet   `json:"outlet,omitempty" doc:"The publication."`
}

// CriticID identifies a critic: the name as a slug, unless the config says.
type CriticID string

// Outlet is the name of the publication a critic writes for.
type Outlet string

// IsZero reports that nothing is known of the critic.
func (c Critic) IsZero() bool { return c == Critic{} }

// Or fills what c does not know from other.
func (c Critic) Or(other Critic) Critic {
	if c.Name == "" {
		c.ID, c.Name, c.URL = other.ID, other.Name, other.URL
	}
	if c.Outlet == "" {
		c.Outlet = other.Outlet
	}
	return c
}

// Critics are all who wrote the review, the one it counts for first. It is empty
// where nothing is known of any.
func (r *Review) Critics() []Critic {
	if r.Critic.IsZero() {
		return r.CoCritics
	}
	return append([]Critic{r.Critic}, r.CoCritics...)
}

// Byline names all critics on one line, as "Jane Doe", "Jane Doe & John Roe" or
// "Jane Doe, John Roe & Ann Poe", in no particular language. It is "" where no
// name is known.
func (r *Review) Byline() string {
	if len(r.CoCritics) == 0 {
		return Line(r.Critic.Name)
	}
	var names []string
	for _, c := range r.Critics() {
		if name := Line(c.Name); name != "" {
			names = append(names, name)
		}
	}
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " & " + names[last]
	}
	return strings.Join(names, "")
}

// Signature is the byline with the publication behind it, "" where neither is known.
func (r *Review) Signature() string {
	by := r.Byline()
	outlet := Line(string(r.Critic.Outlet))
	if outlet == "" || outlet == by {
		return by
	}
	return strings.TrimPrefix(by+", "+outlet, ", ")
}
