// Command filmwire is a newswire for film reviews: see `filmwire help` and
// cmd/cli, where its verbs are.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/filmwire/filmwire/cmd/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the process at once: the log survives that.
	context.AfterFunc(ctx, stop)
	os.Exit(cli.Main(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
