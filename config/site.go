package config

import (
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a machine without the database reads a config as any other

	"github.com/filmwire/filmwire/pipeline"
)

// fileKeys are the keys of the whole file.
type fileKeys struct {
	Version int      `config:"version,required" enum:"1" doc:"The version of the file's form: 1."`
	Site    siteKeys `config:"site,required" doc:"The site that the public files make."`
	placeKeys
	Listen  string     `config:"listen" form:"listen" doc:"Where the public files are served, as host:port; port 0 takes a free one."`
	Zone    zone       `config:"timezone" default:"the machine's" doc:"The time zone of cron schedules, by its name, such as Europe/Berlin."`
	WebSub  webSubKeys `config:"websub" doc:"Who is told that feeds have changed, so that their readers need not ask."`
	Films   filmsKeys  `config:"films" doc:"Which film is which, where an operator knows better."`
	Sources []*block   `config:"sources" doc:"Where reviews are read."`
	Sinks   []*block   `config:"sinks" doc:"What is made of the reviews, and who is told of them."`
}

// placeKeys are those of them that say where everything is kept.
type placeKeys struct {
	Data pipeline.Path `config:"data" doc:"The folder of the log and of all that is made from it."`
	NATS natsKeys      `config:"nats" doc:"Where the log is: in a server within the daemon, unless a url says otherwise."`
}

// newFileKeys are what holds where a file says nothing.
func newFileKeys(d *decoder) *fileKeys {
	return &fileKeys{
		placeKeys: placeKeys{
			Data: pipeline.Path(filepath.Join(d.dir, "data")),
			NATS: natsKeys{Replicas: 1, KeepRevisions: 16},
		},
		Listen: "127.0.0.1:8080",
		Site:   siteKeys{Language: "en"},
		Zone:   zone{time.Local},
	}
}

// check leaves out the entries that could not be decoded.
func (f *fileKeys) check() {
	f.Sources = slices.DeleteFunc(f.Sources, func(e *block) bool { return e == nil })
	f.Sinks = slices.DeleteFunc(f.Sinks, func(e *block) bool { return e == nil })
}

// is reports whether a key is there with a value that could be decoded: what is
// of the wrong type has its fault already.
func (b *block) is(key string) bool {
	at := b.place(key)
	return at != b.place(parent(key)) && !b.d.report.faulty(at)
}

func parent(key string) string {
	if i := strings.LastIndexByte(key, '.'); i >= 0 {
		return key[:i]
	}
	return ""
}

// zone is a time zone by its name in the IANA database, which the binary holds.
type zone struct{ *time.Location }

// Form is how such names look; whether there is one is for UnmarshalText.
func (z *zone) Form() pipeline.Form {
	return pipeline.Form{Pattern: `^[A-Za-z][A-Za-z0-9_+/-]*$`, Want: "the name of a time zone, as Europe/Berlin or UTC"}
}

// UnmarshalText looks the name up.
func (z *zone) UnmarshalText(name []byte) error {
	location, err := time.LoadLocation(string(name))
	if err != nil || len(name) == 0 || string(name) == "Local" {
		return fmt.Errorf("there is no time zone %q; as Europe/Berlin or UTC", name)
	}
	z.Location = location
	return nil
}

type siteKeys struct {
	Title    string `config:"title" default:"the host of the url" doc:"The site's name, for people."`
	URL      string `config:"url,required" form:"site" doc:"Where people will find the public files: ids and links are built from it. Choose it before others subscribe."`
	Language string `config:"language" form:"language" doc:"The site's language, as a BCP 47 tag; where the file states it, also that of reviews for which nothing else states one."`
}

