package daemon_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/filmwire/filmwire/cmd/daemon"
)

func TestSteps(t *testing.T) {
	part := func(kind daemon.Kind, name, settings, version string) daemon.Part {
		return daemon.Part{Kind: kind, Name: name, Type: "t", Settings: settings, Around: "site", Version: version}
	}
	view, delivery, source := part(daemon.KindView, "v", "1", "a"), part(daemon.KindDelivery, "d", "2", ""), part(daemon.KindSource, "s", "3", "p")
	with := func(p daemon.Part, change func(*daemon.Part)) daemon.Part {
		change(&p)
		return p
	}
	for _, c := range []struct {
		name            string
		running, wanted []daemon.Part
		want            []daemon.Step
	}{
		{"a start is going over from nothing", nil, []daemon.Part{view, delivery, source}, []daemon.Step{
			{Change: daemon.Start, Part: view, Anew: true}, {Change: daemon.Start, Part: delivery}, {Change: daemon.Start, Part: source}}},
		{"the same is kept, in another order too", []daemon.Part{source, view}, []daemon.Part{view, source}, []daemon.Step{
			{Change: daemon.Keep, Part: view}, {Change: daemon.Keep, Part: source}}},
		{"what goes goes first", []daemon.Part{view, delivery}, []daemon.Part{source, delivery}, []daemon.Step{
			{Change: daemon.Stop, Part: view}, {Change: daemon.Start, Part: source}, {Change: daemon.Keep, Part: delivery}}},
		{"another name is another part", []daemon.Part{delivery}, []daemon.Part{with(delivery, func(p *daemon.Part) { p.Name = "e" })}, []daemon.Step{
			{Change: daemon.Stop, Part: delivery}, {Change: daemon.Start, Part: with(delivery, func(p *daemon.Part) { p.Name = "e" }), Was: "d"}}},
		{"a view and a delivery of one name have nothing in common", []daemon.Part{view}, []daemon.Part{with(delivery, func(p *daemon.Part) { p.Name = "v" })}, []daemon.Step{
			{Change: daemon.Stop, Part: view}, {Change: daemon.Start, Part: with(delivery, func(p *daemon.Part) { p.Name = "v" })}}},
		{"settings that change no document", []daemon.Part{view}, []daemon.Part{with(view, func(p *daemon.Part) { p.Settings = "9" })}, []daemon.Step{
			{Change: daemon.Restart, Part: with(view, func(p *daemon.Part) { p.Settings = "9" }), Why: []string{"its settings changed"}}}},
		{"what others offer", []daemon.Part{view}, []daemon.Part{with(view, func(p *daemon.Part) { p.Version = "b" })}, []daemon.Step{
			{Change: daemon.Restart, Part: with(view, func(p *daemon.Part) { p.Version = "b" }), Anew: true, Why: []string{"the sinks it refers to, or the program, changed"}}}},
		{"the zone", []daemon.Part{source}, []daemon.Part{with(source, func(p *daemon.Part) { p.Around = "zone" })}, []daemon.Step{
			{Change: daemon.Restart, Part: with(source, func(p *daemon.Part) { p.Around = "zone" }), Why: []string{"the time zone changed"}}}},
		{"type and site", []daemon.Part{delivery}, []daemon.Part{with(delivery, func(p *daemon.Part) { p.Type, p.Around = "u", "other" })}, []daemon.Step{
			{Change: daemon.Restart, Part: with(delivery, func(p *daemon.Part) { p.Type, p.Around = "u", "other" }), Why: []string{"its type was t", "the site changed"}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, daemon.Steps(c.running, c.wanted)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
