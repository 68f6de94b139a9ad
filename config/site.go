package config

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a machine without the database reads a config as any other

	"github.com/filmwire/filmwire/pipeline"
)

// fileKeys are the keys of the whole file.
type fileKeys struct {
	Version int      `config:"version,required"`
	Site    siteKeys `config:"site,required"`
	placeKeys
	Listen  string     `config:"listen"`
	Zone    zone       `config:"timezone" doc:"The time zone of cron schedules, by its name, such as Europe/Berlin. Default: the machine's."`
	WebSub  webSubKeys `config:"websub"`
	Films   filmsKeys  `config:"films"`
	Sources []*block   `config:"sources"`
	Sinks   []*block   `config:"sinks"`
}

// placeKeys are those of them that say where everything is kept.
type placeKeys struct {
	Data pipeline.Path `config:"data"`
	NATS natsKeys      `config:"nats"`
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

// version is the one version of the file there is.
const version = 1

func (f *fileKeys) check(b *block) {
	if f.Version != version && b.is("version") {
		b.fault(BadValue, "version", fmt.Sprintf("%d is not known", f.Version), "this filmwire reads version: 1")
	}
	b.checkListen("listen", f.Listen)
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

// checkListen checks a host:port.
func (b *block) checkListen(key, address string) {
	if !b.is(key) {
		return
	}
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		b.fault(BadValue, key, fmt.Sprintf("%q is not host:port", address), "as 127.0.0.1:8080; port 0 takes a free one")
	}
}

// zone is a time zone by its name in the IANA database, which the binary holds.
type zone struct{ *time.Location }

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
	Title    string `config:"title"`
	URL      string `config:"url,required"`
	Language string `config:"language"`
}

// site checks the site. Its title is the host's name where none is given.
func (s siteKeys) site(b *block) pipeline.Site {
	out := pipeline.Site{Title: s.Title, URL: strings.TrimRight(s.URL, "/"), Language: s.Language}
	u, err := url.Parse(out.URL)
	switch {
	case !b.is("site.url"):
	case err != nil || !isWeb(u):
		b.fault(BadValue, "site.url", fmt.Sprintf("%q is not a web address", s.URL), "as https://reviews.example.org")
	case u.RawQuery != "" || u.Fragment != "" || u.User != nil || u.ForceQuery:
		b.fault(BadValue, "site.url", "want no user, ? or # in it: links are made by putting paths behind it", "")
	case out.Title == "":
		out.Title = u.Host
	}
	b.checkLanguage("site.language", s.Language)
	return out
}

func isWeb(u *url.URL) bool { return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" }

// languageTag is the outer form of https://www.rfc-editor.org/rfc/rfc5646.
var languageTag = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)

func (b *block) checkLanguage(key, tag string) {
	if b.is(key) && !languageTag.MatchString(tag) {
		b.fault(BadValue, key, fmt.Sprintf("%q is not a language tag", tag), "as en or pt-BR")
	}
}

type natsKeys struct {
	Embedded      *bool           `config:"embedded"`
	URL           string          `config:"url"`
	Credentials   pipeline.Path   `config:"credentials"`
	Token         pipeline.Secret `config:"token"`
	Replicas      int             `config:"replicas"`
	Listen        string          `config:"listen"`
	KeepRevisions int             `config:"keep_revisions"`
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
	if b.is("nats.replicas") && !slices.Contains([]int{1, 3, 5}, n.Replicas) {
		b.fault(BadValue, "nats.replicas", fmt.Sprintf("%d is not 1, 3 or 5", n.Replicas), "")
	}
	if b.is("nats.keep_revisions") && (n.KeepRevisions < 1 || n.KeepRevisions > 64) {
		b.fault(BadValue, "nats.keep_revisions", fmt.Sprintf("%d is not from 1 to 64", n.KeepRevisions), "")
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
	b.checkListen("nats.listen", n.Listen)
}

func (n *NATS) checkURL(b *block) {
	for part := range strings.SplitSeq(n.URL, ",") {
		u, err := url.Parse(strings.TrimSpace(part))
		if b.is("nats.url") && (err != nil || !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme) || u.Hostname() == "") {
			b.fault(BadValue, "nats.url", "not the address of a NATS server", "as nats://nats.example.org:4222; several with commas")
		}
	}
	if b.is("nats.listen") {
		b.fault(BadValue, "nats.listen", "only the embedded server listens", "")
	}
	if b.is("nats.credentials") && !exists(string(n.Credentials)) {
		b.fault(MissingFile, "nats.credentials", fmt.Sprintf("file %q is not there", b.place("nats.credentials").Value),
			"a relative path starts at the config file's folder")
	}
}

type webSubKeys struct {
	Hub          string `config:"hub" doc:"The address of a WebSub hub that is told of every changed feed; none by default."`
	Builtin      bool   `config:"builtin" doc:"Whether the daemon is a hub itself, at /hub under the site's address; false by default."`
	AllowPrivate bool   `config:"allow_private" doc:"Whether the hub, and the callbacks of subscribers, may be on loopback and private addresses; false by default."`
}

// webSub checks who tells subscribers.
func (k webSubKeys) webSub(b *block) WebSub {
	if b.is("websub.hub") {
		if u, err := url.Parse(k.Hub); err != nil || !isWeb(u) || u.Fragment != "" {
			b.fault(BadValue, "websub.hub", fmt.Sprintf("%q is not a web address", k.Hub), "as https://hub.example.org/")
		}
	}
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
