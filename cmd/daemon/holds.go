package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/filmwire/filmwire/pipeline/fetch"
)

// heldPrefix is where in KV the sites stand that asked for fewer requests.
const heldPrefix = "held."

// forgetHold is how long a hold is remembered after its end, to know a site again
// that asks for fewer requests once more.
const forgetHold = 24 * time.Hour

// openHolds takes up the sites that sources leave alone: a restart is no reason to ask
// them again.
func (d *Daemon) openHolds(ctx context.Context) error {
	kv := d.bus.KV()
	keys, err := kv.Keys(ctx, heldPrefix)
	if err != nil {
		return fmt.Errorf("sites that asked for fewer requests: %w", err)
	}
	var kept []fetch.Hold
	for _, key := range keys {
		var h fetch.Hold
		if err := read(ctx, kv, key, &h); err != nil {
			return err
		}
		if d.Clock.Now().Sub(h.Until) > forgetHold {
			if err := kv.Delete(ctx, key); err != nil {
				return err
			}
			continue
		}
		kept = append(kept, h)
	}
	d.holds = fetch.NewHolds(d.Clock, kept, d.keepHold)
	return nil
}

func (d *Daemon) keepHold(h fetch.Hold) {
	d.Log.Warn("a site asks for fewer requests; nothing there is asked for a while", "site", h.Site, "code", h.Code, "until", h.Until)
	value, err := json.Marshal(h)
	if err == nil {
		err = d.bus.KV().Put(context.Background(), heldPrefix+h.Site, value)
	}
	if err != nil {
		d.Log.Warn("that a site asks for fewer requests could not be kept; a restart will not know", "site", h.Site, "err", err)
	}
}
