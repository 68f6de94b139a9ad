package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/filmwire/filmwire/pipeline"
)

var _ pipeline.Diagnoser = (*Delivery)(nil)

// Diagnose asks the receiver's server what it can do (OPTIONS), which delivers
// nothing. Whatever it answers, it was there.
func (d *Delivery) Diagnose(ctx context.Context) []pipeline.Finding {
	said, err := d.words.url.Say(pipeline.Telling{
		Event: pipeline.SampleEvent(), Live: true, Site: d.env.Site, Sink: d.env.Name, Values: d.words.values,
	})
	if err != nil {
		return []pipeline.Finding{{Level: pipeline.LevelFault, Cause: fmt.Sprintf("url: %v", err)}}
	}
	u, err := webAddress(said)
	if err != nil {
		return []pipeline.Finding{{Level: pipeline.LevelFault, Cause: fmt.Sprintf("url: %v", err)}}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodOptions, u.String(), nil)
	if err != nil {
		return []pipeline.Finding{{Level: pipeline.LevelFault, Cause: withoutURL(err).Error()}}
	}
	resp, err := d.env.HTTP.Do(req)
	switch {
	case errors.Is(err, pipeline.ErrPrivate):
		return []pipeline.Finding{{
			Level: pipeline.LevelFault, Cause: u.Host + " is a loopback or private address",
			Remedy: "if it is meant to be reached, say `allow_private: true` on the sink",
		}}
	case err != nil:
		return []pipeline.Finding{{
			Level: pipeline.LevelFault, Cause: fmt.Sprintf("%s cannot be reached: %v", u.Host, withoutURL(err)),
			Remedy: "see whether the address is right and the receiver up",
		}}
	}
	resp.Body.Close()
	return []pipeline.Finding{{Level: pipeline.LevelOK, Cause: u.Host + " can be reached; nothing was delivered"}}
}
