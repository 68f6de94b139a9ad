package files

import (
	"os"
	"time"
)

// moreWait is how much longer than the settle time one reading waits, all in all:
// what is written to for longer is left for the next.
const moreWait = 5 * time.Second

// settle waits until nothing has been written to a file for a while. A copy comes in
// many steps, and half of a text is a text. A file from the future says nothing:
// another machine's clock wrote it. What cannot be looked at is for whoever reads it
// to say.
func (r *reading) settle(path string) error {
	for {
		info, err := os.Stat(path)
		if err != nil {
			return nil
		}
		age := r.env.Clock.Now().Sub(info.ModTime())
		left := r.options.Settle - age
		if age < 0 || left <= 0 {
			return nil
		}
		if r.waited += left; r.waited > r.options.Settle+moreWait {
			return errSettle
		}
		if err := r.env.Clock.Sleep(r.ctx, left); err != nil {
			return err
		}
	}
}