// site is what the rest of the program knows of the site. Its title is the host's
// name where none is given.
func (s siteKeys) site(b *block) pipeline.Site {
	out := pipeline.Site{Title: s.Title, URL: strings.TrimRight(s.URL, "/"), Language: s.Language}
	u, err := url.Parse(out.URL)
	switch {
	case !b.is("site.url"):
	case err != nil:
		b.fault(BadValue, "site.url", err.Error(), b.d.forms["site"].remedy)
	case out.Title == "":
		out.Title = u.Host
	}
	return out
}

type natsKeys struct {
	Embedded      *bool           `config:"embedded" default:"true without a url" doc:"The log is in a server within the daemon, which opens no port."`
	URL           string          `config:"url" form:"nats" doc:"Servers of your own instead: nats://, tls://, ws:// or wss://, several with commas."`
	Credentials   pipeline.Path   `config:"credentials" doc:"A .creds file for the url."`
	Token         pipeline.Secret `config:"token" doc:"A token for the url."`
	Replicas      int             `config:"replicas" enum:"1,3,5" doc:"How many servers of a cluster keep the log; more than 1 with a url only."`
	Listen        string          `config:"listen" form:"listen" doc:"An address, as host:port, at which the embedded server takes other tools' connections, without a password: keep it on a private network."`
	KeepRevisions int             `config:"keep_revisions" min:"1" max:"64" doc:"How many events of each review and film the log keeps."`
}

// nats checks what says where the log is kept: in an embedded server unless
// there is a URL.
func (k natsKeys) nats(b *block) NATS {
	n := NATS{
		Embedded: k.URL == "", URL: k.URL, Credentials: k.Credentials, Token: k.Token,
		Replicas: k.Replicas, Listen: k.Listen, KeepRevisions: k.KeepRevisions,
	}
	if k.Embedded != nil {
		n.Embedded = *k.Embedded
	}
	switch {
	case n.Embedded && n.URL != "":
		b.fault(BadValue, "nats.url", "the log is in the embedded server, or at a URL; not both", "take one out")
	case n.Embedded:
		n.checkEmbedded(b)
	case n.URL == "" && b.is("nats.embedded"):
		b.fault(MissingKey, "nats", "neither embedded nor a url", "add the key \"url\"")
	default:
		n.checkURL(b)
	}
	return n
}

func (n *NATS) checkEmbedded(b *block) {
	if b.is("nats.credentials") {
		b.fault(BadValue, "nats.credentials", "the embedded server has none", "they go with url")
	}
	if n.Replicas > 1 {
		b.fault(BadValue, "nats.replicas", "one embedded server keeps one", "replicas go with the url of a cluster")
	}
}

func (n *NATS) checkURL(b *block) {
	if b.is("nats.listen") {
		b.fault(BadValue, "nats.listen", "only the embedded server listens", "")
	}
	if b.is("nats.credentials") && !exists(string(n.Credentials)) {
		b.fault(MissingFile, "nats.credentials", fmt.Sprintf("file %q is not there", b.place("nats.credentials").Value),
			"a relative path starts at the config file's folder")
	}
}

type webSubKeys struct {
	Hub          string `config:"hub" form:"url" doc:"The address of a WebSub hub that is told of every changed feed."`
	Builtin      bool   `config:"builtin" doc:"Whether the daemon is a hub itself, at /hub under the site's address."`
	AllowPrivate bool   `config:"allow_private" doc:"Whether the hub, and the callbacks of subscribers, may be on loopback and private addresses."`
	Callback     string `config:"callback" form:"site" doc:"Where hubs elsewhere reach the daemon, as the site's url does if the daemon serves it; then it subscribes to the feeds it reads that offer a hub."`
}

func (k webSubKeys) webSub() WebSub {
	k.Callback = strings.TrimRight(k.Callback, "/")
	return WebSub(k)
}

// hubs are the addresses a feed names as its hubs.
func (w WebSub) hubs(site string) []string {
	var hubs []string
	if w.Builtin {
		hubs = append(hubs, site+HubPath)
	}
	if w.Hub != "" {
		hubs = append(hubs, w.Hub)
	}
	return hubs
}
